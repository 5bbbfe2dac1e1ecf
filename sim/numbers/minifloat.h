#pragma once
// Rounding to floating-point formats of any widths, exactly: a number is cut at the place of the last mantissa bit of
// its own exponent, or of the smallest one.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "sim/numbers/number_format.h"
#include "sim/numbers/rounding.h"

namespace dlac {

/// 2^exponent, which is that of a normal double.
[[nodiscard]] inline double power_of_2(std::int64_t exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52U);
}
/// floor(log2(x)) of a normal double above 0.
[[nodiscard]] inline std::int64_t exponent_of(double x) {
  return static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(x) >> 52U & 0x7FFU) - 1023;
}

class minifloat_rounding {
 public:
  explicit minifloat_rounding(const minifloat& format)
      : mantissa_bits_(format.mantissa_bits),
        // The exponent of code 0 is that of code 1 where there are subnormals.
        least_exponent_(format.subnormals ? 1 - std::int64_t{format.bias} : -std::int64_t{format.bias}),
        flushed_below_(format.subnormals ? 0 : power_of_2(-std::int64_t{format.bias})) {}

  /// The number for a magnitude, of any exponent above the format's as well.
  template <class Round>
  [[nodiscard]] double operator()(double magnitude, std::uint64_t element, const Round& round) const {
    if (magnitude == 0 || magnitude < flushed_below_) {
      return 0;
    }
    const std::int64_t last = std::max(exponent_of(magnitude), least_exponent_) - mantissa_bits_;
    const double result = round(magnitude * power_of_2(-last), element) * power_of_2(last);
    // The code of the smallest power is that of zero.
    return result == flushed_below_ && flushed_below_ != 0 ? result + result * power_of_2(-mantissa_bits_) : result;
  }
  [[nodiscard]] double nearest(double magnitude) const { return (*this)(magnitude, 0, to_nearest_even()); }

 private:
  std::int64_t mantissa_bits_;
  std::int64_t least_exponent_;
  double flushed_below_;
};

}  // namespace dlac
