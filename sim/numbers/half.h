#pragma once
// Half precision (IEEE 754 binary16) of the processing elements in fp16-inference mode, on hosts without half-precision
// arithmetic. A half is either its 16 bits, or a float that holds one of the values a half can have: arithmetic works
// on such floats. Everything rounds once, to nearest even, with subnormals kept and overflow to infinity; a NaN stays a
// NaN (quiet, its sign and the payload bits that a half has room for). Nothing here fails.
//
// All conversions are select-only, without branches on the value, so that a loop over them vectorises.

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

namespace dlac {

/// Largest finite half, and half a unit above it, from which on a magnitude rounds to infinity.
inline constexpr float largest_half = 65504.0F;
inline constexpr float smallest_infinite_half = 65520.0F;

/// Either of two words, by masks: a choice between computed values keeps the compiler from branching around the
/// computations, which would stop it from vectorising them.
template <typename word>
[[nodiscard]] constexpr word select_bits(bool condition, word if_true, word if_false) {
  const word mask = word{0} - static_cast<word>(condition);
  return (if_true & mask) | (if_false & ~mask);
}

/// The value of a half.
[[nodiscard]] constexpr float half_to_float(std::uint16_t half) {
  const std::uint32_t magnitude = half & 0x7FFFU;
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  // Exponent 15 is 2^0 in a half, 127 in a float.
  const std::uint32_t normal = (magnitude << 13U) + (112U << 23U);
  const auto subnormal = std::bit_cast<std::uint32_t>(static_cast<float>(magnitude) * 0x1p-24F);
  const std::uint32_t special = (magnitude << 13U) | 0x7F800000U;
  const std::uint32_t finite = select_bits(magnitude < 0x0400U, subnormal, normal);
  return std::bit_cast<float>(select_bits(magnitude >= 0x7C00U, special, finite) | sign);
}

/// The half nearest to x, as a float.
[[nodiscard]] constexpr float round_to_half(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = bits & 0x80000000U;
  const std::uint32_t magnitude = bits ^ sign;
  // 13 of a float's 23 fraction bits go: add half a unit (less one when the kept part is even), then cut. A carry moves
  // into the exponent, as it should.
  const std::uint32_t normal = (magnitude + 0x0FFFU + ((magnitude >> 13U) & 1U)) & 0xFFFFE000U;
  // Below 2^-14 the unit is 2^-24, which is that of floats from 0.5 on: this addition rounds there.
  const auto subnormal = std::bit_cast<std::uint32_t>((std::bit_cast<float>(magnitude) + 0.5F) - 0.5F);
  const std::uint32_t finite = select_bits(magnitude < 0x38800000U, subnormal, normal);
  const std::uint32_t number = select_bits(finite >= 0x47800000U, 0x7F800000U, finite);  // from 65536 on: infinity
  const std::uint32_t quiet_nan = (magnitude | 0x00400000U) & 0xFFFFE000U;
  return std::bit_cast<float>(select_bits(magnitude > 0x7F800000U, quiet_nan, number) | sign);
}

/// The half nearest to a double, in one rounding (through a float there would be two).
[[nodiscard]] constexpr float round_to_half(double x) {
  constexpr std::uint64_t infinity = 0x7FF0000000000000U;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t sign = bits & 0x8000000000000000U;
  const std::uint64_t magnitude = bits ^ sign;
  const std::uint64_t normal =
      (magnitude + 0x000001FFFFFFFFFFU + ((magnitude >> 42U) & 1U)) & 0xFFFFFC0000000000U;  // 42 bits of 52 go
  const auto subnormal = std::bit_cast<std::uint64_t>((std::bit_cast<double>(magnitude) + 0x1p28) - 0x1p28);
  const std::uint64_t finite = select_bits(magnitude < 0x3F10000000000000U, subnormal, normal);  // 2^-14
  const std::uint64_t number = select_bits(finite >= 0x40F0000000000000U, infinity, finite);     // 2^16
  const std::uint64_t quiet_nan = (magnitude | 0x0008000000000000U) & 0xFFFFFC0000000000U;
  return static_cast<float>(std::bit_cast<double>(select_bits(magnitude > infinity, quiet_nan, number) | sign));
}

/// The bits of the half nearest to x.
[[nodiscard]] constexpr std::uint16_t float_to_half(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(round_to_half(x));
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  const std::uint32_t normal = (magnitude - (112U << 23U)) >> 13U;
  const std::uint32_t special = 0x7C00U | ((magnitude >> 13U) & 0x03FFU);
  // Subnormals count units of 2^-24; the others are replaced before the conversion, which their values would overflow.
  const bool tiny = magnitude < 0x38800000U;
  const auto subnormal = static_cast<std::uint32_t>(
      static_cast<std::int32_t>(std::bit_cast<float>(select_bits(tiny, magnitude, 0U)) * 0x1p24F));
  const std::uint32_t finite = select_bits(tiny, subnormal, normal);
  return static_cast<std::uint16_t>(select_bits(magnitude >= 0x7F800000U, special, finite) | (bits >> 31U) << 15U);
}

/// a * b + c of any floats, rounded to odd: another rounding of it, to a format of at most 51 significant bits, gives
/// what a single one would have given.
///
/// The product is exact in double (2 x 24 significant bits). The sum may not be: its error is computed exactly
/// (Knuth's two-sum) and the sum is rounded to odd, which keeps on which side of every midpoint between two numbers
/// of the format it lies, because a double has more than two bits more (Boldo and Melquiond 2008).
[[nodiscard]] inline double fma_to_odd(float a, float b, float c) {
  const double product = static_cast<double>(a) * static_cast<double>(b);
  const double addend = c;
  const double sum = product + addend;
  const double addend_in_sum = sum - product;
  const double error = (product - (sum - addend_in_sum)) + (addend - addend_in_sum);
  // Sums of floats are below 2^257; the error is a NaN if an operand is infinite.
  const bool inexact = (error != 0) & (std::fabs(sum) < 0x1p300);
  // An even sum moves one unit towards the exact value: away from zero if the error has the sum's sign.
  const auto bits = std::bit_cast<std::uint64_t>(sum);
  const std::uint64_t odd = select_bits((error > 0) == (sum > 0), bits | 1U, bits - (~bits & 1U));
  return std::bit_cast<double>(select_bits(inexact, odd, bits));
}

/// a * b + c with one rounding, to half (contract section 8: one rounding per step).
[[nodiscard]] inline float fma_half(float a, float b, float c) {
  return round_to_half(fma_to_odd(a, b, c));
}

/// Replaces every value by the nearest half.
void round_to_half(std::span<float> values);

}  // namespace dlac
