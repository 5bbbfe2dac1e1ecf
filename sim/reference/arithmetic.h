#pragma once
// How the reference adds a product to a sum, for every accumulator: one small function object each, which loops inline.
// Shares no code with the lanes of sim/hw. Integer sums are whole numbers in double.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <variant>
#include <vector>

#include "sim/numbers/operand_formats.h"
#include "sim/reference/rounding.h"

namespace dlac {

/// a * w is exact: w is -1, 0 or 1.
struct fp32_sign_sum {
  using sum = float;
  float operator()(float s, float a, float w) const { return s + a * w; }
};
struct fp32_sum {
  using sum = float;
  float operator()(float s, float a, float w) const { return std::fma(a, w, s); }
};
struct half_sign_sum {
  using sum = float;
  float operator()(float s, float a, float w) const { return reference_half_sum(s, a * w); }
};
/// a and w are halves.
struct half_sum {
  using sum = float;
  float operator()(float s, float a, float w) const { return reference_half_fma(a, w, s); }
};

/// The number of `mantissa_bits` bits, exponents from `least` to 127 or `most`, nearest to the exact sum of two
/// doubles: where the double sum lies in the middle between two of them, what it has lost decides.
template <int mantissa_bits, int least, int most>
struct nearest_to_sum {
  float operator()(double a, double b) const {
    const double sum = a + b;
    const double part = sum - a;
    const double lost = (a - (sum - part)) + (b - part);
    const double size = std::fabs(sum);
    const double power = binade(size);
    const double unit = (power < smallest ? smallest : power > largest ? largest : power) * last_place;
    const double places = std::floor(size / unit);
    const double below = places * unit;
    const double rest = size - below;
    const bool is_more = (lost > 0) == (sum > 0);
    const bool is_odd = places != 2 * std::floor(places / 2);
    const bool is_up = (2 * rest > unit) | ((2 * rest == unit) & (((lost == 0) & is_odd) | ((lost != 0) & is_more)));
    const double rounded = below + (is_up ? unit : 0);
    const double number = rounded >= largest ? std::numeric_limits<double>::infinity() : rounded;
    return static_cast<float>(std::isnan(sum) ? sum : std::copysign(number, sum));
  }

 private:
  static constexpr double power_of_2(int exponent) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52U);
  }
  static constexpr double smallest = power_of_2(least);
  static constexpr double largest = power_of_2(most + 1);
  static constexpr double last_place = power_of_2(-mantissa_bits);
  static double binade(double size) {
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(size) & 0x7FF0000000000000U);
  }
};
using nearest_half = nearest_to_sum<10, -14, 15>;
using nearest_bfloat16 = nearest_to_sum<7, -126, 127>;

/// Products of any floats.
template <class Nearest>
struct wide_sum {
  using sum = float;
  float operator()(float s, float a, float w) const {
    return Nearest{}(static_cast<double>(a) * static_cast<double>(w), static_cast<double>(s));
  }
};
template <class Nearest>
struct wide_separate_sum {
  using sum = float;
  float operator()(float s, float a, float w) const {
    const float product = Nearest{}(static_cast<double>(a) * static_cast<double>(w), 0.0);
    return Nearest{}(static_cast<double>(product), static_cast<double>(s));
  }
};
struct fp32_separate_sum {
  using sum = float;
  float operator()(float s, float a, float w) const {
    const volatile float product = a * w;  // never fused with the addition
    return s + product;
  }
};

/// fp32 cut towards zero behind so many bits.
struct cut {
  explicit cut(std::uint32_t mantissa_bits) : last_place(std::ldexp(1.0, -static_cast<int>(mantissa_bits))) {}
  float operator()(float x) const {
    const auto power = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0x7F800000U);
    const double unit = (power < 0x1p-126F ? 0x1p-126 : static_cast<double>(power)) * last_place;
    const auto shortened = static_cast<float>(std::trunc(static_cast<double>(x) / unit) * unit);
    return std::isfinite(x) ? shortened : x;
  }
  double last_place;
};
struct cut_sum {
  using sum = float;
  float operator()(float s, float a, float w) const { return shorten(std::fma(a, w, s)); }
  cut shorten;
};
struct cut_separate_sum {
  using sum = float;
  float operator()(float s, float a, float w) const { return shorten(fp32_separate_sum{}(s, shorten(a * w), 1.0F)); }
  cut shorten;
};

struct whole_sum {
  using sum = double;
  double operator()(double s, float a, float w) const {
    const double exact = s + static_cast<double>(a) * static_cast<double>(w);  // below 2^53
    const double held = std::clamp(exact, -most - 1, most);
    *saturated += held != exact ? 1 : 0;
    return held;
  }
  double most;
  std::uint64_t* saturated;
};

/// `use` of the pass's way to add; `saturated` counts integer sums that went beyond their bits.
template <class Use>
auto with_sums_of(const pass_formats& formats, std::uint64_t& saturated, const Use& use) {
  const bool separate = formats.operation == product_rounding::separate;
  const bool has_signs = is_ternary(formats.columns);
  if (const auto* const integer = std::get_if<integer_sum>(&formats.accumulator.kind)) {
    return use(whole_sum{std::ldexp(1.0, static_cast<int>(integer->bits) - 1) - 1, &saturated});
  }
  if (const auto* const truncated = std::get_if<truncated_float>(&formats.accumulator.kind)) {
    const cut shorten(truncated->mantissa_bits);
    return separate ? use(cut_separate_sum{shorten}) : use(cut_sum{shorten});
  }
  switch (std::get<ieee_float>(formats.accumulator.kind)) {
    case ieee_float::fp32:
      return separate ? use(fp32_separate_sum{}) : has_signs ? use(fp32_sign_sum{}) : use(fp32_sum{});
    case ieee_float::fp16: {
      const bool are_halves =
          is_float(formats.rows, ieee_float::fp16) && (has_signs || is_float(formats.columns, ieee_float::fp16));
      if (separate || !are_halves) {
        return separate ? use(wide_separate_sum<nearest_half>{}) : use(wide_sum<nearest_half>{});
      }
      return has_signs ? use(half_sign_sum{}) : use(half_sum{});
    }
    case ieee_float::bf16:
      return separate ? use(wide_separate_sum<nearest_bfloat16>{}) : use(wide_sum<nearest_bfloat16>{});
  }
  throw std::logic_error("no such ieee_float");
}

/// Finished sums: of a zero +0, and of codes what they stand for. `channel_of` gives an output's channel.
template <class Sum, class Channel>
std::vector<float> finished_sums(const std::vector<Sum>& sums, std::span<const float> scales,
                                 const Channel& channel_of) {
  std::vector<float> outputs(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    outputs[i] = static_cast<float>(sums[i]);
    if constexpr (std::is_same_v<Sum, double>) {
      outputs[i] *= scales.empty() ? 1.0F : scales[scales.size() == 1 ? 0 : channel_of(i)];
    }
    outputs[i] += 0.0F;
  }
  return outputs;
}

}  // namespace dlac
