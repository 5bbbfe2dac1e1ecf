#pragma once
// A combination of the values of several axes as a number: the digits of a mixed radix, one per axis, the last axis
// varying fastest.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dlac {

/// The position of each axis' value.
inline std::vector<std::size_t> digits_of(std::uint64_t combination, std::span<const std::size_t> sizes) {
  std::vector<std::size_t> digits(sizes.size());
  for (std::size_t i = sizes.size(); i > 0; --i) {
    digits[i - 1] = static_cast<std::size_t>(combination % sizes[i - 1]);
    combination /= sizes[i - 1];
  }
  return digits;
}

/// The combination with these positions.
inline std::uint64_t combination_with(std::span<const std::size_t> digits, std::span<const std::size_t> sizes) {
  std::uint64_t combination = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    combination = combination * sizes[i] + digits[i];
  }
  return combination;
}

}  // namespace dlac
