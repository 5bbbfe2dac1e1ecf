#pragma once
// Half-precision rounding of the reference. It shares nothing with sim/numbers/half.h, which the processing elements
// use and which works on bits: here the addition hardware of the wider format does the rounding, at a place that the
// number's binade chooses. To nearest even, subnormals kept, infinity from 65520 on; a NaN stays a NaN.

#include <bit>
#include <cmath>
#include <cstdint>

namespace dlac {

/// The power of two at or below `size`, held to the range of the normal halves, 2^-14 to 2^16. Chosen by masks:
/// branches would keep the loops of the convolution from vectorising.
[[nodiscard]] inline float half_binade(float size) {
  const std::uint32_t below = 0U - static_cast<std::uint32_t>(size < 0x1p-14F);
  const std::uint32_t above = 0U - static_cast<std::uint32_t>(size >= 0x1p16F);
  const std::uint32_t exponent = std::bit_cast<std::uint32_t>(size) & 0x7F800000U & ~(below | above);
  return std::bit_cast<float>(exponent | (std::bit_cast<std::uint32_t>(0x1p-14F) & below) |
                              (std::bit_cast<std::uint32_t>(0x1p16F) & above));
}
[[nodiscard]] inline double half_binade(double size) {
  const std::uint64_t below = 0U - static_cast<std::uint64_t>(size < 0x1p-14);
  const std::uint64_t above = 0U - static_cast<std::uint64_t>(size >= 0x1p16);
  const std::uint64_t exponent = std::bit_cast<std::uint64_t>(size) & 0x7FF0000000000000U & ~(below | above);
  return std::bit_cast<double>(exponent | (std::bit_cast<std::uint64_t>(0x1p-14) & below) |
                               (std::bit_cast<std::uint64_t>(0x1p16) & above));
}

/// The half nearest to x, as a float.
[[nodiscard]] inline float reference_half(float x) {
  // At 2^13 times x's binade, a float's unit in the last place is a half's unit at x: adding it rounds.
  const float size = std::fabs(x);
  const float shift = half_binade(size) * 0x1p13F;
  const float rounded = (size + shift) - shift;
  // 2^16, the first value that is too large for a half, times 2^112 is the first that is too large for a float.
  return std::copysign(rounded * 0x1p112F * 0x1p-112F, x);
}

/// The half nearest to x, in one rounding; the same with the numbers of double.
[[nodiscard]] inline double reference_half(double x) {
  const double size = std::fabs(x);
  const double shift = half_binade(size) * 0x1p42;
  const double rounded = (size + shift) - shift;
  return std::copysign(rounded * 0x1p1008 * 0x1p-1008, x);
}

/// a + b of two halves, rounded once. The float sum may be rounded, too, but a float has 24 >= 2 * 11 + 2 significant
/// bits: then a second rounding of a sum never differs from a single one (Figueroa 1995).
[[nodiscard]] inline float reference_half_sum(float a, float b) {
  return reference_half(a + b);
}

/// a * b + c of three halves, rounded once. The product is exact in double; the sum may be rounded there to 53 bits,
/// but never onto or across a midpoint between two halves. Let M be a finite midpoint (12 significant bits) and d the
/// distance of the exact sum from it, not zero; the sum is inexact in double only if the parts lie far apart:
///  - c much smaller than the product: d is a multiple of the smaller of 2^-24, the unit of c, and 2^-21 times the
///    product; M < 2^16, so d > 2^-41 M;
///  - c of about M's size: c has 11 bits, so it is 2^-12 M or more away from M, and so is the product from zero: with
///  its
///    22 bits, d > 2^-36 M;
///  - c much larger than M: the two cancel, and the sum is exact.
/// In each case d is far more than the double rounding's 2^-53 M.
[[nodiscard]] inline float reference_half_fma(float a, float b, float c) {
  const double product = static_cast<double>(a) * static_cast<double>(b);
  return static_cast<float>(reference_half(product + static_cast<double>(c)));
}

}  // namespace dlac
