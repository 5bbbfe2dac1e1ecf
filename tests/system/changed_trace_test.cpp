// Traces that another process changes while they are read: noticed, one line, and nothing made from them is kept.

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "sim/sweep/database.h"
#include "tests/system/sweep_runs.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using nlohmann::json;

constexpr std::size_t side = 1024;

/// Weights whose density tells them apart.
std::string trace_bytes(char four_codes) {
  return trace_builder()
      .add_packed("w.t2", fmt::format("{0}, {0}", side), std::string(side * side / 4, four_codes))
      .bytes();
}

const std::string sparse = trace_bytes('\x01');  // 1 0 0 0
const std::string dense = trace_bytes('\x55');   // 1 1 1 1

/// Layers that all read the same weights, one after the other.
std::string workload_text(int layers) {
  json list = json::array();
  for (int i = 0; i < layers; ++i) {
    list.push_back(
        {{"name", fmt::format("fc{}", i)},
         {"type", "linear"},
         {"in_features", side},
         {"out_features", side},
         {"operands", {{"activations", {{"source", "dense"}}}, {"weights", {{"source", "trace"}, {"tensor", "w"}}}}}});
  }
  return json{{"name", "w"}, {"trace", "t.safetensors"}, {"layers", list}}.dump();
}

struct change {
  const char* name;
  std::function<void(const std::string& path)> apply;
};

const std::vector<change> changes = {
    {"truncated", [](const std::string& path) { std::filesystem::resize_file(path, 0); }},
    {"overwritten in place",
     [](const std::string& path) { std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << dense; }},
    {"written anew", [](const std::string& path) { std::ofstream(path, std::ios::binary) << dense; }},
};

/// Waits until a point is in the results in `folder`.
void wait_for_point(const std::string& folder) {
  for (int i = 0; i < 6'000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (std::filesystem::exists(folder + "/sweep.db")) {
      try {
        database results(folder + "/sweep.db", false);
        statement count(results, "SELECT count(*) FROM points");
        if (count.step() && count.number(0) > 0) {
          return;
        }
      } catch (const input_error&) {
        continue;  // its tables are not made yet
      }
    }
  }
  FAIL("no point");
}

/// Waits until `path` is there, and a little longer.
void wait_for(const std::string& path) {
  for (int i = 0; i < 20'000 && !std::filesystem::exists(path); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  REQUIRE(std::filesystem::exists(path));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

void check_changed(const finished_program& finished, const std::string& trace) {
  INFO(finished.err);
  CHECK(finished.exit_code == 2);
  CHECK(finished.out.empty());
  CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
  check_pieces(finished.err, {trace, "found a file that has changed since the run began to read it"});
}

}  // namespace

TEST_CASE("a trace that changes during a run ends it, and no report is written") {
  for (const auto& change : changes) {
    CAPTURE(std::string(change.name));
    const temporary_folder folder;
    const auto workload = folder.file("w.json", workload_text(3000));
    const auto trace = folder.file("t.safetensors", sparse);
    running_program running({"run", workload, "--out", folder.path("out"), "--jobs", "2"});
    wait_for(folder.path("out"));  // made when the trace has been checked
    change.apply(trace);
    check_changed(running.wait(), trace);
    CHECK(!std::filesystem::exists(folder.path("out")));
  }
}

TEST_CASE("a trace that changes during a sweep is noticed where points share what was read of it") {
  const temporary_folder folder;
  json sweep = {{"name", "s"},
                {"config", source_folder + "/configs/paper-fp16-inference.json"},
                {"workload", "w.json"},
                {"axes", {{{"key", "clock_mhz"}, {"range", {{"from", 100}, {"to", 9000}}}}}}};
  static_cast<void>(folder.file("w.json", workload_text(2)));
  const auto trace = folder.file("t.safetensors", sparse);
  running_program running({"sweep", folder.file("s.json", sweep.dump()), "--out", folder.path("out"), "--jobs", "1"});
  wait_for_point(folder.path("out"));
  changes[2].apply(trace);
  check_changed(running.wait(), trace);
  CHECK_FALSE(std::filesystem::exists(folder.path("out/results.csv")));
}

TEST_CASE("a trace that changes during a sweep ends it, and no point of the changed trace is kept") {
  const temporary_folder reference;
  json sweep = {{"name", "s"},
                {"config", source_folder + "/configs/paper-fp16-inference.json"},
                {"workload", "w.json"},
                {"axes", {{{"key", "density.weights"}, {"mode", "scale"}, {"values", json::array()}}}}};
  for (int i = 0; i < 400; ++i) {
    sweep["axes"][0]["values"].push_back(1 - i / 1000.0);  // each reads the trace again
  }
  const auto prepare = [&](const temporary_folder& folder) {
    static_cast<void>(folder.file("w.json", workload_text(2)));
    static_cast<void>(folder.file("t.safetensors", sparse));
    return folder.file("s.json", sweep.dump());
  };
  const auto undisturbed = run_program({"sweep", prepare(reference), "--out", reference.path("out"), "--jobs", "2"});
  REQUIRE(undisturbed.exit_code == 0);
  for (const auto& change : changes) {
    CAPTURE(std::string(change.name));
    const temporary_folder folder;
    const auto file = prepare(folder);
    const auto trace = folder.path("t.safetensors");
    running_program running({"sweep", file, "--out", folder.path("out"), "--jobs", "2"});
    wait_for_point(folder.path("out"));
    change.apply(trace);
    check_changed(running.wait(), trace);
    CHECK_FALSE(std::filesystem::exists(folder.path("out/results.csv")));
    // With the trace as it was, the points that were done count, and none of them is of another trace.
    static_cast<void>(folder.file("t.safetensors", sparse));
    const auto resumed = run_program({"sweep", file, "--out", folder.path("out"), "--jobs", "2", "--resume"});
    CHECK(resumed.exit_code == 0);
    CHECK(resumed.out.find("400 of 400 points, 400 of them run now") == std::string::npos);
    CHECK(results_of(folder.path("out")) == results_of(reference.path("out")));
  }
}

}  // namespace dlac::test
