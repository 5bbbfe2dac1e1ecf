#pragma once
// The multiply lanes of a PE: adds a step's products to the accumulators, one rounding per product (contract
// section 8). How a product gets into a sum is told in sim/numbers/product_sum.h.

#include <cstdint>
#include <span>

#include "sim/numbers/operand_formats.h"
#include "sim/numbers/product_sum.h"

namespace dlac::hw {

/// One step's operands as the scheduler issues them.
struct issued_products {
  const float* row_values;
  const float* column_values;
  std::span<const std::uint32_t> rows;     ///< indices i
  std::span<const std::uint32_t> columns;  ///< indices j
};

struct accumulator_state : sum_state {
  std::int64_t* slice_sums = nullptr;  ///< beside the accumulators, where codes are summed up slice by slice
};

/// accumulators[i * block_n + j] += row_values[i] * column_values[j] for every issued pair.
using accumulate_function = void (*)(const issued_products& products, std::uint32_t block_n, float* accumulators,
                                     accumulator_state& state);

accumulate_function accumulator_for(const pass_formats& formats);

/// An accumulate_function of codes: into the integers beside the accumulators, which are wide enough for any slice.
void accumulate_codes(const issued_products& products, std::uint32_t block_n, float* accumulators,
                      accumulator_state& state);

accumulator_state state_for(const accumulator_format& accumulator);

}  // namespace dlac::hw
