// `dlac run --save-values`: every value that the simulator computes, laid out as in a trace; the file as a trace.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/api/dlac.h"
#include "sim/mapping/values.h"
#include "sim/trace/safetensors.h"
#include "sim/trace/tensor_data.h"
#include "sim/workload/held_operands.h"
#include "sim/workload/tensor_layout.h"
#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;

json synthetic(double density, int seed) {
  return {{"source", "synthetic"}, {"density", density}, {"seed", seed}};
}

json one_of_each() {
  return {{"name", "each"},
          {"batch", 2},
          {"operands",
           {{"activations", synthetic(0.4, 3)}, {"weights", synthetic(0.5, 4)}, {"gradients", synthetic(0.6, 5)}}},
          {"layers",
           {{{"name", "conv"},
             {"type", "conv2d"},
             {"in_channels", 2},
             {"out_channels", 3},
             {"input_size", {5, 6}},
             {"kernel", {3, 2}}},
            {{"name", "line"},
             {"type", "conv1d"},
             {"in_channels", 2},
             {"out_channels", 3},
             {"input_size", 7},
             {"kernel", 3}},
            {{"name", "up"},
             {"type", "transposed_conv2d"},
             {"in_channels", 4},
             {"out_channels", 6},
             {"groups", 2},
             {"input_size", {2, 3}},
             {"kernel", {2, 3}},
             {"stride", {2, 1}},
             {"weight_format", "full"}},
            {{"name", "tokens"}, {"type", "linear"}, {"in_features", 3}, {"out_features", 4}, {"tokens", 5}},
            {{"name", "fc"}, {"type", "linear"}, {"in_features", 3}, {"out_features", 4}},
            {{"name", "scores"}, {"type", "matmul"}, {"batch", 3}, {"m", 4}, {"k", 5}, {"n", 6}}}}};
}

}  // namespace

TEST_CASE("save-values: all passes of all layer types, bit by bit, in the layouts of a trace") {
  const temporary_folder folder;
  const auto workload = folder.file("each.json", one_of_each().dump());
  const auto file = folder.path("out.safetensors");
  const auto run = run_program({"run", workload, "--config", "dlac-fp32-training", "--pass", "training",
                                "--save-values", file, "--format", "json"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  const json report = json::parse(run.out);
  CHECK(report["layers"][0]["checked"]["values"] == 2 * 3 * 3 * 5);  // it is --values, too

  const safetensors_file saved(file, std::nullopt);
  std::size_t passes = 0;
  simulation_options options;
  options.run.kind = run_kind::training;
  options.run.engine = by_systemc_engine{.values = true};
  options.run.outputs = [&](const layer& l, pass_kind pass, const std::vector<float>& output) {
    const std::string name = output_name(l, pass);
    CAPTURE(name);
    const tensor_view* const tensor = saved.find(name);
    REQUIRE(tensor != nullptr);
    const auto values = saved.reading([&] { return float_values(*tensor); });
    const shape_4d shape = output_shape(l, pass, 2);
    const bool is_map = pass != pass_kind::backward_weight;
    CHECK(tensor->shape == (is_map ? map_layouts(l, shape) : column_layouts(l, shape)).front());
    CHECK((is_map ? map_in_order(l, shape, tensor->shape, values) : columns_in_order(l, values)) == output);
    ++passes;
  };
  static_cast<void>(simulate(load_machine("dlac-fp32-training"), load_network(workload), options));
  CHECK(passes == 17);
  CHECK(saved.tensors().size() == 17);
  CHECK(saved.find("scores.column_gradients")->shape == std::vector<std::uint64_t>{6, 5, 6});
  CHECK(saved.find("tokens.output")->shape == std::vector<std::uint64_t>{2, 5, 4});
  CHECK(saved.find("up.updated_weights")->shape == std::vector<std::uint64_t>{4, 3, 2, 3});
  CHECK(saved.find("line.output")->shape == std::vector<std::uint64_t>{2, 3, 5});
}

TEST_CASE("save-values: what was saved is what a later run computes") {
  const temporary_folder folder;
  auto network = one_of_each();
  const auto file = folder.path("out.safetensors");
  REQUIRE(run_program({"run", folder.file("each.json", network.dump()), "--save-values", file}).exit_code == 0);
  network["trace"] = file;  // read for the recordings alone: all operands are synthetic
  for (json& layer : network["layers"]) {
    layer["recorded_output"] = {{"tensor", layer["name"].get<std::string>() + ".output"}};
  }
  const auto run = run_program({"run", folder.file("again.json", network.dump()), "--values", "--format", "json"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  const json report = json::parse(run.out);
  for (const json& layer : report["layers"]) {
    CHECK(layer["checked"]["recorded"] == layer["checked"]["values"]);
    CHECK(layer["checked"]["recorded"] > 0);
    CHECK(layer["checked"]["largest_error"] == 0);
  }
}

TEST_CASE("save-values: only the chosen layers, a place that takes no file, an engine without values") {
  const temporary_folder folder;
  const auto workload = folder.file("each.json", one_of_each().dump());
  const auto file = folder.path("out.safetensors");
  REQUIRE(run_program({"run", workload, "--layers", "t*", "--save-values", file}).exit_code == 0);
  CHECK(safetensors_file(file, std::nullopt).tensors().size() == 1);
  const auto nowhere = run_program({"run", workload, "--save-values", folder.path("none/out")});
  CHECK(nowhere.exit_code == 2);
  CHECK(nowhere.out.empty());
  CHECK(nowhere.err.find("none/out: found No such file or directory") != std::string::npos);
  CHECK(run_program({"run", workload, "--save-values", folder.path("")}).exit_code == 2);
  const auto fast = run_program({"run", workload, "--engine", "fast", "--save-values", folder.path("fast")});
  CHECK(fast.exit_code == 2);
  CHECK(fast.err.starts_with("dlac: error: --save-values: found --engine fast"));
  CHECK_FALSE(std::filesystem::exists(folder.path("fast")));
}

}  // namespace dlac::test
