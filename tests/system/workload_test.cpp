// The shipped workloads through the whole simulator: what they add up to, and the trained network's own numbers.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/engine/network_run.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac::test {
namespace {

const std::string root = DLAC_SOURCE_DIR;

/// The named layers of a network, or all of them.
std::vector<const layer*> layers_of(const network& net, const std::vector<std::string>& names = {}) {
  std::vector<const layer*> chosen;
  for (const auto& l : net.layers) {
    if (names.empty() || std::find(names.begin(), names.end(), l.name) != names.end()) {
      chosen.push_back(&l);
    }
  }
  return chosen;
}

std::uint64_t dense_macs_of(const network& net) {
  std::uint64_t sum = 0;
  for (const auto& l : net.layers) {
    sum += l.dense_macs(net.batch);
  }
  return sum;
}

accelerator_config machine(const std::string& name, const std::vector<std::string>& overrides = {}) {
  return read_accelerator_config(root + "/configs/" + name + ".json", overrides);
}

std::vector<layer_result> run_on(const accelerator_config& config, const network& net,
                                 const std::vector<const layer*>& layers, const operand_provider& operands,
                                 run_kind kind = run_kind::forward) {
  return run_layers(config, net, layers, operands, {.kind = kind}).layers;
}

totals sum_of(const std::vector<layer_result>& results, const accelerator_config& config) {
  totals sum;
  for (const auto& result : results) {
    sum.add(result, config);
  }
  return sum;
}

/// Each channel carries 64 bytes a cycle, and no layer begins before the one in front of it has ended.
void check_channels(const std::vector<layer_result>& results) {
  constexpr std::uint64_t bytes_per_cycle = 64;
  for (const auto& result : results) {
    CAPTURE(result.name);
    CHECK(result.counters.cycles * bytes_per_cycle >= result.traffic.read());
    CHECK(result.counters.cycles * bytes_per_cycle >= result.traffic.outputs);
  }
}

/// What every layer of a forward pass has to read once at the least: its weights, and the inputs that its kernel
/// reaches.
std::uint64_t least_bytes_read(const layer& l, std::uint64_t float_bytes) {
  const auto weights = l.weight_shape().elements();
  const auto weight_bytes = l.weights == weight_format::ternary ? weights / 4 : weights * float_bytes;
  const auto inputs = std::uint64_t{l.in_channels} *
                      std::min(std::uint64_t{l.input_size.h} * l.input_size.w,  // a 1x1 kernel with stride skips pixels
                               std::uint64_t{l.output_size().h} * l.output_size().w * l.kernel.h * l.kernel.w);
  return weight_bytes + inputs * float_bytes;
}

// A 3x3 convolution between feature maps of equal size has the same MACs in every stage of a ResNet: half the
// height, half the width, twice the channels on both sides.
constexpr std::uint64_t full_3x3 = 56 * 56 * 64 * 64 * 9;
// With stride 2 the input has half the channels; the 1x1 convolution beside it has a ninth of that.
constexpr std::uint64_t strided_3x3 = full_3x3 / 2;
constexpr std::uint64_t downsample = strided_3x3 / 9;
constexpr std::uint64_t first_7x7 = 112 * 112 * 64 * 3 * 49;

}  // namespace

TEST_CASE("every shipped workload is read, and its operands are there") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root + "/workloads")) {
    if (entry.path().extension() != ".json") {
      continue;
    }
    CAPTURE(entry.path().string());
    ++files;
    const auto net = read_network(entry.path().string());
    const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
    CHECK_FALSE(net.layers.empty());
    CHECK_NOTHROW(operands.check_forward(layers_of(net), false));  // the trace of a training step has masks only
  }
  CHECK(files >= 5);
}

