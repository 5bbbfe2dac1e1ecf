#include "models/energy.h"

#include <cmath>
#include <numeric>

#include "models/area.h"

namespace dlac {
namespace {

constexpr double fj_per_pj = 1e3;
constexpr std::uint32_t ternary_bits = 2;

// clang-format off
constexpr std::array<energy_part_info, energy_part_count> parts = {{
    {energy_part::mm_op, "mm_op", "products: an addition each with ternary weights, else a multiply-add"},
    {energy_part::pt_wise_op, "pt_wise_op", "pointwise operations"},
    {energy_part::scheduler, "scheduler", "zero-skip scheduler and control, each step of each PE"},
    {energy_part::operand_queues, "operand_queues", "writes and reads of the PEs' operand queues"},
    {energy_part::weight_buffer, "weight_buffer", "fills, reads, and the column buses"},
    {energy_part::feature_map_buffer, "feature_map_buffer", "fills, reads, and the row buses"},
    {energy_part::output_buffers, "output_buffers", "accumulators: a read and a write for every operation"},
    {energy_part::drain, "drain", "outputs on their way out of the grid"},
    {energy_part::off_chip, "off_chip", "bytes from and to off-chip memory"},
    {energy_part::clock, "clock", "clocked bits, each cycle"},
    {energy_part::leakage, "leakage", "leakage of the whole chip, as long as it runs"},
}};
// clang-format on

double count(std::uint64_t events) {
  return static_cast<double>(events);
}

/// What moving one bit costs in this machine, pJ.
struct bit_costs {
  double write;        ///< of a PE's register
  double read;         ///< the same
  double bus;          ///< along one side of the chip
  double weights;      ///< access of the weight buffer
  double feature_map;  ///< access of the feature-map buffer
};

bit_costs bit_costs_of(const accelerator_config& config, const technology& table, double area_mm2) {
  const energy_costs& costs = table.energy;
  return {.write = costs.register_write.value / fj_per_pj,
          .read = costs.register_read.value / fj_per_pj,
          .bus = costs.wire.value / fj_per_pj * std::sqrt(area_mm2),
          .weights = buffer_access_pj_per_bit(costs, config.weight_buffer_bytes),
          .feature_map = buffer_access_pj_per_bit(costs, config.feature_map_buffer_bytes)};
}

double clocked_bits(const accelerator_config& config, const technology& table) {
  const storage_bits bits = storage_of(config);
  const double lanes = count(config.processing_elements() * (config.pe.fma_units + config.pe.adders));
  return count(bits.registers()) * table.clock.storage_share.value +
         count(bits.buffers()) * table.clock.buffer_share.value +
         lanes * table.clock.pipeline_words.value * config.float_bits();
}

}  // namespace

std::span<const energy_part_info> energy_parts() {
  return parts;
}

double energy_breakdown::total() const {
  return std::accumulate(pj.begin(), pj.end(), 0.0);
}

energy_breakdown& operator+=(energy_breakdown& sum, const energy_breakdown& more) {
  for (std::size_t i = 0; i < energy_part_count; ++i) {
    sum.pj[i] += more.pj[i];
  }
  return sum;
}

double buffer_access_pj_per_bit(const energy_costs& costs, std::uint64_t capacity_bytes) {
  constexpr double kib = 1024;
  constexpr double bits_per_access = 64;
  const double capacity = count(capacity_bytes) / kib;
  const auto through = [&](double low_kib, double low_pj, double high_kib, double high_pj) {
    const double exponent = std::log(high_pj / low_pj) / std::log(high_kib / low_kib);
    return low_pj * std::pow(capacity / low_kib, exponent);
  };
  const double access = capacity < 32 ? through(8, costs.sram_8kib.value, 32, costs.sram_32kib.value)
                                      : through(32, costs.sram_32kib.value, 1024, costs.sram_1mib.value);
  return access / bits_per_access;
}

energy_breakdown energy_of(const accelerator_config& config, const technology& table, const layer_result& layer) {
  const unit_energy& unit = config.mode == machine_mode::fp32_training ? table.energy.fp32 : table.energy.fp16;
  const double area_mm2 = area_of(config, table).total();
  const bit_costs bit = bit_costs_of(config, table, area_mm2);
  const bool is_ternary = layer.column_format == weight_format::ternary;
  const double bits = config.float_bits();
  const double column_bits = is_ternary ? ternary_bits : bits;
  const double mul_add = unit.multiply.value + unit.add.value;
  const layer_counters& counters = layer.counters;
  const activity_counters& activity = counters.activity;
  const double products = count(counters.issued_products);
  const double drained_bits = count(activity.outputs_drained) * bits;
  const double queued_bits =
      count(activity.row_elements_queued) * bits + count(activity.column_elements_queued) * column_bits;
  const double accumulator_updates = products + count(activity.pt_mul_adds) + count(activity.pt_adds);
  const double microseconds = count(counters.cycles) / config.clock_mhz;

  energy_breakdown energy;
  const auto set = [&](energy_part part, double pj) { energy.pj[static_cast<std::size_t>(part)] = pj; };
  set(energy_part::mm_op, products * (is_ternary ? unit.add.value : mul_add));
  set(energy_part::pt_wise_op, count(activity.pt_mul_adds) * mul_add + count(activity.pt_adds) * unit.add.value);
  set(energy_part::scheduler, count(counters.pe_steps) * table.energy.scheduler_decision.value);
  set(energy_part::operand_queues, queued_bits * (bit.write + bit.read));
  set(energy_part::weight_buffer, count(activity.column_elements_read) * column_bits * (bit.weights + bit.bus) +
                                      8 * count(layer.traffic.weights) * bit.weights);
  set(energy_part::feature_map_buffer,
      count(activity.row_elements_read + activity.pt_elements_streamed) * bits * (bit.feature_map + bit.bus) +
          8 * count(layer.traffic.feature_map) * bit.feature_map);
  set(energy_part::output_buffers, accumulator_updates * bits * (bit.read + bit.write) + drained_bits * bit.read);
  set(energy_part::drain, drained_bits * (bit.write + bit.bus));
  set(energy_part::off_chip, count(layer.traffic.read() + layer.traffic.outputs) * table.energy.off_chip.value);
  set(energy_part::clock, count(counters.cycles) * clocked_bits(config, table) * table.clock.bit.value / fj_per_pj);
  // mW x us = nJ
  set(energy_part::leakage, table.leakage.value * area_mm2 * microseconds * 1e3);
  return energy;
}

energy_figures derive_energy_figures(double energy_pj, cycle cycles, std::uint64_t dense_macs, double clock_mhz) {
  if (cycles == 0 || energy_pj <= 0) {
    return {};
  }
  const double microseconds = count(cycles) / clock_mhz;
  return {.average_power_w = energy_pj / microseconds * 1e-6,
          .tflops_per_w = 2 * count(dense_macs) / energy_pj,  // FLOP/pJ is TFLOP/J
          .energy_delay_mj_ms = energy_pj * 1e-9 * microseconds * 1e-3};
}

}  // namespace dlac
