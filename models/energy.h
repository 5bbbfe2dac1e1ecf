#pragma once
// Energy of a layer, part by part: a pure function of what the machine did (its counters), of the config and of a
// technology table. The rules stand in models/actions.h, docs/area-and-energy.md derives them. Unit: pJ.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "models/technology.h"
#include "sim/config/accelerator_config.h"
#include "sim/core/types.h"
#include "sim/stats/layer_result.h"

namespace dlac {

enum class energy_part {
  mm_op,
  pt_wise_op,
  scheduler,
  operand_queues,
  weight_buffer,
  feature_map_buffer,
  output_buffers,
  drain,
  off_chip,
  clock,
  leakage
};
inline constexpr std::size_t energy_part_count = 11;

struct energy_part_info {
  energy_part part;
  std::string_view name;         ///< key in reports: "mm_op"
  std::string_view description;  ///< a few words for people
  std::string_view formula;      ///< what models/actions.cpp sums up, in words
};

/// Every part, in the order of the enumeration.
std::span<const energy_part_info> energy_parts();

struct energy_breakdown {
  std::array<double, energy_part_count> pj{};  ///< by energy_part
  [[nodiscard]] double operator[](energy_part part) const { return pj[static_cast<std::size_t>(part)]; }
  [[nodiscard]] double total() const;
};

/// Layers and passes follow each other: their energies add up.
energy_breakdown& operator+=(energy_breakdown& sum, const energy_breakdown& more);

/// Of one layer and pass: the sum of its actions. With ideal memory off_chip and the filling of the buffers are zero.
energy_breakdown energy_of(const accelerator_config& config, const technology& table, const layer_result& layer);

/// The same as a function of the layer alone, the total of all parts; it keeps copies of both.
layer_energy energy_by(accelerator_config config, technology table);

/// A read or write of one bit of a buffer of this capacity, pJ: the table's three capacities joined by powers of the
/// capacity, the outer ones continued.
double buffer_access_pj_per_bit(const energy_costs& costs, std::uint64_t capacity_bytes);

/// Derived from an energy and the cycles it was spent in; all zero for no cycles.
struct energy_figures {
  double average_power_w = 0;
  double tflops_per_w = 0;        ///< dense-equivalent: FLOP = 2 x dense MACs
  double energy_delay_mj_ms = 0;  ///< energy-delay product
};

energy_figures derive_energy_figures(double energy_pj, cycle cycles, std::uint64_t dense_macs, double clock_mhz);

}  // namespace dlac
