#pragma once
// The multiply lanes of a PE: adds a step's products to the accumulators, one rounding per product (contract
// section 8). Ternary products are sums and differences; others are fused multiply-adds.

#include <cstdint>
#include <span>

#include "sim/numbers/operand_formats.h"

namespace dlac::hw {

/// One step's operands as the scheduler issues them.
struct issued_products {
  const float* row_values;
  const float* column_values;
  std::span<const std::uint32_t> rows;     ///< indices i
  std::span<const std::uint32_t> columns;  ///< indices j
};

/// accumulators[i * block_n + j] += row_values[i] * column_values[j] for every issued pair.
using accumulate_function = void (*)(const issued_products& products, std::uint32_t block_n, float* accumulators);

accumulate_function accumulator_for(const pass_formats& formats);

}  // namespace dlac::hw
