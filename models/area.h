#pragma once
// Area of an accelerator, part by part, and its peak figures: pure functions of the config and a technology table.
// docs/area-and-energy.md derives the rules and says what is calibrated. Unit: mm2 of cells, as published for DLAC:
// no routing overhead, pads or PHYs.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/technology.h"
#include "models/unit_costs.h"
#include "sim/config/accelerator_config.h"

namespace dlac {

enum class area_part {
  fma_units,
  adders,
  output_buffers,
  operand_queues,
  scheduler_and_control,
  weight_buffer,
  feature_map_buffer,
  drain_and_broadcast
};
inline constexpr std::size_t area_part_count = 8;

struct area_part_info {
  area_part part;
  std::string_view name;         ///< key in reports: "fma_units"
  std::string_view description;  ///< a few words for people
  std::string_view formula;      ///< what area_of computes, in words and symbols of the contract
};

/// Every part, in the order of the enumeration.
std::span<const area_part_info> area_parts();

struct area_breakdown {
  std::array<double, area_part_count> mm2{};  ///< by area_part
  [[nodiscard]] double operator[](area_part part) const { return mm2[static_cast<std::size_t>(part)]; }
  [[nodiscard]] double total() const;
};

/// The units of a lane: the largest that any of the machine's formats needs.
struct lane_units {
  unit_cost multiplier;  ///< um2
  unit_cost adder;
};
lane_units lane_units_of(const accelerator_config& config, const area_costs& costs);

/// Those of a lane's units that the technology table does not have, with the formats of the table that they follow
/// from: "multiplier from int8".
std::vector<std::string> interpolated_units(const accelerator_config& config, const technology& table);

area_breakdown area_of(const accelerator_config& config, const technology& table);

/// Bits of storage of the machine, by where they are.
struct storage_bits {
  std::uint64_t output_buffers = 0;  ///< of all PEs, like operand_queues
  std::uint64_t operand_queues = 0;  ///< row and column queues
  std::uint64_t weight_buffer = 0;
  std::uint64_t feature_map_buffer = 0;
  std::uint64_t drain_and_broadcast = 0;  ///< pipeline registers of buses and drain
  std::uint64_t accumulator = 0;          ///< one of the output buffers
  /// All but the two buffers.
  [[nodiscard]] std::uint64_t registers() const { return output_buffers + operand_queues + drain_and_broadcast; }
  [[nodiscard]] std::uint64_t buffers() const { return weight_buffer + feature_map_buffer; }
};

storage_bits storage_of(const accelerator_config& config);

/// Elements of the row vector (m) and of the column vector (n) that buses and queues are built for: those of the fixed
/// block, or else ceil(sqrt(2 B)) each, the long side of a block of B outputs that is at most twice as long as wide.
block_shape vector_lengths(const accelerator_config& config);

/// What the lanes could do at most, without skipping. FLOP = 2 x MAC; a ternary product counts as a MAC.
struct peak_figures {
  double flop_per_cycle_ternary = 0;
  double flop_per_cycle_full = 0;
  double tflops_ternary = 0;
  double tflops_full = 0;
};

peak_figures peak_of(const accelerator_config& config);

}  // namespace dlac
