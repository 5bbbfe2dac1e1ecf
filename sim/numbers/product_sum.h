#pragma once
// How a product gets into a sum, for every accumulator that a machine may have (contract section 8): rounded once into
// it; or, where operations are separate, after the multiplication and after the addition. The lanes of the processing
// elements and the evaluation of whole sets of images add in these ways. The reference has its own.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <variant>

#include "sim/numbers/bfloat16.h"
#include "sim/numbers/half.h"
#include "sim/numbers/operand_formats.h"

namespace dlac {

/// What an accumulator is besides a number.
struct sum_state {
  std::uint32_t dropped_bits = 0;  ///< of the mantissa: truncated floats
  std::int64_t most = 0;           ///< of integer sums
  std::uint64_t saturated = 0;     ///< sums that were beyond it, after any product
};

// Each gives the new sum. w is -1, 0 or +1 where signs are added, so that a * w is exact and only the sum is rounded.
struct add_fp32_sign {
  float operator()(float a, float w, float sum, sum_state& /*state*/) const { return sum + a * w; }
};
struct add_fp32 {
  float operator()(float a, float w, float sum, sum_state& /*state*/) const { return std::fma(a, w, sum); }
};
/// a is a half.
struct add_fp16_sign {
  float operator()(float a, float w, float sum, sum_state& /*state*/) const { return round_to_half(sum + a * w); }
};
struct add_fp16 {
  float operator()(float a, float w, float sum, sum_state& /*state*/) const { return fma_half(a, w, sum); }
};
struct add_bf16 {
  float operator()(float a, float w, float sum, sum_state& /*state*/) const {
    return round_to_bfloat16(fma_to_odd(a, w, sum));
  }
};

inline float without_low_bits(float x, const sum_state& state) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) >> state.dropped_bits << state.dropped_bits);
}
struct add_truncated {
  float operator()(float a, float w, float sum, sum_state& state) const {
    return without_low_bits(std::fma(a, w, sum), state);
  }
};

// The product rounded, and then the sum.
struct add_fp32_apart {
  float operator()(float a, float w, float sum, sum_state& /*state*/) const {
    const float product = a * w;
    return sum + product;
  }
};
struct add_fp16_apart {
  float operator()(float a, float w, float sum, sum_state& /*state*/) const {
    return fma_half(round_to_half(static_cast<double>(a) * static_cast<double>(w)), 1, sum);
  }
};
struct add_bf16_apart {
  float operator()(float a, float w, float sum, sum_state& /*state*/) const {
    const float product = round_to_bfloat16(static_cast<double>(a) * static_cast<double>(w));
    return round_to_bfloat16(fma_to_odd(product, 1, sum));
  }
};
struct add_truncated_apart {
  float operator()(float a, float w, float sum, sum_state& state) const {
    const float product = without_low_bits(a * w, state);
    return without_low_bits(sum + product, state);
  }
};

/// The sum is the bits of an integer. Codes are whole numbers below 2^32, the products of two of at most 2^17 and 2^31.
struct add_codes {
  float operator()(float a, float w, float sum, sum_state& state) const {
    const std::int64_t exact =
        std::bit_cast<std::int32_t>(sum) + static_cast<std::int64_t>(a) * static_cast<std::int64_t>(w);
    const std::int64_t held = std::clamp(exact, -state.most - 1, state.most);
    state.saturated += held != exact ? 1 : 0;
    return std::bit_cast<float>(static_cast<std::int32_t>(held));
  }
};

/// fp32(fp32(sum) x scale) of an integer sum.
inline float scaled_sum(float sum, float scale) {
  return static_cast<float>(std::bit_cast<std::int32_t>(sum)) * scale;
}

inline sum_state sum_state_of(const accumulator_format& accumulator) {
  sum_state state;
  if (const auto* const truncated = std::get_if<truncated_float>(&accumulator.kind)) {
    state.dropped_bits = 23 - truncated->mantissa_bits;
  }
  if (const auto* const sum = std::get_if<integer_sum>(&accumulator.kind)) {
    state.most = (std::int64_t{1} << (sum->bits - 1)) - 1;
  }
  return state;
}

/// `use` of the way in which a pass's products get into its accumulators; the sums of slices are such products, too.
template <class Use>
auto with_product_sum(const pass_formats& formats, const Use& use) {
  const bool apart = formats.operation == product_rounding::separate;
  // Products with -1, 0 and 1; not the sums of slices.
  const bool adds_signs = is_ternary(formats.columns) && !formats.sums_slices();
  if (std::holds_alternative<truncated_float>(formats.accumulator.kind)) {
    return apart ? use(add_truncated_apart()) : use(add_truncated());
  }
  if (formats.accumulator.is_integer()) {
    return use(add_codes());
  }
  switch (std::get<ieee_float>(formats.accumulator.kind)) {
    case ieee_float::fp32:
      return apart ? use(add_fp32_apart()) : adds_signs ? use(add_fp32_sign()) : use(add_fp32());
    case ieee_float::fp16:
      return apart                                                    ? use(add_fp16_apart())
             : adds_signs && is_float(formats.rows, ieee_float::fp16) ? use(add_fp16_sign())
                                                                      : use(add_fp16());
    case ieee_float::bf16:
      return apart ? use(add_bf16_apart()) : use(add_bf16());
  }
  throw std::logic_error("no such ieee_float");
}

}  // namespace dlac
