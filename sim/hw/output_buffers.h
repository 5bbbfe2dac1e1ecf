#pragma once
// A PE's accumulators, in banks: one bank is worked on while another drains. Without values there is nothing to hold.

#include <algorithm>
#include <cstdint>
#include <vector>

namespace dlac::hw {

class output_buffers {
 public:
  output_buffers() = default;
  output_buffers(std::uint32_t banks, std::uint32_t buffers)
      : buffers_(buffers), values_(std::size_t{banks} * buffers) {}

  void clear(std::uint32_t bank) { std::fill_n(at(bank), buffers_, 0.0F); }
  /// A finished sum of zero is +0: a product that underflowed to -0 must not show whether zeros were skipped after it.
  void finish(std::uint32_t bank) {
    std::transform(at(bank), at(bank) + buffers_, at(bank), [](float sum) { return sum + 0.0F; });
  }
  [[nodiscard]] float* at(std::uint32_t bank) { return values_.data() + std::size_t{bank} * buffers_; }

 private:
  std::uint32_t buffers_ = 0;
  std::vector<float> values_;
};

}  // namespace dlac::hw
