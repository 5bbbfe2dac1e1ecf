#include "sim/hw/mm_op_unit.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include "sim/numbers/bfloat16.h"
#include "sim/numbers/half.h"

namespace dlac::hw {
namespace {

template <typename MultiplyAdd>
void accumulate(const issued_products& products, std::uint32_t block_n, float* accumulators, accumulator_state& state) {
  for (const auto i : products.rows) {
    const float a = products.row_values[i];
    float* row = accumulators + std::size_t{i} * block_n;
    for (const auto j : products.columns) {
      row[j] = MultiplyAdd{}(a, products.column_values[j], row[j], state);
    }
  }
}

// w is -1, 0 or +1, so that a * w is exact and only the sum is rounded.
struct fp32_ternary {
  float operator()(float a, float w, float sum, accumulator_state& /*state*/) const { return sum + a * w; }
};
struct fp32_full {
  float operator()(float a, float w, float sum, accumulator_state& /*state*/) const { return std::fma(a, w, sum); }
};
/// a is a half.
struct fp16_ternary {
  float operator()(float a, float w, float sum, accumulator_state& /*state*/) const {
    return round_to_half(sum + a * w);
  }
};
struct fp16_full {
  float operator()(float a, float w, float sum, accumulator_state& /*state*/) const { return fma_half(a, w, sum); }
};
struct bf16_full {
  float operator()(float a, float w, float sum, accumulator_state& /*state*/) const {
    return round_to_bfloat16(fma_to_odd(a, w, sum));
  }
};

float without_low_bits(float x, const accumulator_state& state) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) >> state.dropped_bits << state.dropped_bits);
}
struct truncated_full {
  float operator()(float a, float w, float sum, accumulator_state& state) const {
    return without_low_bits(std::fma(a, w, sum), state);
  }
};

// The product rounded, and then the sum.
struct fp32_separate {
  float operator()(float a, float w, float sum, accumulator_state& /*state*/) const {
    const float product = a * w;
    return sum + product;
  }
};
struct fp16_separate {
  float operator()(float a, float w, float sum, accumulator_state& /*state*/) const {
    return fma_half(round_to_half(static_cast<double>(a) * static_cast<double>(w)), 1, sum);
  }
};
struct bf16_separate {
  float operator()(float a, float w, float sum, accumulator_state& /*state*/) const {
    const float product = round_to_bfloat16(static_cast<double>(a) * static_cast<double>(w));
    return round_to_bfloat16(fma_to_odd(product, 1, sum));
  }
};
struct truncated_separate {
  float operator()(float a, float w, float sum, accumulator_state& state) const {
    const float product = without_low_bits(a * w, state);
    return without_low_bits(sum + product, state);
  }
};

/// Codes are whole numbers below 2^32, the products of two of at most 2^17 and 2^31.
struct integer {
  float operator()(float a, float w, float sum, accumulator_state& state) const {
    const std::int64_t exact =
        std::bit_cast<std::int32_t>(sum) + static_cast<std::int64_t>(a) * static_cast<std::int64_t>(w);
    const std::int64_t held = std::clamp(exact, -state.most - 1, state.most);
    state.saturated += held != exact ? 1 : 0;
    return std::bit_cast<float>(static_cast<std::int32_t>(held));
  }
};

/// Whether what goes into the accumulators are products with -1, 0 and 1; not the sums of slices.
bool adds_signs(const pass_formats& formats) {
  return is_ternary(formats.columns) && !formats.sums_slices();
}

accumulate_function accumulator_of(ieee_float format, const pass_formats& formats) {
  const bool separate = formats.operation == product_rounding::separate;
  switch (format) {
    case ieee_float::fp32:
      return separate              ? accumulate<fp32_separate>
             : adds_signs(formats) ? accumulate<fp32_ternary>
                                   : accumulate<fp32_full>;
    case ieee_float::fp16:
      return separate                                                          ? accumulate<fp16_separate>
             : adds_signs(formats) && is_float(formats.rows, ieee_float::fp16) ? accumulate<fp16_ternary>
                                                                               : accumulate<fp16_full>;
    case ieee_float::bf16:
      return separate ? accumulate<bf16_separate> : accumulate<bf16_full>;
  }
  throw std::logic_error("no such ieee_float");
}

}  // namespace

void accumulate_codes(const issued_products& products, std::uint32_t block_n, float* /*accumulators*/,
                      accumulator_state& state) {
  for (const auto i : products.rows) {
    const auto a = static_cast<std::int64_t>(products.row_values[i]);
    for (const auto j : products.columns) {
      state.slice_sums[std::size_t{i} * block_n + j] += a * static_cast<std::int64_t>(products.column_values[j]);
    }
  }
}

accumulate_function accumulator_for(const pass_formats& formats) {
  return std::visit(overloaded{[&](ieee_float format) { return accumulator_of(format, formats); },
                               [&](const truncated_float&) {
                                 return formats.operation == product_rounding::separate ? accumulate<truncated_separate>
                                                                                        : accumulate<truncated_full>;
                               },
                               [](const integer_sum&) { return accumulate<integer>; }},
                    formats.accumulator.kind);
}

accumulator_state state_for(const accumulator_format& accumulator) {
  accumulator_state state;
  if (const auto* const truncated = std::get_if<truncated_float>(&accumulator.kind)) {
    state.dropped_bits = 23 - truncated->mantissa_bits;
  }
  if (const auto* const sum = std::get_if<integer_sum>(&accumulator.kind)) {
    state.most = (std::int64_t{1} << (sum->bits - 1)) - 1;
  }
  return state;
}

float scaled_sum(float accumulator, float scale) {
  return static_cast<float>(std::bit_cast<std::int32_t>(accumulator)) * scale;
}

}  // namespace dlac::hw
