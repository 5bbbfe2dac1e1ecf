#pragma once
// A pass of a layer as matrix products (contract section 2): O[m,n] = sum over k of I[m,k] * W[k,n]. Rows of the grid
// carry m, columns carry n. For every step k the masks say which elements of the two operands are non-zero.

#include <cstdint>
#include <optional>

#include "sim/core/bits.h"
#include "sim/mapping/pass_shapes.h"
#include "sim/mapping/window_mask.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

struct mm_op : mm_op_shape {
  bit_matrix row_mask;               ///< k rows of m bits: I[m,k] is non-zero
  bit_matrix column_mask;            ///< k rows of n bits: W[k,n] is non-zero
  bit_matrix row_step_mask;          ///< of parts: a row for every step; empty: there is one for every k
  bit_matrix column_step_mask;       ///< likewise
  std::optional<bit_matrix> needed;  ///< m rows of n bits: outputs that are computed; none: all of them
};

/// What the schedulers see: a row for every step.
inline const bit_matrix& step_rows(const mm_op& op) {
  return op.row_step_mask.rows() > 0 ? op.row_step_mask : op.row_mask;
}
inline const bit_matrix& step_columns(const mm_op& op) {
  return op.column_step_mask.rows() > 0 ? op.column_step_mask : op.column_mask;
}

/// Products of the outputs that are needed: what a machine multiplies that skips no zeros of its operands.
std::uint64_t all_products(const mm_op& op);

/// What the operands have that is not zero, whatever zeros the machine skips.
struct nonzero_counts {
  std::uint64_t row_elements = 0;
  std::uint64_t column_elements = 0;
  std::uint64_t products = 0;  ///< of two of them, for an output that is needed
};
nonzero_counts count_nonzeros(const mm_op& op);
inline std::uint64_t effectual_macs(const mm_op& op) {
  return count_nonzeros(op).products;
}

/// The non-zero elements of a layer's tensors; what a pass does not read may be empty.
struct layer_masks {
  tensor_mask activations;
  tensor_mask weights;
  tensor_mask gradients;
  // Of those that have parts, the non-zero parts.
  part_masks activation_parts = {};
  part_masks weight_parts = {};
  part_masks gradient_parts = {};

  [[nodiscard]] const tensor_mask& of(tensor_role operand) const {
    return operand == tensor_role::activations ? activations : operand == tensor_role::weights ? weights : gradients;
  }
  [[nodiscard]] const part_masks& parts_of(tensor_role operand) const {
    return operand == tensor_role::activations ? activation_parts
           : operand == tensor_role::weights   ? weight_parts
                                               : gradient_parts;
  }
};

/// One of mm_op_shapes(), with its operands. Padding makes ordinary zeros. Backward-data has the weights transposed;
/// a phase has only those of its kernel positions. Where an operand has parts, both have a row of bits for every step.
mm_op make_mm_op(mm_op_shape shape, const layer_masks& masks);
/// Of group after group: `view` keeps what they have in common.
mm_op make_mm_op(mm_op_shape shape, const layer_masks& masks, window_view& view);

/// The outputs of a backward-data mmOp that ReLU's derivative keeps: those where the layer's input is not zero.
bit_matrix outputs_kept_by_relu(const mm_op_shape& shape, const tensor_mask& activations);

/// The matrix product of one group of a forward pass.
mm_op forward_mm_op(const layer& l, const tensor_mask& activations, const tensor_mask& weights, std::uint32_t group);

}  // namespace dlac
