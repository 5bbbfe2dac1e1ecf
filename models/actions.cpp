#include "models/actions.h"

#include <cmath>

#include "models/unit_costs.h"

namespace dlac {
namespace {

constexpr double fj_per_pj = 1e3;
constexpr std::uint64_t bits_per_byte = 8;

/// What moving one bit takes in this machine, pJ.
struct bit_energy {
  double write;        ///< of a PE's register
  double read;         ///< the same
  double bus;          ///< along one side of the chip
  double weights;      ///< access of the weight buffer
  double feature_map;  ///< access of the feature-map buffer
};

bit_energy bit_energy_of(const accelerator_config& config, const technology& table, double area_mm2) {
  const energy_costs& costs = table.energy;
  return {.write = costs.register_write.value / fj_per_pj,
          .read = costs.register_read.value / fj_per_pj,
          .bus = costs.wire.value / fj_per_pj * std::sqrt(area_mm2),
          .weights = buffer_access_pj_per_bit(costs, config.weight_buffer_bytes),
          .feature_map = buffer_access_pj_per_bit(costs, config.feature_map_buffer_bytes)};
}

double clocked_bits(const accelerator_config& config, const technology& table) {
  const storage_bits bits = storage_of(config);
  const auto lanes = static_cast<double>(config.processing_elements() * (config.pe.fma_units + config.pe.adders));
  return static_cast<double>(bits.registers()) * table.clock.storage_share.value +
         static_cast<double>(bits.buffers()) * table.clock.buffer_share.value +
         lanes * table.clock.pipeline_words.value * static_cast<double>(bits.accumulator);
}

/// How many bits a layer moves, by where.
struct bit_counts {
  std::uint64_t queued;        ///< written to operand queues, and read again
  std::uint64_t columns_read;  ///< from the weight buffer
  std::uint64_t rows_read;     ///< from the feature-map buffer
  std::uint64_t columns_sent;  ///< over column buses
  std::uint64_t rows_sent;     ///< over row buses
  std::uint64_t accumulated;   ///< read from and written back to the output buffers, and the sums of slices
  std::uint64_t drained;
};

bit_counts bit_counts_of(const layer_result& layer) {
  const std::uint64_t row_bits = bits_of(layer.formats.rows);
  const std::uint64_t column_bits = bits_of(layer.formats.columns);
  const std::uint64_t accumulator_bits = bits_of(layer.formats.accumulator);
  const std::uint64_t sum_bits = layer.formats.sums_slices() ? layer.formats.slice_sum_bits() : accumulator_bits;
  const activity_counters& activity = layer.counters.activity;
  // Feeders take zero points away: behind them codes have a bit more.
  const std::uint64_t row_operand = operand_bits(layer.formats.rows);
  const std::uint64_t column_operand = operand_bits(layer.formats.columns);
  const std::uint64_t requantised_bits = layer.requantised * bits_of(layer.formats.pointwise);
  return {.queued = activity.row_elements_queued * row_operand + activity.column_elements_queued * column_operand,
          .columns_read = activity.column_elements_read * column_bits,
          .rows_read = (activity.row_elements_read + activity.pt_elements_streamed) * row_bits + requantised_bits,
          .columns_sent = activity.column_elements_read * column_operand,
          .rows_sent = (activity.row_elements_read + activity.pt_elements_streamed) * row_operand + requantised_bits,
          .accumulated = layer.counters.issued_products * sum_bits +
                         (activity.pt_mul_adds + activity.pt_adds + activity.slice_mul_adds + activity.slice_adds) *
                             accumulator_bits,
          .drained = activity.outputs_drained * layer.formats.drained_bits() +
                     layer.requantised * bits_of(layer.formats.output)};
}

/// All that takes energy because of work that is done.
std::vector<energy_action> work_of(const accelerator_config& config, const technology& table, const bit_energy& bit,
                                   const layer_result& layer) {
  using enum energy_part;
  const pass_formats& formats = layer.formats;
  // Without multiplications in this layer it is what the machine's others take.
  const pass_formats multiplied =
      formats.adds_only() ? config.formats(pass_kind::forward, weight_format::full) : formats;
  const double float_add = add_energy(table.energy, formats.accumulator).value;
  const double add =
      formats.sums_slices() ? add_energy(table.energy, integer_sum{formats.slice_sum_bits()}).value : float_add;
  const double mul_add = multiply_energy(table.energy, multiplied.rows, multiplied.columns).value + add;
  const double pt_add = add_energy(table.energy, formats.pointwise).value;
  const double pt_multiply = multiply_energy(table.energy, formats.pointwise, formats.pointwise).value;
  const double pt_mul_add = pt_multiply + pt_add;
  const double byte = table.energy.off_chip.value;
  const bool adds_only = layer.formats.adds_only();
  const std::uint64_t products = layer.counters.issued_products;
  const activity_counters& activity = layer.counters.activity;
  const memory_traffic& traffic = layer.traffic;
  const bit_counts bits = bit_counts_of(layer);
  // Finished sums of codes become numbers by one mul-add each, and so do outputs codes by another. Those of slices are
  // numbers already, unless there is but one, or a mantissa is left.
  const bool is_scaled_at_the_end =
      formats.accumulator.is_integer() ||
      (formats.sums_slices() && (layer.slice_operations == 0 || slice_scaling_of(formats).has_mantissa));
  const std::uint64_t conversions = (is_scaled_at_the_end ? activity.outputs_drained : 0) + layer.requantised;
  std::vector<energy_action> actions = {
      {mm_op, "lanes", "ternary_product", adds_only ? products : 0, add},
      {mm_op, "lanes", "full_product", adds_only ? 0 : products, mul_add},
      {pt_wise_op, "lanes", "pt_mul_add", activity.pt_mul_adds + conversions, pt_mul_add},
      {pt_wise_op, "lanes", "pt_add", activity.pt_adds, pt_add},
      {scheduler, "scheduler", "step", layer.counters.pe_steps, table.energy.scheduler_decision.value},
      {operand_queues, "operand_queues", "write_bit", bits.queued, bit.write},
      {operand_queues, "operand_queues", "read_bit", bits.queued, bit.read},
      {output_buffers, "output_buffers", "write_bit", bits.accumulated, bit.write},
      {output_buffers, "output_buffers", "read_bit", bits.accumulated + bits.drained, bit.read},
      {weight_buffer, "weight_buffer", "fill_bit", bits_per_byte * traffic.columns, bit.weights},
      {weight_buffer, "weight_buffer", "read_bit", bits.columns_read, bit.weights},
      {feature_map_buffer, "feature_map_buffer", "fill_bit", bits_per_byte * (traffic.rows + traffic.streamed),
       bit.feature_map},
      {feature_map_buffer, "feature_map_buffer", "read_bit", bits.rows_read, bit.feature_map},
      {weight_buffer, "buses_and_drain", "column_bus_bit", bits.columns_sent, bit.bus},
      {feature_map_buffer, "buses_and_drain", "row_bus_bit", bits.rows_sent, bit.bus},
      {drain, "buses_and_drain", "drain_write_bit", bits.drained, bit.write},
      {drain, "buses_and_drain", "drain_bus_bit", bits.drained, bit.bus},
      {off_chip, "off_chip_memory", "read_byte", traffic.read(), byte},
      {off_chip, "off_chip_memory", "write_byte", traffic.outputs, byte}};
  if (formats.sums_slices()) {
    actions.push_back({mm_op, "lanes", "slice_mul_add", activity.slice_mul_adds, pt_multiply + float_add});
    actions.push_back({mm_op, "lanes", "slice_add", activity.slice_adds, float_add});
  }
  return actions;
}

}  // namespace

std::span<const component_info> components() {
  using enum area_part;
  static const std::vector<component_info> all = {
      {"lanes", "FMA units and extra adders of the PEs", {fma_units, adders}},
      {"scheduler", "zero-skip scheduler and control of the PEs", {scheduler_and_control}},
      {"operand_queues", "row and column queues of the PEs", {operand_queues}},
      {"output_buffers", "accumulators of the PEs, all banks", {output_buffers}},
      {"weight_buffer", "weight buffer", {weight_buffer}},
      {"feature_map_buffer", "input feature-map buffer", {feature_map_buffer}},
      {"buses_and_drain", "operand buses and drain, wires and pipeline registers", {drain_and_broadcast}},
      {"clock", "clock of the whole chip", {}},
      {"off_chip_memory", "memory beside the chip", {}, false}};
  return all;
}

double component_area(const component_info& component, const area_breakdown& area) {
  double mm2 = 0;
  for (const area_part part : component.area_parts) {
    mm2 += area[part];
  }
  return mm2;
}

std::vector<energy_action> actions_of(const accelerator_config& config, const technology& table,
                                      const layer_result& layer) {
  const area_breakdown area = area_of(config, table);
  std::vector<energy_action> actions = work_of(config, table, bit_energy_of(config, table, area.total()), layer);
  const cycle cycles = layer.counters.cycles;
  actions.push_back(
      {energy_part::clock, "clock", "cycle", cycles, clocked_bits(config, table) * table.clock.bit.value / fj_per_pj});
  // mW x us = nJ
  const double leakage_pj_per_mm2 = table.leakage.value / config.clock_mhz * 1e3;
  for (const component_info& component : components()) {
    if (!component.area_parts.empty()) {
      actions.push_back(
          {energy_part::leakage, component.name, "leak", cycles, leakage_pj_per_mm2 * component_area(component, area)});
    }
  }
  return actions;
}

std::vector<energy_action> machine_actions(const accelerator_config& config, const technology& table) {
  layer_result idle;
  idle.formats = config.formats(pass_kind::forward, weight_format::full);
  return actions_of(config, table, idle);
}

}  // namespace dlac
