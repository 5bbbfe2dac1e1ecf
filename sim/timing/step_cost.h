#pragma once
// Rules of the contract that are local to one PE or one grid row, as pure functions. The plain recurrences and the
// clocked modules both call them.

#include <algorithm>
#include <cstdint>

namespace dlac {

constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) {
  return (a + b - 1) / b;
}

/// Contract section 4: a step of na * nw products on L lanes occupies a PE for at least one cycle. There are at most as
/// many products as output buffers, so 32 bits hold them.
constexpr std::uint32_t step_cost(std::uint32_t products, std::uint32_t lanes) {
  return std::max(1U, (products + lanes - 1) / lanes);
}

/// Contract section 6: one pointwise operation over a PE's outputs.
constexpr std::uint64_t pt_wise_cost(std::uint64_t outputs, std::uint64_t lanes) {
  return ceil_div(outputs, lanes);
}

/// Contract section 6: draining a grid row's outputs, P elements per cycle.
constexpr std::uint64_t row_drain_cost(std::uint64_t outputs, std::uint64_t elements_per_cycle) {
  return ceil_div(outputs, elements_per_cycle);
}

}  // namespace dlac
