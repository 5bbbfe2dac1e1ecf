#pragma once
// Zeros among the elements of operands, as the machine holds them.

#include <algorithm>
#include <cstdint>
#include <span>

namespace dlac {

struct zero_count {
  std::uint64_t zeros = 0;
  std::uint64_t elements = 0;

  void add(std::span<const float> values) {
    zeros += static_cast<std::uint64_t>(std::count(values.begin(), values.end(), 0.0F));
    elements += values.size();
  }
  void add(const zero_count& other) {
    zeros += other.zeros;
    elements += other.elements;
  }
  /// 0 of none.
  [[nodiscard]] double fraction() const {
    return elements == 0 ? 0 : static_cast<double>(zeros) / static_cast<double>(elements);
  }
};

}  // namespace dlac
