#pragma once
// What a machine does that takes energy, one entry per kind of action: which component does it, how often, and what it
// takes each time. The one place where the rules of docs/area-and-energy.md for energy are written: energy_of sums
// these actions, exports print them. Counts are exact integers; what an action takes depends on the machine and the
// technology table alone, never on the layer. Unit: pJ.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/area.h"
#include "models/energy.h"
#include "models/technology.h"
#include "sim/config/accelerator_config.h"
#include "sim/stats/layer_result.h"

namespace dlac {

/// A piece of hardware that has an area, does something, or both: all of its kind in the machine together. Every part
/// of the area belongs to one component.
struct component_info {
  std::string_view name;              ///< "weight_buffer"
  std::string_view description;       ///< a few words for people
  std::vector<area_part> area_parts;  ///< none: not on the chip, or of no area of its own
  bool is_on_chip = true;
};

/// Every component, in the order of reports.
std::span<const component_info> components();

/// Unit: mm2.
double component_area(const component_info& component, const area_breakdown& area);

struct energy_action {
  energy_part part;            ///< where energy_of counts it
  std::string_view component;  ///< name of one of components()
  std::string_view name;  ///< unique within its component; "..._bit", "..._byte"; "cycle" and "leak" happen each cycle
  std::uint64_t count = 0;  ///< events, bits, bytes, or cycles
  double pj_each = 0;
  [[nodiscard]] double pj() const { return static_cast<double>(count) * pj_each; }
};

/// Of one layer and pass: always the same actions in the same order, those that did not happen with a count of zero;
/// behind them, where codes are summed up slice by slice, what ends slices.
/// With ideal memory there is no traffic, so nothing is filled and nothing moves off the chip.
std::vector<energy_action> actions_of(const accelerator_config& config, const technology& table,
                                      const layer_result& layer);

/// The same with all counts zero: what each action takes in the machine's own number formats. In a layer that has
/// others, or in a pass whose operands are others, it may take another energy.
std::vector<energy_action> machine_actions(const accelerator_config& config, const technology& table);

}  // namespace dlac
