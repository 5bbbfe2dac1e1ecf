// Networks of all layer types through the program: values, both engines, reports; other batches, in runs and in sweeps.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;

json synthetic(double density, int seed) {
  return {{"source", "synthetic"}, {"density", density}, {"seed", seed}};
}

/// One layer of each type, and a transposed convolution whose kernel is smaller than its stride.
json all_types() {
  const json mul_add = {{"op", "mul-add"}};
  const json bias = {{"op", "add"}, {"operand", "bias"}};
  return {{"name", "types"},
          {"batch", 2},
          {"operands",
           {{"activations", synthetic(0.4, 3)}, {"weights", synthetic(0.5, 4)}, {"gradients", synthetic(0.6, 5)}}},
          {"layers",
           {{{"name", "dilated"},
             {"type", "conv2d"},
             {"in_channels", 4},
             {"out_channels", 6},
             {"input_size", {13, 11}},
             {"kernel", {3, 3}},
             {"dilation", {2, 3}},
             {"padding", {0, 1, 2, 3}},
             {"stride", {2, 1}}},
            {{"name", "line"},
             {"type", "conv1d"},
             {"in_channels", 4},
             {"out_channels", 6},
             {"input_size", 13},
             {"kernel", 3},
             {"dilation", 2},
             {"padding", {2, 0}},
             {"groups", 2}},
            {{"name", "up"},
             {"type", "transposed_conv2d"},
             {"in_channels", 4},
             {"out_channels", 6},
             {"input_size", {5, 7}},
             {"kernel", {3, 4}},
             {"stride", {2, 3}},
             {"padding", {1, 0, 0, 1}},
             {"output_padding", {1, 0}},
             {"groups", 2},
             {"epilogue", {mul_add}}},
            {{"name", "sparse-up"},
             {"type", "transposed_conv2d"},
             {"in_channels", 4},
             {"out_channels", 6},
             {"input_size", {5, 7}},
             {"kernel", {1, 1}},
             {"stride", {2, 2}},
             {"epilogue", {bias}}},
            {{"name", "tokens"}, {"type", "linear"}, {"in_features", 10}, {"out_features", 7}, {"tokens", 9}},
            {{"name", "scores"},
             {"type", "matmul"},
             {"batch", 3},
             {"m", 9},
             {"k", 10},
             {"n", 7},
             {"epilogue", {mul_add}}}}}};
}

json report_of(const std::vector<std::string>& arguments) {
  const auto run = run_program(arguments);
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  return json::parse(run.out);
}

}  // namespace

TEST_CASE("all layer types, all passes: values exact, engines equal, and what no kernel position reaches is told") {
  const temporary_folder folder;
  const auto file = folder.file("types.json", all_types().dump());
  for (const std::string numbers : {"", "int8-minmax", "mls-8-simple", "double-4"}) {
    CAPTURE(numbers);
    std::vector<std::string> words = {"run",      file,       "--config", "dlac-fp32-training", "--pass",
                                      "training", "--values", "--check",  "--format",           "json"};
    if (!numbers.empty()) {
      words.insert(words.end(), {"--numbers", numbers});
    }
    const json report = report_of(words);
    CHECK(report["layers"].size() == 6 + 5 + 6);  // the first layer has no backward-data
    for (const json& layer : report["layers"]) {
      const bool is_sparse = layer["name"] == "sparse-up" && layer["pass"] == "forward";
      CHECK((layer["checked"]["engines"] > 0));
      // 10 x 14 outputs less one row and one column: 9 x 13, of which every second one both ways is reached.
      CHECK(layer["notes"].size() == (is_sparse ? 1 : 0));
      if (is_sparse) {
        CHECK(layer["checked"]["values"] == 2 * 6 * 5 * 7);
        CHECK(layer["notes"][0] ==
              "984 outputs that no kernel position reaches are what the epilogue makes of 0: no "
              "mmOp makes them, they take no cycles");
      }
      if (layer["name"] == "scores") {
        CHECK(layer["mm_ops"] == 6);
        CHECK(layer["epilogue"].size() == (layer["pass"] == "forward" ? 1 : 0));
        CHECK(layer["m"] == (layer["pass"] == "backward-weight" ? 10 : 9));
      }
    }
  }
}

