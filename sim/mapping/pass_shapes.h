#pragma once
// The mmOps of a pass, in the order in which they run (contract section 2): their extents and how they read the source
// of the row operand, without any operand.
//
//   pass             m                              n               k                                 row operand
//   forward          (image, oy, ox)                output channel  (cin, ky, kx)                     activations
//   backward-data    (image, y, x) of one phase     input channel   (cout, ky, kx) of the phase       gradients
//   backward-weight  (cin, ky, kx)                  output channel  (image, oy, ox)                   activations
//
// The last of each varies fastest. Groups are mmOps of their own, outermost. Backward-data has one per phase
// (y mod stride.h, x mod stride.w), phases in row-major order; a phase that no kernel position reaches, or that has no
// pixels, has none, and its gradients are zero.

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/core/types.h"
#include "sim/mapping/row_window.h"
#include "sim/numbers/scale_groups.h"
#include "sim/workload/network.h"

namespace dlac {

struct mm_op_shape {
  pass_kind pass = pass_kind::forward;
  std::uint32_t group = 0;
  size_2d phase{0, 0};  ///< of backward-data
  std::uint64_t m = 0;
  std::uint64_t n = 0;
  std::uint64_t k = 0;
  weight_format weights = weight_format::ternary;  ///< of the layer, in every pass
  const given_numbers* numbers = nullptr;          ///< the layer's own, which outlives the shape
  row_window window;  ///< of the row operand; backward-weight reads the forward pass's window the other way round
  std::uint64_t column_plane = 1;  ///< elements of a plane [n, c] of the column operand's tensor
};

/// What its numbers are on such a machine.
pass_formats formats_of(const accelerator_config& config, const mm_op_shape& shape);

/// Which elements of the operands' tensors share a scale.
scale_groups row_groups(const mm_op_shape& shape, const pass_formats& formats);
scale_groups column_groups(const mm_op_shape& shape, const pass_formats& formats);

/// What chunks are whole numbers of (contract section 7): an input channel of the forward pass, an output channel of
/// backward-data, a row of output pixels of backward-weight.
struct k_group {
  std::uint64_t steps = 1;  ///< of k
  std::uint64_t count = 1;  ///< in all of K
};
k_group k_group_of(const mm_op_shape& shape);

std::vector<mm_op_shape> mm_op_shapes(const layer& l, pass_kind pass, std::uint32_t batch);

/// Of those the one whose row operand is largest; all groups are alike.
mm_op_shape largest_mm_op_shape(const layer& l, pass_kind pass, std::uint32_t batch);

/// Bytes that mm_op_shapes() takes at most.
std::uint64_t mm_op_shapes_bytes(const layer& l, pass_kind pass, std::uint32_t batch);

/// The kernel rows (or columns) that reach the pixel rows of a phase, `phase` modulo `stride`, in increasing order.
std::vector<std::uint32_t> kernel_positions_of_phase(std::uint32_t kernel, std::uint32_t stride, std::uint32_t padding,
                                                     std::uint32_t phase);

/// The pointwise operations of backward-weight, which update the weights with momentum, in their order:
///   velocity   mul-add, streams the velocity:        v = momentum * v + gradient
///   weight     mul-add, streams the master weights:  w = w - learning_rate * v
///   threshold  select:                               w where |w| is above the ternary threshold, else 0
///   sign       select:                               the sign of what is not 0
enum class update_step { velocity, weight, threshold, sign };

/// The last two are for ternary weights.
std::vector<update_step> update_steps(weight_format weights);

/// How the scale of weights that are signs gets into the finished sums: not at all, as part of the scale of the mul-add
/// that the epilogue begins with, or by a mul-add (scale, 0) before it.
enum class sign_scaling { none, folded, own_operation };
sign_scaling sign_scaling_of(const layer& l, const pass_formats& formats, pass_kind pass);

/// The epilogue of a pass, after the mul-add by the scale of signs, where that is an operation of its own. Forward: the
/// layer's. Backward-data: ReLU's derivative, a select by the layer's input, which streams. Backward-weight: the
/// update_steps().
std::vector<pt_wise_op> pass_epilogue(const layer& l, const pass_formats& formats, pass_kind pass);

}  // namespace dlac
