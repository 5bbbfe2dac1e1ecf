#include "sim/hw/mm_op_unit.h"

#include <cmath>
#include <cstddef>
#include <stdexcept>

#include "sim/numbers/half.h"

namespace dlac::hw {
namespace {

template <typename MultiplyAdd>
void accumulate(const issued_products& products, std::uint32_t block_n, float* accumulators) {
  for (const auto i : products.rows) {
    const float a = products.row_values[i];
    float* row = accumulators + std::size_t{i} * block_n;
    for (const auto j : products.columns) {
      row[j] = MultiplyAdd{}(a, products.column_values[j], row[j]);
    }
  }
}

// w is -1, 0 or +1, so that a * w is exact and only the sum is rounded.
struct fp32_ternary {
  float operator()(float a, float w, float sum) const { return sum + a * w; }
};
struct fp32_full {
  float operator()(float a, float w, float sum) const { return std::fma(a, w, sum); }
};
struct fp16_ternary {
  float operator()(float a, float w, float sum) const { return round_to_half(sum + a * w); }
};
struct fp16_full {
  float operator()(float a, float w, float sum) const { return fma_half(a, w, sum); }
};

}  // namespace

accumulate_function accumulator_for(const pass_formats& formats) {
  switch (formats.accumulator) {
    case ieee_float::fp32:
      return formats.adds_only() ? accumulate<fp32_ternary> : accumulate<fp32_full>;
    case ieee_float::fp16:
      return formats.adds_only() ? accumulate<fp16_ternary> : accumulate<fp16_full>;
  }
  throw std::logic_error("no such ieee_float");
}

}  // namespace dlac::hw
