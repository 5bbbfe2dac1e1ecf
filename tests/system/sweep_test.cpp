// `dlac sweep`: results that do not depend on jobs, shards, interruptions and neighbours; mistakes; and what densities
// do to the cycles.

#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "sim/contract/timing_rules.h"
#include "tests/system/run_program.h"
#include "tests/system/sweep_runs.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;

const std::string config_path = source_folder + "/configs/dlac-fp16-inference.json";

/// 120 points of about a millisecond; 40 of them no machine can run.
json small_sweep() {
  return {{"name", "small"},
          {"config", config_path},
          {"workload", source_folder + "/workloads/lenet.json"},
          {"axes",
           {{{"key", "grid.rows"}, {"values", {1, 2, 4, 8}}},
            {{"key", "mapping.block"}, {"values", {"auto", {4, 8}, {8, 8}}}},
            {{"key", "pe.operand_queue_depth"}, {"range", {{"from", 1}, {"to", 5}}}},
            {{"key", "memory.bytes_per_cycle"}, {"values", {8, 64}}}}}};
}

void check_done(const finished_program& done) {
  CHECK(done.err == "");
  CHECK(done.exit_code == 0);
}

TEST_CASE("a sweep writes a line per point, and a folder of results is shown and not overwritten") {
  const temporary_folder folder;
  const auto sweep = folder.file("small.json", small_sweep().dump());
  const auto out = folder.path("out");
  const auto done = run_program({"sweep", sweep, "--out", out, "--jobs", "2"});
  check_done(done);
  CHECK(done.out.starts_with("small: 120 of 120 points, 120 of them run now, 40 that no machine can run\n"));
  std::istringstream lines(contents_of(out + "/results.csv"));
  std::string line;
  std::getline(lines, line);
  CHECK(
      line.starts_with("point,grid.rows,mapping.block,pe.operand_queue_depth,memory.bytes_per_cycle,status,error,"
                       "totals.mm_ops,"));
  std::getline(lines, line);
  CHECK(line.starts_with("0,1,auto,1,8,ok,,"));

  // A point's totals are those of a run of the same machine.
  std::istringstream objects(contents_of(out + "/results.jsonl"));
  for (int point = 0; std::getline(objects, line) && point < 8; ++point) {
    const auto object = json::parse(line);
    CHECK(object["point"] == point);
    if (point == 7) {
      const auto run = run_program({"run", "workloads/lenet.json", "--format", "json", "--set", "grid.rows=1", "--set",
                                    "pe.operand_queue_depth=4"});
      auto totals = json::parse(run.out)["totals"];
      totals.erase("ternary");  // of a report alone
      CHECK(object["totals"] == totals);
    }
  }

  const auto shown = run_program({"sweep", "show", out, "--by", "totals.cycles", "--top", "3"});
  check_done(shown);
  CHECK(std::count(shown.out.begin(), shown.out.end(), '\n') == 4);
  check_done(run_program({"sweep", "show", out, "--pareto", "totals.latency_ms,totals.area_mm2.total"}));

  const auto again = run_program({"sweep", sweep, "--out", out});
  CHECK(again.exit_code == 2);
  CHECK(again.err == "dlac: error: " + out +
                         ": found a folder with files in it, expected an empty one, or --resume to go on with its "
                         "sweep\n");
  const auto resumed = run_program({"sweep", sweep, "--out", out, "--resume"});
  check_done(resumed);
  CHECK(resumed.out.starts_with("small: 120 of 120 points, 0 of them run now"));

  auto other = small_sweep();
  other["axes"][0]["values"] = {1};
  const auto refused = run_program({"sweep", folder.file("other.json", other.dump()), "--out", out, "--resume"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("found the results of another sweep") != std::string::npos);
}

TEST_CASE("results are the same with any number of jobs, in shards, from two processes at once and after kills") {
  const temporary_folder folder;
  const auto sweep = folder.file("small.json", small_sweep().dump());
  check_done(run_program({"sweep", sweep, "--out", folder.path("one"), "--jobs", "1"}));
  const auto wanted = results_of(folder.path("one"));
  REQUIRE(std::count(wanted.begin(), wanted.end(), '\n') == 241);

  SUBCASE("jobs") {
    check_done(run_program({"sweep", sweep, "--out", folder.path("three"), "--jobs", "3"}));
    CHECK(results_of(folder.path("three")) == wanted);
  }
  SUBCASE("layers of the last points") {
    auto one_point = small_sweep();
    one_point["axes"] = {{{"key", "grid.rows"}, {"values", {8}}}};
    one_point["per_layer"] = true;
    const auto single = folder.file("single.json", one_point.dump());
    check_done(run_program({"sweep", single, "--out", folder.path("s1"), "--jobs", "1"}));
    check_done(run_program({"sweep", single, "--out", folder.path("s4"), "--jobs", "4"}));
    CHECK(results_of(folder.path("s4")) == results_of(folder.path("s1")));
  }
  SUBCASE("shards") {
    for (const std::string shard : {"0", "1", "2"}) {
      check_done(run_program({"sweep", sweep, "--out", folder.path("s" + shard), "--shard", shard + "/3"}));
    }
    check_done(
        run_program({"sweep", "gather", folder.path("all"), folder.path("s2"), folder.path("s0"), folder.path("s1")}));
    CHECK(results_of(folder.path("all")) == wanted);
    // Shards may also share a folder.
    check_done(run_program({"sweep", sweep, "--out", folder.path("s0"), "--shard", "1/3", "--resume"}));
    check_done(run_program({"sweep", sweep, "--out", folder.path("s0"), "--shard", "2/3", "--resume"}));
    CHECK(results_of(folder.path("s0")) == wanted);
  }
  SUBCASE("two processes") {
    const std::vector<std::string> arguments = {"sweep", sweep, "--out", folder.path("two"), "--resume"};
    running_program first(arguments);
    running_program second(arguments);
    check_done(first.wait());
    check_done(second.wait());
    CHECK(results_of(folder.path("two")) == wanted);
  }
  SUBCASE("kills") {
    const auto killed = run_and_kill({"sweep", sweep, "--out", folder.path("killed"), "--resume", "--jobs", "2"}, 20, 7,
                                     std::chrono::milliseconds(40));
    CHECK(killed > 5);
    check_done(run_program({"sweep", sweep, "--out", folder.path("killed"), "--resume"}));
    CHECK(results_of(folder.path("killed")) == wanted);
  }
  SUBCASE("Ctrl-C") {
    running_program running({"sweep", sweep, "--out", folder.path("stopped"), "--jobs", "2"});
    while (!std::filesystem::exists(folder.path("stopped/sweep.db"))) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ::kill(running.process(), SIGINT);
    const auto stopped = running.wait();
    if (stopped.exit_code != 0) {  // it may have been done
      CHECK(stopped.exit_code == 130);
      CHECK(stopped.err == "dlac: interrupted: --resume goes on\n");
    }
    check_done(run_program({"sweep", sweep, "--out", folder.path("stopped"), "--resume"}));
    CHECK(results_of(folder.path("stopped")) == wanted);
  }
}

TEST_CASE("a folder that takes no results is one line, and what was there stays whole") {
  const temporary_folder folder;
  const auto sweep = folder.file("small.json", small_sweep().dump());
  const auto file = folder.file("file", "x");
  const auto below = run_program({"sweep", sweep, "--out", file + "/below"});
  CHECK(below.exit_code == 2);
  CHECK(std::count(below.err.begin(), below.err.end(), '\n') == 1);
  CHECK(run_program({"sweep", sweep, "--out", file}).exit_code == 2);

  // A disk that is full: no file may grow beyond 64 blocks.
  const auto out = folder.path("full");
  const auto command = "trap '' XFSZ; ulimit -f 64; exec '" + std::string(DLAC_EXECUTABLE) + "' sweep '" + sweep +
                       "' --out '" + out + "' 2> '" + folder.path("err") + "' > /dev/null";
  const int status = std::system(command.c_str());
  CHECK(WEXITSTATUS(status) == 2);
  const auto message = contents_of(folder.path("err"));
  CAPTURE(message);
  CHECK(std::count(message.begin(), message.end(), '\n') == 1);
  CHECK(message.find("sweep.db: found") != std::string::npos);
  check_done(run_program({"sweep", sweep, "--out", out, "--resume"}));
  check_done(run_program({"sweep", sweep, "--out", folder.path("room")}));
  CHECK(results_of(out) == results_of(folder.path("room")));
}

TEST_CASE("mistakes in a sweep file are found before anything runs") {
  const temporary_folder folder;
  const auto message = [&](const json& patch) {
    auto sweep = small_sweep();
    sweep.merge_patch(patch);
    const auto path = folder.file("s.json", sweep.dump());
    const auto done = run_program({"sweep", path, "--out", folder.path("out")});
    CHECK(done.exit_code == 2);
    CHECK(done.out == "");
    CHECK_FALSE(std::filesystem::exists(folder.path("out")));
    CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
    return done.err;
  };
  const auto holds = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(holds(message({{"wher", "1"}}), "did you mean \"where\"?"));
  CHECK(holds(message({{"workload", "none.json"}}), "found no such file"));
  CHECK(holds(message({{"config", "none.json"}}), "found no such file"));
  CHECK(holds(message({{"pass", "training"}}), "/mode: found \"fp16-inference\""));
  CHECK(holds(message({{"layers", "conv9"}}), "/layers: found \"conv9\""));
  CHECK(holds(message({{"where", "grid.rows >"}}), "/where: found"));
  CHECK(holds(message({{"axes", json::array()}}), "/axes: found an array of 0 elements"));
  CHECK(holds(message({{"sample", {{"kind", "random"}, {"points", 121}}}}), "/sample/points: found 121"));
  CHECK(holds(message({{"axes", {{{"key", "density.weights"}, {"values", {1}}, {"layers", "x*"}}}}}),
              "/axes/0/layers: found \"x*\""));
  // A trace that is not there, unless no operand comes from it.
  const json traced = {{"name", "t"},
                       {"trace", "none.safetensors"},
                       {"layers", {{{"name", "a"}, {"type", "linear"}, {"in_features", 8}, {"out_features", 8}}}}};
  const auto workload = folder.file("traced.json", traced.dump());
  CHECK(holds(message({{"workload", workload}}), "none.safetensors: "));
  // Whether it has zeros stands in the trace.
  CHECK(holds(message({{"workload", workload}, {"axes", {{{"key", "density.weights"}, {"values", {1}}}}}}),
              "none.safetensors: "));
  auto drawn = small_sweep();
  drawn["workload"] = workload;
  drawn["axes"] = {{{"key", "density.weights"}, {"values", {0.5}}, {"layers", "*"}},
                   {{"key", "density.activations"}, {"values", {0.5}}, {"layers", "*"}}};
  check_done(run_program({"sweep", folder.file("d.json", drawn.dump()), "--out", folder.path("drawn")}));

  CHECK(run_program({"sweep", "s.json", "--shard", "2/2"}).err.find("--shard: found \"2/2\"") != std::string::npos);
  CHECK(run_program({"sweep", "show", folder.path("nowhere")}).exit_code == 2);
  CHECK(run_program({"sweep", "show", folder.path("drawn"), "--by", "totals.cycle"})
            .err.find("did you mean \"totals.cycles\"?") != std::string::npos);
}

TEST_CASE("an axis of objectives chooses blocks as a run does") {
  const temporary_folder folder;
  const auto sweep =
      folder.file("objectives.json", json{{"name", "objectives"},
                                          {"config", config_path},
                                          {"workload", source_folder + "/workloads/lenet.json"},
                                          {"axes", {{{"key", "mapping.objective"}, {"values", {"cycles", "energy"}}}}}}
                                         .dump());
  check_done(run_program({"sweep", sweep, "--out", folder.path("out")}));
  std::istringstream objects(contents_of(folder.path("out") + "/results.jsonl"));
  std::vector<json> totals;
  for (std::string line; std::getline(objects, line);) {
    totals.push_back(json::parse(line)["totals"]);
    auto run = json::parse(run_program({"run", "workloads/lenet.json", "--format", "json", "--set",
                                        totals.size() == 1 ? "mapping.objective=cycles" : "mapping.objective=energy"})
                               .out)["totals"];
    run.erase("ternary");
    CHECK(totals.back() == run);
  }
  REQUIRE(totals.size() == 2);
  CHECK(totals[1]["energy_mj"] < totals[0]["energy_mj"]);
}

TEST_CASE("results that change need another version of the rules") {
  // Where this fails because the numbers are meant to change, raise results_version and put the new ones here.
  const auto run = run_program({"run", "workloads/lenet.json", "--format", "json"});
  CHECK(results_version == 4);
  CHECK(json::parse(run.out)["totals"]["cycles"] == 3223);
}

/// Cycles and the rest, in the order of the points.
std::vector<json> totals_of(const std::string& folder) {
  std::vector<json> result;
  std::istringstream lines(contents_of(folder + "/results.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    result.push_back(json::parse(line)["totals"]);
  }
  return result;
}

TEST_CASE(
    "densities: a dense machine does not care, DLAC is never slower with fewer non-zeros, nor faster than it can") {
  const temporary_folder folder;
  const auto workload = folder.file("layer.json", json{{"name", "layer"},
                                                       {"layers",
                                                        {{{"name", "a"},
                                                          {"type", "conv2d"},
                                                          {"in_channels", 32},
                                                          {"out_channels", 32},
                                                          {"input_size", {12, 12}},
                                                          {"kernel", {3, 3}},
                                                          {"stride", {1, 1}},
                                                          {"padding", {1, 1}}}}}}
                                                      .dump());
  const auto totals = [&](const std::string& skip, const std::string& operand) {
    const json sweep = {
        {"name", skip + operand},
        {"config", source_folder + "/configs/paper-fp16-inference.json"},
        {"workload", workload},
        {"axes",
         {{{"key", "skip"}, {"values", {skip}}},
          {{"key", "mapping.block"}, {"values", {{4, 8}}}},
          {{"key", operand}, {"layers", "*"}, {"values", {1.0, 0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.01}}}}}};
    const auto out = folder.path(skip + operand);
    check_done(run_program({"sweep", folder.file("s.json", sweep.dump()), "--out", out}));
    return totals_of(out);
  };
  for (const std::string operand : {"density.weights", "density.activations"}) {
    CAPTURE(operand);
    const auto dense = totals("none", operand);
    CHECK(std::all_of(dense.begin(), dense.end(),
                      [&](const json& point) { return point["cycles"] == dense.front()["cycles"]; }));
    const auto sparse = totals("both", operand);
    constexpr double block_over_lanes = 32.0 / 4;  // a step takes a cycle even when it has a single product
    for (std::size_t i = 0; i < sparse.size(); ++i) {
      CHECK((i == 0 || sparse[i]["cycles"] <= sparse[i - 1]["cycles"]));
      CHECK(sparse[i]["share_of_peak"] <= block_over_lanes);
      CHECK(sparse[i]["share_of_peak"].get<double>() * sparse[i]["density"]["operations"].get<double>() <= 1);
    }
  }
}

}  // namespace
}  // namespace dlac::test
