#pragma once
// bfloat16, the upper half of an fp32, in floats that hold one of its values. Everything rounds once, to nearest even,
// with subnormals kept and overflow to infinity; a NaN stays a NaN.

#include <bit>
#include <cstdint>

#include "sim/numbers/half.h"

namespace dlac {

/// From here on a magnitude rounds to infinity: half a unit above the largest number of bfloat16.
inline constexpr float smallest_infinite_bfloat16 = 0x1.ffp127F;

[[nodiscard]] constexpr float round_to_bfloat16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t number = (bits + 0x7FFFU + (bits >> 16U & 1U)) & 0xFFFF'0000U;
  const std::uint32_t quiet_nan = (bits | 0x0040'0000U) & 0xFFFF'0000U;
  return std::bit_cast<float>(select_bits((bits & 0x7FFF'FFFFU) > 0x7F80'0000U, quiet_nan, number));
}

/// In one rounding (through a float there would be two).
[[nodiscard]] constexpr float round_to_bfloat16(double x) {
  constexpr std::uint64_t infinity = 0x7FF0'0000'0000'0000U;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t sign = bits & 0x8000'0000'0000'0000U;
  const std::uint64_t magnitude = bits ^ sign;
  const std::uint64_t normal =
      (magnitude + 0x0FFF'FFFF'FFFFU + ((magnitude >> 45U) & 1U)) & 0xFFFF'E000'0000'0000U;  // 45 bits of 52 go
  // Below 2^-126 the unit is 2^-133, which is that of doubles from 2^-81 on: this addition rounds there.
  const auto subnormal = std::bit_cast<std::uint64_t>((std::bit_cast<double>(magnitude) + 0x1p-81) - 0x1p-81);
  const std::uint64_t finite = select_bits(magnitude < 0x3810'0000'0000'0000U, subnormal, normal);  // 2^-126
  const std::uint64_t number = select_bits(finite >= 0x47F0'0000'0000'0000U, infinity, finite);     // 2^128
  const std::uint64_t quiet_nan = magnitude | 0x0008'0000'0000'0000U;
  return static_cast<float>(std::bit_cast<double>(select_bits(magnitude > infinity, quiet_nan, number) | sign));
}

}  // namespace dlac
