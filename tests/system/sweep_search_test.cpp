// `dlac sweep` with "optimise": what the search finds, and that its results do not depend on jobs and interruptions.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/run_program.h"
#include "tests/system/sweep_runs.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;

/// 720 combinations of a small network; blocks of 8 x 8 are too large for most of its output buffers.
json searched_sweep() {
  return {{"name", "searched"},
          {"config", source_folder + "/configs/dlac-fp16-inference.json"},
          {"workload", source_folder + "/workloads/lenet.json"},
          {"axes",
           {{{"key", "grid.rows"}, {"values", {1, 2, 4, 8, 16}}},
            {{"key", "grid.cols"}, {"values", {2, 4, 8, 16}}},
            {{"key", "pe.fma_units"}, {"values", {1, 2, 4}}},
            {{"key", "pe.output_buffers"}, {"values", {8, 32, 64}}},
            {{"key", "mapping.block"}, {"values", {"auto", {8, 8}}}},
            {{"key", "pe.operand_queue_depth"}, {"values", {2, 4}}}}}};
}

json with_search(json sweep) {
  sweep["optimise"] = {
      {"objectives", {"totals.tflops", "totals.area_mm2.total"}}, {"population", 20}, {"generations", 11}};
  return sweep;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

finished_program check_done(const std::vector<std::string>& arguments) {
  auto done = run_program(arguments);
  CHECK(done.err == "");
  CHECK(done.exit_code == 0);
  return done;
}

TEST_CASE("a search of a third of the points finds most of the front that all of them have") {
  const temporary_folder folder;
  const auto all = folder.path("all");
  const auto some = folder.path("some");
  check_done({"sweep", folder.file("all.json", searched_sweep().dump()), "--out", all});
  const auto done =
      check_done({"sweep", folder.file("some.json", with_search(searched_sweep()).dump()), "--out", some});
  const auto tried = lines_of(contents_of(some + "/results.jsonl"));
  CHECK(tried >= 230);
  CHECK(tried <= 240);
  CHECK(done.out.starts_with(fmt::format("searched: tried {0} of 720 combinations, {0} of them run now, ", tried)));
  CHECK(done.out.find(" that none of them beats: dlac sweep show " + some + "\n") != std::string::npos);

  // Points have the same numbers in both: every point of the search is one of the whole sweep, unchanged.
  const auto wanted = contents_of(all + "/results.jsonl");
  std::istringstream lines(contents_of(some + "/results.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    CHECK(wanted.find(line + "\n") != std::string::npos);
  }
  const std::string keys = "totals.tflops,totals.area_mm2.total";
  const auto whole_front = check_done({"sweep", "show", all, "--pareto", keys}).out;
  const auto front = check_done({"sweep", "show", some, "--pareto", keys}).out;
  CHECK(check_done({"sweep", "show", some}).out == front);  // what a search is shown by
  CHECK(check_done({"sweep", "show", some, "--by", "totals.latency_ms", "--top", "2"}).out != front);
  std::size_t found = 0;
  std::istringstream rows(whole_front.substr(whole_front.find('\n') + 1));
  for (std::string row; std::getline(rows, row);) {
    found += front.find("\n" + row.substr(0, row.find(' ') + 1)) != std::string::npos ? 1 : 0;
  }
  CHECK(found * 10 >= (lines_of(whole_front) - 1) * 6);
}

TEST_CASE("a search comes to the same with any number of jobs, after kills, and in two processes") {
  const temporary_folder folder;
  const auto sweep = folder.file("s.json", with_search(searched_sweep()).dump());
  check_done({"sweep", sweep, "--out", folder.path("one"), "--jobs", "1"});
  const auto wanted = results_of(folder.path("one"));
  check_done({"sweep", sweep, "--out", folder.path("three"), "--jobs", "3"});
  CHECK(results_of(folder.path("three")) == wanted);

  const auto killed = run_and_kill({"sweep", sweep, "--out", folder.path("killed"), "--resume", "--jobs", "2"}, 10, 11,
                                   std::chrono::milliseconds(80));
  CHECK(killed > 3);
  check_done({"sweep", sweep, "--out", folder.path("killed"), "--resume"});
  CHECK(results_of(folder.path("killed")) == wanted);

  const std::vector<std::string> arguments = {"sweep", sweep, "--out", folder.path("two"), "--resume"};
  running_program first(arguments);
  running_program second(arguments);
  CHECK(first.wait().exit_code == 0);
  CHECK(second.wait().exit_code == 0);
  CHECK(results_of(folder.path("two")) == wanted);
  CHECK(check_done({"sweep", sweep, "--out", folder.path("two"), "--resume"}).out.find("combinations, 0 of them run") !=
        std::string::npos);
}

TEST_CASE("a search has no shards") {
  const temporary_folder folder;
  const auto sweep = folder.file("s.json", with_search(searched_sweep()).dump());
  const auto sharded = run_program({"sweep", sweep, "--out", folder.path("out"), "--shard", "0/2"});
  CHECK(sharded.exit_code == 2);
  CHECK(sharded.err.starts_with("dlac: error: --shard: found a sweep with \"optimise\", expected "));
  const auto slurm = run_program({"sweep", sweep, "--out", folder.path("out"), "--executor", "slurm"});
  CHECK(slurm.exit_code == 2);
  CHECK(slurm.err.starts_with("dlac: error: --executor slurm: found a sweep with \"optimise\", expected "));
  CHECK_FALSE(std::filesystem::exists(folder.path("out")));
}

}  // namespace
}  // namespace dlac::test
