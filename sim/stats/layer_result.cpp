#include "sim/stats/layer_result.h"

#include <fmt/format.h>

#include <cmath>
#include <variant>

#include "sim/core/error.h"

namespace dlac {

std::string partial_text(const network_result& result) {
  return result.planned ? fmt::format("{} of {}", result.layers.size(), *result.planned) : "";
}

layer_result on_dense_machine(layer_result layer) {
  layer.counters = layer.dense;
  return layer;
}

void mean_decibels::add(const std::optional<double>& sqnr_db) {
  if (sqnr_db && std::isfinite(*sqnr_db)) {
    sum += *sqnr_db;
    ++layers;
  }
}

std::optional<double> mean_decibels::mean() const {
  return layers == 0 ? std::nullopt : std::optional(sum / static_cast<double>(layers));
}

void number_sums::add(const number_figures& layer) {
  zeros_made += layer.zeros_made;
  saturated += layer.saturated;
  row_sqnr_db.add(layer.row_sqnr_db);
  column_sqnr_db.add(layer.column_sqnr_db);
  output_sqnr_db.add(layer.output_sqnr_db);
}

void totals::add(const layer_result& layer, const accelerator_config& config) {
  dense_machine_cycles += layer.dense.cycles;
  dense_macs += layer.dense_macs;
  effectual_macs += layer.effectual_macs;
  mm_ops += layer.mm_ops;
  numbers.add(layer.numbers);
  model_bytes += layer.pass == pass_kind::forward ? (layer.model_bits + 7) / 8 : 0;
  const auto lanes = static_cast<double>(config.processing_elements() * layer.lanes);
  dense_cycles += static_cast<double>(layer.dense_macs) / lanes;
  lane_cycles += lanes * static_cast<double>(layer.counters.cycles);
  counters += layer.counters;
  traffic += layer.traffic;
}

performance totals::derive(const accelerator_config& config) const {
  performance p;
  const auto cycles = static_cast<double>(counters.cycles);
  if (counters.cycles == 0) {
    return p;
  }
  p.flop_per_cycle = 2 * static_cast<double>(dense_macs) / cycles;
  p.effectual_flop_per_cycle = 2 * static_cast<double>(effectual_macs) / cycles;
  p.share_of_peak = dense_cycles / cycles;
  p.speedup_over_dense_machine = static_cast<double>(dense_machine_cycles) / cycles;
  p.lane_utilisation = static_cast<double>(effectual_macs) / lane_cycles;
  p.operations_density = static_cast<double>(effectual_macs) / static_cast<double>(dense_macs);
  p.latency_ms = cycles / (config.clock_mhz * 1e3);
  p.tflops = p.flop_per_cycle * config.clock_mhz * 1e-6;
  return p;
}

std::string_view recorded_rule(const operand_formats& numbers) {
  const pass_formats formats = formats_of(numbers, pass_kind::forward, weight_format::full);
  if (!is_held_against_recordings(formats)) {
    return "told, but held against nothing: number formats other than fp32 and fp16 make the difference";
  }
  return formats.pointwise == ieee_float::fp16
             ? "correlation above 0.9999, errors at most 2^-11 (K + 4) of the largest recorded magnitude"
             : "correlation above 0.9999, errors below 1 % of the recorded range";
}

bool is_held_against_recordings(const pass_formats& formats) {
  const auto is_recorded_in = [&](ieee_float format) {
    const bool has_such_weights =
        is_float(formats.columns, format) || std::holds_alternative<ternary_codes>(formats.columns.kind);
    return is_float(formats.rows, format) && has_such_weights && is_float(formats.output, format) &&
           formats.accumulator == accumulator_format(format) && formats.operation == product_rounding::fused;
  };
  return is_recorded_in(ieee_float::fp32) || is_recorded_in(ieee_float::fp16);
}

performance derive_performance(const layer_result& layer, const accelerator_config& config) {
  totals one;
  one.add(layer, config);
  return one.derive(config);
}

namespace {

/// A machine cannot be faster than its lanes, nor than a channel of its memory where the config says what that can do.
void check_bounds(const layer_result& layer, const accelerator_config& config, bool keeps_bandwidth) {
  const auto expect = [&](std::uint64_t bound, const char* what) {
    if (layer.counters.cycles < bound) {
      throw simulation_error(fmt::format("invariant violated: layer {}, {} pass: {} takes at least {} cycles, not {}",
                                         layer.name, to_string(layer.pass), what, bound, layer.counters.cycles));
    }
  };
  const auto at_rate = [](std::uint64_t amount, std::uint64_t rate) { return (amount + rate - 1) / rate; };
  expect(at_rate(layer.counters.issued_products, config.processing_elements() * layer.lanes), "multiplying");
  if (config.memory && keeps_bandwidth) {
    const auto thousandths = config.memory->bytes_per_cycle.thousandths;
    expect(at_rate(1000 * layer.traffic.read(), thousandths), "reading the operands");
    expect(at_rate(1000 * layer.traffic.outputs, thousandths), "writing the outputs");
  }
}

}  // namespace

void check_invariants(const layer_result& layer, const accelerator_config& config, bool keeps_bandwidth) {
  check_invariants(layer.counters, config.processing_elements());
  const auto issued = layer.counters.issued_products;
  const auto expect = [&](bool holds, const char* what) {
    if (!holds) {
      throw simulation_error(fmt::format(
          "invariant violated: layer {}, {} pass: {} (effectual MACs {}, issued products {}, products of "
          "the mmOps {}, dense MACs {})",
          layer.name, to_string(layer.pass), what, layer.effectual_macs, issued, layer.products, layer.dense_macs));
    }
  };
  expect(layer.effectual_macs <= issued, "every effectual MAC is issued");
  expect(layer.effectual_macs <= layer.dense_macs, "an effectual MAC is one of the layer's");
  const auto all_issued = layer.products * layer.part_pairs;
  expect(issued <= all_issued, "no product is issued twice");
  expect(layer.has_phases || layer.pass == pass_kind::backward_data || layer.products == layer.dense_macs,
         "the mmOps are as large as the layer");
  expect(config.skip != skip_mode::both || issued == layer.effectual_macs || layer.part_pairs > 1,
         "a machine that skips all zeros issues the effectual MACs only");
  expect(config.skip != skip_mode::none || issued == all_issued, "a machine that skips no zeros issues all products");
  const auto& moved = layer.counters.activity;
  expect(moved.outputs_drained == layer.outputs, "every output leaves the grid once");
  expect(moved.pt_mul_adds + moved.pt_adds == layer.outputs * layer.epilogue.size(),
         "every pointwise operation goes over every output once");
  expect(moved.slice_mul_adds + moved.slice_adds == layer.slice_operations,
         "every output takes what ends a slice once a slice");
  check_bounds(layer, config, keeps_bandwidth);
}

}  // namespace dlac
