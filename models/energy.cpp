#include "models/energy.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "models/actions.h"

namespace dlac {
namespace {

// clang-format off
constexpr std::array<energy_part_info, energy_part_count> energy_infos = {{
    {energy_part::mm_op, "mm_op", "products: an addition each with ternary weights, else a multiply-add",
     "issued products x (add, with ternary columns; else multiply + add)"},
    {energy_part::pt_wise_op, "pt_wise_op", "pointwise operations",
     "mul-adds x (multiply + add) + all other operations x add"},
    {energy_part::scheduler, "scheduler", "zero-skip scheduler and control, each step of each PE",
     "PE steps x scheduler decision"},
    {energy_part::operand_queues, "operand_queues", "writes and reads of the PEs' operand queues",
     "bits queued, rows and columns x (register write + read)"},
    {energy_part::weight_buffer, "weight_buffer", "fills, reads, and the column buses",
     "column bits read x (buffer access + bus) + bytes fetched x 8 x buffer access"},
    {energy_part::feature_map_buffer, "feature_map_buffer", "fills, reads, and the row buses",
     "row bits read and pointwise operands streamed x (buffer access + bus) + bytes fetched x 8 x buffer access"},
    {energy_part::output_buffers, "output_buffers", "accumulators: a read and a write for every operation",
     "(issued products + pointwise operations) x float bits x (register read + write) + outputs drained x float bits x register read"},
    {energy_part::drain, "drain", "outputs on their way out of the grid",
     "outputs drained x float bits x (register write + bus)"},
    {energy_part::off_chip, "off_chip", "bytes from and to off-chip memory",
     "bytes read and written x off-chip byte"},
    {energy_part::clock, "clock", "clocked bits, each cycle",
     "cycles x clocked bits x clock bit"},
    {energy_part::leakage, "leakage", "leakage of the whole chip, as long as it runs",
     "leakage density x total area x time"},
}};
// clang-format on

double count(std::uint64_t events) {
  return static_cast<double>(events);
}

}  // namespace

std::span<const energy_part_info> energy_parts() {
  return energy_infos;
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
  energy_breakdown energy;
  for (const energy_action& action : actions_of(config, table, layer)) {
    energy.pj[static_cast<std::size_t>(action.part)] += action.pj();
  }
  return energy;
}

layer_energy energy_by(accelerator_config config, technology table) {
  return [config = std::move(config), table = std::move(table)](const layer_result& layer) {
    return energy_of(config, table, layer).total();
  };
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
