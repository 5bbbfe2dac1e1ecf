#include "sim/hw/mm_op_unit.h"

#include <cmath>
#include <cstddef>

#include "sim/core/half.h"

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

accumulate_function accumulator_for(machine_mode mode, weight_format column_format) {
  const bool ternary = column_format == weight_format::ternary;
  if (mode == machine_mode::fp32_training) {
    return ternary ? accumulate<fp32_ternary> : accumulate<fp32_full>;
  }
  return ternary ? accumulate<fp16_ternary> : accumulate<fp16_full>;
}

}  // namespace dlac::hw
