#pragma once
// All sums of a mmOp at once, many outputs side by side: the values that the processing elements compute (contract
// section 8), without tiles, queues and cycles.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/mapping/pass_shapes.h"
#include "sim/mapping/values.h"
#include "sim/numbers/operand_formats.h"

namespace dlac {

/// An operand of a mmOp: a row of elements for every step, padded with zeros to a multiple of `padding`.
struct step_matrix {
  static constexpr std::size_t padding = 32;

  step_matrix() = default;
  step_matrix(std::uint64_t steps, std::uint64_t count);  ///< of so many elements, all zero

  [[nodiscard]] const float* step(std::uint64_t k) const { return values.data() + k * stride; }
  std::uint64_t elements = 0;  ///< without the padding
  std::uint64_t stride = 0;
  std::vector<float> values;
};

/// What the sums of a mmOp come to.
struct mm_op_sums {
  std::vector<float> sums;  ///< [n][m], scaled, before the epilogue; a sum of zero is +0
  std::uint64_t saturated = 0;
};

/// `steps` of the two operands; `values` tells the scales.
mm_op_sums product_sums(const mm_op_shape& shape, const mm_op_values& values, std::uint64_t steps,
                        const step_matrix& rows, const step_matrix& columns);

}  // namespace dlac
