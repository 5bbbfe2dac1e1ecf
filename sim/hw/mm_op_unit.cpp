#include "sim/hw/mm_op_unit.h"

#include <cstddef>

#include "sim/numbers/product_sum.h"

namespace dlac::hw {
namespace {

template <typename Add>
void accumulate(const issued_products& products, std::uint32_t block_n, float* accumulators, accumulator_state& state) {
  for (const auto i : products.rows) {
    const float a = products.row_values[i];
    float* row = accumulators + std::size_t{i} * block_n;
    for (const auto j : products.columns) {
      row[j] = Add{}(a, products.column_values[j], row[j], state);
    }
  }
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
  return with_product_sum(formats, []<class Add>(Add /*add*/) -> accumulate_function { return accumulate<Add>; });
}

accumulator_state state_for(const accumulator_format& accumulator) {
  return {sum_state_of(accumulator)};
}

}  // namespace dlac::hw
