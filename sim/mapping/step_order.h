#pragma once
// The steps that a mmOp takes in the formats of its pass (docs/cycle-contract.md): one for every k, or one for every
// pair of parts of k's operands; and slices, the runs of steps in which no scale of codes changes.

#include <cstdint>
#include <optional>

#include "sim/config/accelerator_config.h"
#include "sim/contract/step_cost.h"
#include "sim/core/bits.h"
#include "sim/mapping/pass_shapes.h"

namespace dlac {

/// Parts of an element of the two operands: one, or a low and a high one. Steps of one k are (low, low), (low, high),
/// (high, low), (high, high), rows first; without those of an operand that has no parts.
struct step_parts {
  std::uint32_t rows = 1;
  std::uint32_t columns = 1;

  [[nodiscard]] std::uint32_t steps() const { return rows * columns; }
  /// The part that step `step` of a k takes: 0 is the low one, or all of an element.
  [[nodiscard]] std::uint32_t row_part(std::uint32_t step) const { return step / columns; }
  [[nodiscard]] std::uint32_t column_part(std::uint32_t step) const { return step % columns; }
};
step_parts parts_of(const pass_formats& formats);

/// Steps of a mmOp.
std::uint64_t steps_of(const mm_op_shape& shape, const pass_formats& formats);

/// How the sums of slices get into the accumulators, in the last step of each.
struct slice_ends {
  std::uint64_t steps = 0;       ///< of a slice; K is a whole number of them
  std::uint32_t operations = 0;  ///< on every valid output; none where a slice is all of K
  std::uint32_t lanes = 1;
  bool multiplies = false;

  /// Cycles that the last step takes longer in a PE with so many valid outputs.
  [[nodiscard]] std::uint32_t cost(std::uint64_t outputs) const { return slice_end_cost(outputs, operations, lanes); }
};

/// Products of a slice, of which an output has as many as the slice has steps of k; 0: sums are not of slices.
std::uint64_t slice_products(const mm_op_shape& shape, const pass_formats& formats);

/// Nothing where sums are not of slices.
std::optional<slice_ends> slices_of(const accelerator_config& config, const mm_op_shape& shape,
                                    const pass_formats& formats);

/// k rows of each part's bits as the rows of all steps; `part_of` tells the part that a step of a k takes.
bit_matrix in_steps(const step_parts& parts, std::uint32_t (step_parts::*part_of)(std::uint32_t) const,
                    const bit_matrix& low, const bit_matrix& high);

}  // namespace dlac