TEST_CASE("dense MACs of the shipped workloads, by hand") {
  // Blocks of two 3x3 convolutions, 3 4 6 3 or 2 2 2 2; the first convolution of the stages 2 to 4 is strided.
  const auto basic = [](std::uint64_t convolutions, std::uint64_t classes) {
    return first_7x7 + (convolutions - 3) * full_3x3 + 3 * (strided_3x3 + downsample) + 512 * classes;
  };
  CHECK(basic(2 * (3 + 4 + 6 + 3), 12) == 3'663'255'552);
  CHECK(dense_macs_of(read_network(root + "/workloads/resnet34.json")) == basic(2 * (3 + 4 + 6 + 3), 12));
  CHECK(dense_macs_of(read_network(root + "/workloads/resnet34-synthetic.json")) == basic(2 * (3 + 4 + 6 + 3), 1000));
  CHECK(dense_macs_of(read_network(root + "/workloads/resnet18.json")) == basic(2 * (2 + 2 + 2 + 2), 1000));
  // Bottlenecks: 1x1 down to a quarter of the channels, 3x3, 1x1 up. The 1x1 have 4/9 of the 3x3's MACs; the first
  // block's first 1x1 has an input of 64 channels instead of 256, and of the later stages' first blocks it works before
  // the stride, on 4 times the pixels and half the channels. Downsamples: 64 to 256, then twice a 1x1's MACs.
  const auto one = full_3x3 * 4 / 9;
  const auto bottlenecks = [&](std::uint64_t blocks) {
    return first_7x7 + blocks * (full_3x3 + 2 * one) + (one / 4 - one) + one + 3 * (2 * one - one) + 3 * 2 * one +
           2048 * 1000;
  };
  CHECK(bottlenecks(3 + 4 + 6 + 3) == 4'089'184'256);
  CHECK(dense_macs_of(read_network(root + "/workloads/resnet50.json")) == bottlenecks(3 + 4 + 6 + 3));
  CHECK(dense_macs_of(read_network(root + "/workloads/resnet152.json")) == bottlenecks(3 + 8 + 36 + 3));
}

TEST_CASE("resnet34 on its trace: the totals of a run") {
  const auto net = read_network(root + "/workloads/resnet34.json");
  const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
  // With block and order fixed the contract alone decides: another number is another contract, or another trace.
  const auto config = machine("paper-fp16-inference", {"mapping.block=[4, 8]", "mapping.order=nt-outer"});
  totals sum;
  for (const auto& result : run_layers(config, net, layers_of(net), operands, {}).layers) {
    sum.add(result, config);
  }
  CHECK(sum.mm_ops == 37);
  CHECK(sum.dense_macs == 3'663'255'552);
  CHECK(sum.effectual_macs == 945'141'724);
  CHECK(sum.counters.issued_products == sum.effectual_macs);
  CHECK(sum.counters.cycles == 4'622'827);
  CHECK(sum.counters.tiles == 1444);
}

TEST_CASE("resnet34 on the default machine: its memory") {
  const auto net = read_network(root + "/workloads/resnet34.json");
  const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
  const auto config = machine("dlac-fp16-inference");
  const auto results = run_on(config, net, layers_of(net), operands);
  const auto sum = sum_of(results, config);
  CHECK(sum.counters.cycles == 3'439'663);  // block and order are chosen: another choice is another number
  CHECK(sum.traffic.columns == 19'003'776);
  CHECK(sum.traffic.rows == 25'058'988);
  // Outputs are written once, 2 bytes each: 64 x 112 x 112, then 6 x 64 x 56 x 56, 9 x 128 x 28 x 28, 13 x 256 x 14 x
  // 14 and 7 x 512 x 7 x 7 with the downsamples, and 12 classes.
  CHECK(sum.traffic.outputs == 2 * (802'816 + 6 * 200'704 + 9 * 100'352 + 13 * 50'176 + 7 * 25'088 + 12));
  check_channels(results);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& with_memory = results[i];
    CAPTURE(with_memory.name);
    CHECK(with_memory.traffic.read() >= least_bytes_read(net.layers[i], 2));
    // Waiting for memory is one more term of maxima: without it the same tiles take no longer.
    auto ideal = machine("paper-fp16-inference");
    ideal.mapping = {with_memory.block, with_memory.order};
    const auto without = run_on(ideal, net, {&net.layers[i]}, operands);
    CHECK(without.at(0).counters.cycles <= with_memory.counters.cycles);
    CHECK(without.at(0).counters.pe_parts.busy == with_memory.counters.pe_parts.busy);
  }
}

TEST_CASE("a training step of resnet34 on the default machine: its memory") {
  const auto net = read_network(root + "/workloads/resnet34-training.json");
  const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
  const auto config = machine("dlac-fp32-training");
  const auto results = run_on(config, net, layers_of(net), operands, run_kind::training);
  const auto sum = sum_of(results, config);
  CHECK(sum.counters.cycles == 12'611'185);
  CHECK(sum.traffic.columns == 142'019'376);
  CHECK(sum.traffic.rows == 137'685'148);
  check_channels(results);
  // Written, 4 bytes each: outputs, then gradients of the inputs, but of a 1x1 kernel with stride only of the pixels
  // that it reads, then new weights. The first layer's inputs have no gradients.
  std::uint64_t written = 0;
  for (const auto& l : net.layers) {
    const auto reached = l.kernel == size_2d{1, 1} ? l.output_size() : l.input_size;
    const auto gradients = &l == &net.layers.front() ? 0 : std::uint64_t{l.in_channels} * reached.h * reached.w;
    written += 4 * (l.output_shape(1).elements() + gradients + l.weight_shape().elements());
  }
  CHECK(sum.traffic.outputs == written);
  const std::vector<std::string> same_tiles{"mapping.block=[8, 2]", "mapping.order=nt-outer"};
  const auto with_memory =
      run_on(machine("dlac-fp32-training", same_tiles), net, layers_of(net), operands, run_kind::training);
  const auto without =
      run_on(machine("paper-fp32-training", same_tiles), net, layers_of(net), operands, run_kind::training);
  check_channels(with_memory);
  REQUIRE(with_memory.size() == without.size());
  for (std::size_t i = 0; i < without.size(); ++i) {
    CAPTURE(without[i].name);
    CHECK(without[i].counters.cycles <= with_memory[i].counters.cycles);
    CHECK(without[i].counters.pe_parts.busy == with_memory[i].counters.pe_parts.busy);
  }
}

TEST_CASE("layers of the trained network compute what they recorded, in both modes and engines") {
  // Every kind of layer of the network, of those that are quick: strided and not, with a residual sum and without, 1x1,
  // linear. A value that is not bit-exact, or in fp32 far from what the network recorded, throws.
  const auto net = read_network(root + "/workloads/resnet34.json");
  const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
  const auto layers = layers_of(net, {"conv1", "layer1.0.conv2", "layer2.0.conv1", "layer2.0.downsample",
                                      "layer4.0.conv1", "layer4.2.conv2", "fc"});
  REQUIRE(layers.size() == 7);
  for (const auto* name : {"dlac-fp16-inference", "dlac-fp32-training"}) {
    CAPTURE(name);
    const auto config = machine(name);
    const auto counters_by = [&](const engine_choice& choice) {
      std::vector<layer_counters> counters;
      for (const auto& result : run_layers(config, net, layers, operands, {.engine = choice}).layers) {
        counters.push_back(result.counters);
      }
      return counters;
    };
    CHECK(counters_by(by_systemc_engine{.values = true}) == counters_by(by_fast_engine{}));
  }
}

}  // namespace dlac::test
