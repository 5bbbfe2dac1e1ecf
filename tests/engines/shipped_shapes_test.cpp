// Every distinct layer shape of the shipped workloads, with synthetic zeros, on the shipped machines, with finite and
// with ideal memory: the clocked core against the recurrences. Layers are cut in pixels and output channels, so that a
// few tiles of each are run; never in the steps.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/engine/program_choice.h"
#include "sim/mapping/mm_op.h"
#include "sim/mapping/pass_shapes.h"
#include "sim/stats/counters.h"
#include "sim/workload/operands.h"
#include "tests/engines/run_engines.h"
#include "tests/engines/test_scale.h"

namespace dlac::test {
namespace {

const std::string source_folder = DLAC_SOURCE_DIR;

std::vector<std::string> shipped_workloads() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder + "/workloads")) {
    if (entry.path().extension() == ".json") {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string describe_shape(const layer& l) {
  std::string epilogue;
  for (const auto& op : l.epilogue) {
    epilogue += fmt::format(" {}{}", to_string(op.kind), op.streams_feature_map ? " feature_map" : "");
  }
  return fmt::format("{} -> {} on {}x{}, kernel {}x{}, stride {}x{}, padding {}x{}, groups {}, {},{}", l.in_channels,
                     l.out_channels, l.input_size.h, l.input_size.w, l.kernel.h, l.kernel.w, l.stride.h, l.stride.w,
                     l.padding.top, l.padding.left, l.groups, to_string(l.weights), epilogue);
}

/// The layer's shape with fewer pixels, output channels and groups, and zeros of its own.
layer cut_down(layer l, std::uint32_t rows_of_pixels, std::uint32_t most_channels) {
  const auto most_height = (rows_of_pixels - 1) * l.stride.h + l.kernel.h;
  l.input_size.h = std::min(l.input_size.h, most_height > 2 * l.padding.top ? most_height - 2 * l.padding.top : 1);
  const auto inputs = l.in_channels / l.groups;
  const auto outputs = l.out_channels / l.groups;
  l.groups = std::min(l.groups, 2U);
  l.in_channels = l.groups * inputs;
  l.out_channels = l.groups * std::min(outputs, most_channels);
  l.operands.activations = synthetic_source{0.35, 0.6, 0.5, 11};
  l.operands.weights = synthetic_source{0.57, 0.6, 0, 12};
  return l;
}

void check_layer(const accelerator_config& config, const layer& l, both_engines& engines) {
  network net;
  net.name = "cut";
  net.layers = {l};
  const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
  const layer_masks masks{operands.activation_mask(l), operands.weight_mask(l), {}};
  const auto shapes = mm_op_shapes(l, pass_kind::forward, 1);
  const auto op = make_mm_op(shapes.back(), masks);
  const auto choice = choose_program(config, l, op, shapes, masks);
  mm_op_program program(config, op, choice.block, choice.order, l.epilogue);
  program.memory = plan_mm_op(config, op, masks, choice);
  const auto counted = engines.run(program);
  CHECK(counted.clocked == counted.fast);
  CHECK(counted.clocked.issued_products == effectual_macs(op));
  CHECK_NOTHROW(check_invariants(counted.clocked, config.processing_elements()));
}

}  // namespace

TEST_CASE("every shape of the shipped workloads on the shipped machines") {
  std::map<std::string, layer> shapes;
  for (const auto& file : shipped_workloads()) {
    for (const auto& l : read_network(file).layers) {
      shapes.emplace(describe_shape(l), l);
    }
  }
  REQUIRE(shapes.size() >= 37);
  // Sanitizers cost much more than they find here: a scale below 1 cuts the channels, too.
  const auto most_channels = static_cast<std::uint32_t>(std::min<std::uint64_t>(140, scaled(140)));
  // The machines differ in little else than lanes and memory: the shapes take turns.
  const std::array machines{"dlac-fp16-inference", "paper-fp32-training", "dlac-fp32-training", "paper-fp16-inference"};
  for (std::size_t m = 0; m < machines.size(); ++m) {
    const auto config = read_accelerator_config(source_folder + "/configs/" + machines[m] + ".json");
    both_engines engines(config);
    std::size_t turn = m;
    for (const auto& [description, l] : shapes) {
      if (turn++ % machines.size() == 0) {
        INFO(machines[m], ": ", description);
        check_layer(config, cut_down(l, 3, most_channels), engines);
      }
    }
  }
}

}  // namespace dlac::test
