// `dlac ops`: its counts, held against the table of docs/operation-counts.md, and its formats.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using nlohmann::json;

json ops_of(const std::string& name) {
  const finished_program finished = run_program({"ops", "workloads/" + name + ".json", "--format", "json"});
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  return json::parse(finished.out);
}

void check_counts(const json& totals, const std::string& type, std::uint64_t forward, std::uint64_t backward) {
  INFO(type);
  CHECK(totals[type]["forward"] == forward);
  CHECK(totals[type]["backward"] == backward);
}

TEST_CASE("ops: ResNet-20") {
  const json totals = ops_of("resnet20")["totals"];
  // conv1: 32 x 32 x 16 x 27 = 442,368. Six convolutions a stage, each of 32 x 32 x 16 x 144 = 2,359,296 but for the
  // two that begin stages 2 and 3, which have half of that.
  constexpr std::uint64_t macs = 442368 + 17 * 2359296;
  check_counts(totals, "convolution", macs, 2 * macs);
  CHECK(macs == 40550400);
  // Outputs: 7 x 16 x 1024, 6 x 32 x 256, 6 x 64 x 64.
  check_counts(totals, "batch_norm", 188416, 188416);
  // Identity shortcuts: 3 x 16 x 1024, 2 x 32 x 256, 2 x 64 x 64; padded ones: 32 x 256, 64 x 64.
  check_counts(totals, "element_wise_add", 73728, 73728);
  check_counts(totals, "other_add", 12288, 0);
  check_counts(totals, "convolution_update", 0, 267696);
}

TEST_CASE("ops: ResNet-18 with the CIFAR stem") {
  const json all = ops_of("resnet18-cifar-stem");
  const json& totals = all["totals"];
  check_counts(totals, "convolution", 27215462400, 54430924800);  // 49 times what it has at 32 x 32
  check_counts(totals, "batch_norm", 30105600, 30105600);
  // Outputs of a block of the four stages; the inputs of the blocks differ in the three that begin a stage.
  const std::uint64_t sizes[] = {3211264, 1605632, 802816, 401408};
  check_counts(totals, "element_wise_add", 2 * (sizes[0] + sizes[1] + sizes[2] + sizes[3]),
               3 * sizes[0] + 2 * sizes[1] + 2 * sizes[2] + sizes[3]);
  check_counts(totals, "convolution_update", 0, 11159232);
  CHECK(all["first_layer_backward_data"] == 224 * 224 * 64 * 27);
}

TEST_CASE("ops: the ternary ResNet-34 is seven times smaller than the full-precision ResNet-18") {
  const auto full = ops_of("resnet18-full")["model"]["bytes"]["fp32"].get<double>();
  const auto ternary = ops_of("paper-resnet34")["model"]["bytes"]["ternary_fp16"].get<double>();
  CHECK(full / ternary > 7);
  CHECK(full / ternary < 7.5);
}

TEST_CASE("ops: the table prints the figures of the published one") {
  const std::string table = run_program({"ops", "workloads/resnet18-cifar-stem.json"}).out;
  for (const char* const figure : {"2.72E+10", "5.44E+10", "3.01E+07", "1.49E+07", "1.20E+07", "1.12E+07"}) {
    INFO(std::string(figure));
    CHECK(table.find(figure) != std::string::npos);
  }
  std::size_t begin = 0;
  while (begin < table.size()) {
    const std::size_t end = table.find('\n', begin);
    CHECK(end - begin <= 120);
    begin = end + 1;
  }
}

TEST_CASE("ops: the CSV has the layers of the JSON") {
  const nlohmann::ordered_json all =
      nlohmann::ordered_json::parse(run_program({"ops", "resnet20", "--format", "json"}).out);
  std::string expected = "name,type,weights,scales_and_biases";
  for (const auto& [type, counts] : all["totals"].items()) {
    expected += fmt::format(",operations.{0}.forward,operations.{0}.backward", type);
  }
  for (const auto& layer : all["layers"]) {
    expected += fmt::format("\n{},{},{},{}", layer["name"].get<std::string>(), layer["type"].get<std::string>(),
                            layer["weights"].dump(), layer["scales_and_biases"].dump());
    for (const auto& counts : layer["operations"]) {
      expected += fmt::format(",{},{}", counts["forward"].dump(), counts["backward"].dump());
    }
  }
  CHECK(run_program({"ops", "resnet20", "--format", "csv"}).out == expected + '\n');
}

TEST_CASE("ops: help, and usage mistakes") {
  const finished_program help = run_program({"ops", "--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.out.starts_with("Usage: dlac ops"));
  CHECK(help.out.find("\nExamples:\n  dlac ") != std::string::npos);
  const auto message_of_program = [](const std::vector<std::string>& words) {
    const finished_program finished = run_program(words);
    CHECK(finished.exit_code == 2);
    CHECK(finished.out.empty());
    return finished.err;
  };
  CHECK(message_of_program({"ops"}) ==
        "dlac: error: dlac ops: found no WORKLOAD, expected dlac ops WORKLOAD (see dlac ops --help)\n");
  CHECK(message_of_program({"ops", "workloads/resnet20.json", "--format", "xml"}) ==
        "dlac: error: --format: found \"xml\", expected one of \"table\", \"json\" or \"csv\"\n");
  CHECK(message_of_program({"ops", "workloads/none.json"}).starts_with("dlac: error: workloads/none.json: "));
}

}  // namespace
}  // namespace dlac::test
