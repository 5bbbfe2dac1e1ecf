// The choice of a block with finite memory: the estimate by hand, and a layer whose traffic decides.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/engine/engine.h"
#include "sim/engine/network_run.h"
#include "sim/engine/program_choice.h"
#include "sim/mapping/pass_shapes.h"
#include "sim/timing/block_estimate.h"
#include "sim/workload/operands.h"
#include "tests/unit/bad_input.h"

namespace dlac::test {
namespace {

const std::string default_machine = DLAC_SOURCE_DIR "/configs/dlac-fp16-inference.json";

/// A 1x1 convolution: little work for what it reads.
network pointwise_network() {
  layer l;
  l.name = "pointwise";
  l.in_channels = 128;
  l.out_channels = 256;
  l.input_size = {14, 14};
  l.kernel = {1, 1};
  l.operands.activations = synthetic_source{0.3, 0.6, 0.5, 1};
  l.operands.weights = synthetic_source{0.6, 0, 0, 2};
  network net;
  net.name = "pointwise";
  net.layers = {l};
  return net;
}

/// The forward pass of its layer.
class pointwise_layer {
 public:
  [[nodiscard]] program_choice choose(const accelerator_config& config) const {
    return choose_program(config, layer_, op_, shapes_, masks_);
  }
  [[nodiscard]] cycle cycles(const accelerator_config& config, const program_choice& choice) const {
    mm_op_program program(config, op_, choice.block, choice.order, layer_.epilogue);
    program.memory = plan_mm_op(config, op_, masks_, choice);
    return make_engine(by_fast_engine{}, config)->run(program).counters.cycles;
  }

 private:
  network net_ = pointwise_network();
  const layer& layer_ = net_.layers.front();
  operand_provider operands_{net_, std::nullopt, formats_of(machine_mode::fp32_training)};
  layer_masks masks_{operands_.activation_mask(layer_), operands_.weight_mask(layer_), {}};
  std::vector<mm_op_shape> shapes_ = mm_op_shapes(layer_, pass_kind::forward, 1);
  mm_op op_ = make_mm_op(shapes_.front(), masks_);
};

accelerator_config machine(const std::vector<std::string>& overrides) {
  return read_accelerator_config(default_machine, overrides);
}

bool operator==(const program_choice& a, const program_choice& b) {
  return a.block == b.block && a.order == b.order;
}

}  // namespace

TEST_CASE("the estimate with memory, by hand") {
  // Two by two tiles of three steps, in two chunks of two steps and one; slots of 8 bytes. Rows are fetched for every
  // use (8 and 4 bytes, 2 and 1 cycles), columns for the tiles that begin an nt (4 and 2 bytes, 1 cycle each).
  accelerator_config config;
  config.mode = machine_mode::fp16_inference;
  config.grid = {1, 1};
  config.pe.output_banks = 2;
  config.drain_elements_per_cycle = 1;
  config.memory = memory_config{4, 10, compression::none};
  config.weight_buffer_bytes = 16;
  config.feature_map_buffer_bytes = 16;
  const row_window pixels{{1, 3, 1, 4}, 0, 3, {1, 4}, {1, 1}, {0}, {0}};
  const tiling tiles(4, 2, {1, 1}, {2, 1}, tile_order::nt_outer);
  buffer_shortage shortage;
  mm_op op;
  op.m = 4;
  op.n = 2;
  op.k = 3;
  layer full;
  full.weights = weight_format::full;
  op.of = &full;
  op.window = pixels;
  const auto meter = make_chunk_meter(op, nullptr, tiles.rows, {});
  const auto plan = plan_memory(config, op, tiles, *meter, formats_of(config, op), shortage);
  REQUIRE(plan.has_value());
  // At 10 cycles a step, tile by tile: operands are ready at 13, 46, 80 and 113 (a slot's last step, the transfers and
  // the latency), the later chunk always in time; so tiles end at 43, 76, 110 and 143. The last one drains 2 cycles.
  CHECK(estimate_with_memory(config, op, {}, {2, 1}, 10, tile_order::nt_outer, *plan) == 145);
}

TEST_CASE("with finite memory the traffic of a block decides") {
  const pointwise_layer pointwise;
  const auto ideal = pointwise.choose(machine({"memory=null"}));
  const auto scarce_machine = machine({"memory.bytes_per_cycle=4"});
  const auto scarce = pointwise.choose(scarce_machine);
  CHECK_FALSE(scarce.block == ideal.block);
  CHECK(pointwise.cycles(scarce_machine, scarce) < pointwise.cycles(scarce_machine, ideal));
  CHECK(pointwise.choose(scarce_machine) == scarce);
  // A memory that is never waited for is as good as an ideal one.
  const auto plenty = machine({"memory.bytes_per_cycle=1048576", "memory.latency_cycles=0"});
  CHECK(pointwise.choose(plenty).block == ideal.block);
}

TEST_CASE("an objective of energy wants a run that knows what energy is") {
  const network net = pointwise_network();
  const auto config = machine({"mapping.objective=energy_delay"});
  const operand_provider operands(net, std::nullopt, config.numbers());
  const auto run = [&](const run_options& options) {
    return message_of([&] { static_cast<void>(run_layers(config, net, {&net.layers.front()}, operands, options)); });
  };
  CHECK(run({}) ==
        "config \"dlac-fp16-inference\": /mapping/objective: found \"energy_delay\", expected \"cycles\" for a run "
        "without "
        "a technology table");
  CHECK(run({.energy = [](const layer_result&) { return 1.0; }}).empty());
}

TEST_CASE("a fixed order is kept, with any block") {
  const pointwise_layer pointwise;
  for (const auto* order : {"nt-outer", "mt-outer"}) {
    const auto choice = pointwise.choose(machine({std::string("mapping.order=") + order}));
    CHECK(to_string(choice.order) == order);
    const auto both_fixed = pointwise.choose(machine({std::string("mapping.order=") + order, "mapping.block=[4, 8]"}));
    CHECK(to_string(both_fixed.order) == order);
    CHECK(both_fixed.block == block_shape{4, 8});
  }
}

}  // namespace dlac::test
