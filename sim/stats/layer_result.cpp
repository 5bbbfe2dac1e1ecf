#include "sim/stats/layer_result.h"

#include <fmt/format.h>

#include "sim/core/error.h"

namespace dlac {

void totals::add(const layer_result& layer, const accelerator_config& config) {
  dense_macs += layer.dense_macs;
  effectual_macs += layer.effectual_macs;
  mm_ops += layer.mm_ops;
  const auto lanes = static_cast<double>(config.processing_elements() * layer.lanes);
  dense_cycles += static_cast<double>(layer.dense_macs) / lanes;
  lane_cycles += lanes * static_cast<double>(layer.counters.cycles);
  counters += layer.counters;
}

performance totals::derive(const accelerator_config& config) const {
  performance p;
  const auto cycles = static_cast<double>(counters.cycles);
  if (counters.cycles == 0) {
    return p;
  }
  p.flop_per_cycle = 2 * static_cast<double>(dense_macs) / cycles;
  p.effectual_flop_per_cycle = 2 * static_cast<double>(effectual_macs) / cycles;
  p.speedup_over_dense = dense_cycles / cycles;
  p.lane_utilisation = static_cast<double>(effectual_macs) / lane_cycles;
  p.operations_density = static_cast<double>(effectual_macs) / static_cast<double>(dense_macs);
  p.latency_ms = cycles / (config.clock_mhz * 1e3);
  p.tflops = p.flop_per_cycle * config.clock_mhz * 1e-6;
  return p;
}

performance derive_performance(const layer_result& layer, const accelerator_config& config) {
  totals one;
  one.add(layer, config);
  return one.derive(config);
}

void check_invariants(const layer_result& layer, const accelerator_config& config) {
  check_invariants(layer.counters, config.processing_elements());
  const auto issued = layer.counters.issued_products;
  const auto expect = [&](bool holds, const char* what) {
    if (!holds) {
      throw simulation_error(
          fmt::format("invariant violated: layer {}: {} (effectual MACs {}, issued products {}, dense MACs {})",
                      layer.name, what, layer.effectual_macs, issued, layer.dense_macs));
    }
  };
  expect(layer.effectual_macs <= issued, "every effectual MAC is issued");
  expect(issued <= layer.dense_macs, "no product is issued twice");
  expect(config.skip != skip_mode::both || issued == layer.effectual_macs,
         "a machine that skips all zeros issues the effectual MACs only");
  expect(config.skip != skip_mode::none || issued == layer.dense_macs,
         "a machine that skips no zeros issues all dense MACs");
}

}  // namespace dlac
