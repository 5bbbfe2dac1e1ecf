// What changes the way a run is done, and must not change its report.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/system/engine_reports.h"
#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using words = std::vector<std::string>;

/// A JSON report of some layers of the traced network, without its command.
std::string report_of(const std::string& layers, const words& more = {}) {
  words arguments = {"run", "workloads/resnet34.json", "--layers", layers, "--format", "json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto finished = run_program(arguments);
  CHECK(finished.exit_code == 0);
  CHECK(finished.err.empty());
  return without_command(finished.out);
}

}  // namespace

TEST_CASE("the report is the same to the byte with any number of threads") {
  const auto one = report_of("layer4.*");
  CHECK(report_of("layer4.*", {"--jobs", "3"}) == one);
  CHECK(report_of("layer4.*", {"--jobs", "0"}) == one);
  CHECK(report_of("layer1.0.conv1", {"--jobs", "5"}) == report_of("layer1.0.conv1"));
}

TEST_CASE("the report is the same to the byte with either engine, but for its name and what was checked") {
  const std::string layer = "layer3.0.downsample";
  const auto fast = report_of(layer);
  const auto clocked = report_of(layer, {"--engine", "systemc"});
  CHECK(same_part(clocked).dump() == same_part(fast).dump());
  CHECK(same_part(report_of(layer, {"--check"})).dump() == same_part(fast).dump());
}

TEST_CASE("a bandwidth with decimals is simulated by both engines, and reported as it was set") {
  const auto report = report_of("layer3.0.downsample", {"--set", "memory.bytes_per_cycle=38.4"});
  CHECK(same_part(report_of("layer3.0.downsample", {"--set", "memory.bytes_per_cycle=38.4", "--check"})).dump() ==
        same_part(report).dump());
  CHECK(report.find(R"("bytes_per_cycle": 38.4,)") != std::string::npos);
  const auto config_of = [](const std::string& text) { return nlohmann::json::parse(text)["config"].dump(); };
  const auto long_spelling = report_of("layer3.0.downsample", {"--set", "memory.bytes_per_cycle=38.400"});
  CHECK(config_of(long_spelling) == config_of(report));
  CHECK(report_of("layer3.0.downsample", {"--set", "memory.bytes_per_cycle=38"}) != report);
  const auto table = run_program(
      {"run", "workloads/resnet34.json", "--layers", "layer3.0.downsample", "--set", "memory.bytes_per_cycle=0.125"});
  CHECK(table.out.find(" 0.125 B/cycle each way,") != std::string::npos);
}

TEST_CASE("both engines agree on a training step with finite memory") {
  const auto checked =
      run_program({"run", "workloads/resnet34-training.json", "--config", "configs/dlac-fp32-training.json", "--pass",
                   "training", "--check", "--layers", "layer4.0.downsample", "--set",
                   R"(memory={"bytes_per_cycle":64,"latency_cycles":100,"compression":"bitmap"})"});
  CHECK(checked.exit_code == 0);
  CHECK(checked.err.empty());
}

TEST_CASE("blocks are chosen for cycles unless an objective is asked for, which the report tells") {
  const std::string layer = "layer2.1.conv1";
  const auto by = [&](const std::string& objective, const words& more = {}) {
    words settings = {"--set", "mapping.objective=" + objective};
    settings.insert(settings.end(), more.begin(), more.end());
    auto report = nlohmann::json::parse(report_of(layer, settings));
    CHECK(report["config"]["mapping"]["objective"] == objective);
    return report["totals"];
  };
  const auto totals = nlohmann::json::parse(report_of(layer))["totals"];
  const auto cycles = by("cycles");
  const auto energy = by("energy");
  const auto product = by("energy_delay");
  CHECK(cycles == totals);
  CHECK(energy["energy_mj"] < 0.95 * cycles["energy_mj"].get<double>());
  CHECK(energy["cycles"] > cycles["cycles"]);
  CHECK(product["energy_delay_mj_ms"] <= energy["energy_delay_mj_ms"]);
  CHECK(product["energy_delay_mj_ms"] < cycles["energy_delay_mj_ms"]);
  const auto wrong = run_program({"run", "workloads/resnet34.json", "--set", "mapping.objective=joules"});
  CHECK(wrong.exit_code == 2);
  CHECK(
      wrong.err ==
      "dlac: error: --set mapping.objective=joules: /mapping/objective: found \"joules\", expected one of \"cycles\", "
      "\"energy\" or \"energy_delay\"\n");
}

TEST_CASE("threads are a number, and the engine is one choice") {
  for (const words& options :
       {words{"--jobs", "x"}, words{"--jobs", "-1"}, words{"--jobs", "1025"}, words{"--check", "--engine", "fast"}}) {
    words arguments = {"run", "workloads/resnet34.json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const auto refused = run_program(arguments);
    CHECK(refused.exit_code == 2);
    CHECK(refused.out.empty());
    CHECK(refused.err.find('\n') == refused.err.size() - 1);
  }
}

}  // namespace dlac::test
