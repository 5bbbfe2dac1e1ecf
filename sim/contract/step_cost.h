#pragma once
// Rules of the contract that are local to one PE, one grid row or one channel, as pure functions. The plain recurrences
// and the clocked modules both call them.

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

/// What the last step of a slice takes longer (docs/cycle-contract.md): so many operations on every valid output.
constexpr std::uint32_t slice_end_cost(std::uint64_t outputs, std::uint32_t operations, std::uint32_t lanes) {
  return operations * static_cast<std::uint32_t>(ceil_div(outputs, lanes));
}

/// Contract section 9: of `waited` cycles from `previous_end` on, those until the operands of the step could be seen: a
/// cycle after both had come from memory. Operands that ideal memory provides are visible from cycle 0.
constexpr std::uint64_t memory_wait(std::uint64_t visible_from, std::uint64_t previous_end, std::uint64_t waited) {
  return visible_from <= previous_end ? 0 : std::min(visible_from - previous_end, waited);
}

/// Contract section 6: one pointwise operation over a PE's outputs.
constexpr std::uint64_t pt_wise_cost(std::uint64_t outputs, std::uint64_t lanes) {
  return ceil_div(outputs, lanes);
}

/// Contract section 6: draining a grid row's outputs, P elements per cycle.
constexpr std::uint64_t row_drain_cost(std::uint64_t outputs, std::uint64_t elements_per_cycle) {
  return ceil_div(outputs, elements_per_cycle);
}

/// Contract section 7: how long a transfer holds its channel, which takes so many thousandths of a byte per cycle.
constexpr std::uint64_t transfer_cycles(std::uint64_t bytes, std::uint64_t thousandths_per_cycle) {
  return ceil_div(1000 * bytes, thousandths_per_cycle);
}

}  // namespace dlac
