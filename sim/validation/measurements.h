#pragma once
// Every measurement that a figure can be held against, by name: plain functions of the evidence.

#include <span>
#include <string_view>
#include <vector>

#include "sim/validation/evidence.h"

namespace dlac {

struct measurement {
  std::string_view name;
  std::string_view unit;
  bool is_of_network;  ///< whether it differs between the evidence's two networks
  double (*of)(const evidence& all, const network_evidence& net);
};

std::span<const measurement> measurements();
/// nullptr when there is none of this name.
const measurement* find_measurement(std::string_view name);
std::vector<std::string_view> measurement_names();

/// Dense-equivalent FLOP/cycle: 2 x MACs / cycles, of one layer.
double flop_per_cycle(const layer_result& layer);

}  // namespace dlac
