#include "models/area.h"

#include <numeric>
#include <utility>

namespace dlac {
namespace {

constexpr double um2_per_mm2 = 1e6;

// clang-format off
constexpr std::array<area_part_info, area_part_count> area_infos = {{
    {area_part::fma_units, "fma_units", "FMA units: a multiplier and an adder each",
     "PEs x F x (multiplier + adder)"},
    {area_part::adders, "adders", "extra adders for ternary products",
     "PEs x G x adder"},
    {area_part::output_buffers, "output_buffers", "accumulators of the PEs, all banks",
     "PEs x banks x B x (float bits + bits of a slice's sum) x storage bit"},
    {area_part::operand_queues, "operand_queues", "row and column queues of the PEs",
     "PEs x D x (row vector + column vector) x float bits x storage bit"},
    {area_part::scheduler_and_control, "scheduler_and_control", "zero-skip scheduler, operand selection and control of the PEs",
     "PEs x scheduler"},
    {area_part::weight_buffer, "weight_buffer", "weight buffer",
     "bytes x 8 x buffer bit"},
    {area_part::feature_map_buffer, "feature_map_buffer", "input feature-map buffer",
     "bytes x 8 x buffer bit"},
    {area_part::drain_and_broadcast, "drain_and_broadcast", "pipeline registers of operand buses and drain",
     "(R x row vector + C x column vector + R x P) x float bits x storage bit"},
}};
// clang-format on

}  // namespace

std::span<const area_part_info> area_parts() {
  return area_infos;
}

double area_breakdown::total() const {
  return std::accumulate(mm2.begin(), mm2.end(), 0.0);
}

block_shape vector_lengths(const accelerator_config& config) {
  if (config.mapping.block) {
    return *config.mapping.block;
  }
  std::uint32_t side = 1;
  while (std::uint64_t{side} * side < std::uint64_t{2} * config.pe.output_buffers) {
    ++side;
  }
  return {side, side};
}

storage_bits storage_of(const accelerator_config& config) {
  const built_formats built = formats_built_for(config);
  const std::uint64_t pes = config.processing_elements();
  const pe_config& pe = config.pe;
  const block_shape vectors = vector_lengths(config);
  const std::uint64_t row_vector = vectors.m * std::uint64_t{built.row_bits};
  const std::uint64_t column_vector = vectors.n * std::uint64_t{built.column_bits};
  const std::uint64_t accumulator_bits = built.accumulator_bits;
  const std::uint64_t drain_elements = std::uint64_t{config.grid.rows} * config.drain_elements_per_cycle;
  return {.output_buffers = pes * pe.output_banks * pe.output_buffers * (accumulator_bits + built.slice_bits),
          .operand_queues = pes * pe.operand_queue_depth * (row_vector + column_vector),
          .weight_buffer = 8 * config.weight_buffer_bytes,
          .feature_map_buffer = 8 * config.feature_map_buffer_bytes,
          .drain_and_broadcast =
              config.grid.rows * row_vector + config.grid.cols * column_vector + drain_elements * accumulator_bits,
          .accumulator = accumulator_bits};
}

lane_units lane_units_of(const accelerator_config& config, const area_costs& costs) {
  lane_units units;
  const auto keep_larger = [](unit_cost& kept, const unit_cost& other) {
    kept = other.value > kept.value ? other : kept;
  };
  for (const pass_formats& pass : formats_built_for(config).passes) {
    keep_larger(units.multiplier, multiplier_area(costs, pass.rows, pass.columns));
    if (!pass.sums_slices()) {
      keep_larger(units.adder, adder_area(costs, pass.accumulator));
      continue;
    }
    // Codes are added up as integers, and the sums of slices in floats; some are multiplied by their scales before.
    keep_larger(units.adder,
                adder_area(costs, integer_sum{pass.slice_sum_bits()}) + adder_area(costs, pass.accumulator));
    if (slice_scaling_of(pass).multiplies) {
      keep_larger(units.multiplier, multiplier_area(costs, pass.pointwise, pass.pointwise));
    }
  }
  return units;
}

std::vector<std::string> interpolated_units(const accelerator_config& config, const technology& table) {
  const lane_units units = lane_units_of(config, table.area);
  std::vector<std::string> names;
  const auto add = [&](std::string name, const unit_cost& cost) {
    if (cost.is_interpolated) {
      std::string columns;
      for (const std::string_view column : cost.columns) {
        columns += (columns.empty() ? " from " : " and ") + std::string(column);
      }
      names.push_back(std::move(name) + columns);
    }
  };
  add("multiplier", units.multiplier);
  add("adder", units.adder);
  return names;
}

area_breakdown area_of(const accelerator_config& config, const technology& table) {
  const lane_units unit = lane_units_of(config, table.area);
  const auto pes = static_cast<double>(config.processing_elements());
  const storage_bits bits = storage_of(config);
  const double storage_bit = table.area.storage_bit.value;
  const double buffer_bit = table.area.buffer_bit.value;
  area_breakdown area;
  const auto set = [&](area_part part, double um2) { area.mm2[static_cast<std::size_t>(part)] = um2 / um2_per_mm2; };
  set(area_part::fma_units, pes * config.pe.fma_units * (unit.multiplier.value + unit.adder.value));
  set(area_part::adders, pes * config.pe.adders * unit.adder.value);
  set(area_part::output_buffers, static_cast<double>(bits.output_buffers) * storage_bit);
  set(area_part::operand_queues, static_cast<double>(bits.operand_queues) * storage_bit);
  set(area_part::scheduler_and_control, pes * table.area.scheduler.value);
  set(area_part::weight_buffer, static_cast<double>(bits.weight_buffer) * buffer_bit);
  set(area_part::feature_map_buffer, static_cast<double>(bits.feature_map_buffer) * buffer_bit);
  set(area_part::drain_and_broadcast, static_cast<double>(bits.drain_and_broadcast) * storage_bit);
  return area;
}

peak_figures peak_of(const accelerator_config& config) {
  const auto flop_per_cycle = [&](weight_format weights) {
    const std::uint32_t lanes = config.lanes(config.formats(pass_kind::forward, weights));
    return 2.0 * static_cast<double>(config.processing_elements()) * lanes;
  };
  const double ternary = flop_per_cycle(weight_format::ternary);
  const double full = flop_per_cycle(weight_format::full);
  const double tera_cycles_per_s = config.clock_mhz * 1e-6;
  return {.flop_per_cycle_ternary = ternary,
          .flop_per_cycle_full = full,
          .tflops_ternary = ternary * tera_cycles_per_s,
          .tflops_full = full * tera_cycles_per_s};
}

}  // namespace dlac