TEST_CASE("another batch: in a run, as an axis of a sweep, in operation counts") {
  const temporary_folder folder;
  auto workload = all_types();
  const auto file = folder.file("types.json", workload.dump());
  workload["batch"] = 5;
  const auto of_five = folder.file("five.json", workload.dump());
  const json expected = report_of({"run", of_five, "--format", "json"});
  const json report = report_of({"run", file, "--batch", "5", "--format", "json"});
  CHECK(report["workload"]["batch"] == 5);
  CHECK(report["layers"] == expected["layers"]);
  CHECK(report["totals"] == expected["totals"]);
  const double seconds = report["totals"]["latency_ms"].get<double>() / 1000;
  CHECK(report["totals"]["images_per_second"].get<double>() == doctest::Approx(5 / seconds));
  CHECK(run_program({"ops", file, "--batch", "5"}).out == run_program({"ops", of_five}).out);

  const json sweep = {{"name", "batches"},
                      {"config", source_folder + "/configs/dlac-fp16-inference.json"},
                      {"workload", file},
                      {"axes", {{{"key", "batch"}, {"values", {2, 5, 1}}}}}};
  const auto sweep_file = folder.file("sweep.json", sweep.dump());
  REQUIRE(run_program({"sweep", sweep_file, "--out", folder.path("out"), "--jobs", "1"}).exit_code == 0);
  std::istringstream lines(contents_of(folder.path("out/results.jsonl")));
  std::vector<json> points;
  for (std::string line; std::getline(lines, line);) {
    points.push_back(json::parse(line));
  }
  REQUIRE(points.size() == 3);
  for (const json& point : points) {
    const auto batch = point["axes"]["batch"].get<int>();
    const json alone = report_of({"run", file, "--batch", std::to_string(batch), "--format", "json"});
    CHECK(point["totals"]["cycles"] == alone["totals"]["cycles"]);
    CHECK(point["totals"]["effectual_macs"] == alone["totals"]["effectual_macs"]);
  }
}

TEST_CASE("another batch: what is refused, in one line") {
  const temporary_folder folder;
  const auto file = folder.file("types.json", all_types().dump());
  for (const std::string batch : {"0", "-1", "2147483648", "two", "1.5"}) {
    CAPTURE(batch);
    const auto run = run_program({"run", file, "--batch", batch});
    CHECK(run.exit_code == 2);
    CHECK(run.err ==
          fmt::format("dlac: error: --batch: found \"{}\", expected a number of images from 1 to 2147483647\n", batch));
  }
  const auto large = run_program({"run", file, "--batch", "2147483647"});
  CHECK(large.exit_code == 2);
  CHECK(large.err.starts_with(
      "dlac: error: --batch 2147483647: layer \"dilated\": found activations of 2147483647 x 4 x 13 x "
      "11 elements, expected at most 1099511627776 elements in a tensor"));
  // The trace has one image.
  const auto traced = run_program({"run", "resnet34", "--batch", "2"});
  CHECK(traced.exit_code == 2);
  CHECK(traced.err.find("expected [2, 3, 224, 224], because the workload's batch is 2") != std::string::npos);
  for (const json& value : {json(0), json("a"), json(1.5), json(2147483648)}) {
    const json sweep = {{"name", "batches"},
                        {"config", source_folder + "/configs/dlac-fp16-inference.json"},
                        {"workload", file},
                        {"axes", {{{"key", "batch"}, {"values", {value}}}}}};
    const auto run = run_program({"sweep", folder.file("sweep.json", sweep.dump()), "--out", folder.path("out")});
    CHECK(run.exit_code == 2);
    CHECK(run.err.find(fmt::format("/axes/0/values/0: found {}, expected an integer from 1 to 2147483647",
                                   value.dump())) != std::string::npos);
  }
}

}  // namespace dlac::test
