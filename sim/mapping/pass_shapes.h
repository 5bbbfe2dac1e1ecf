#pragma once
// The mmOps of a pass, in the order in which they run (contract section 2): their extents and how they read the sources
// of their operands, without any operand.
//
//   pass             m                              n               k                                 row operand
//   forward          (image, oy, ox)                output channel  (cin, ky, kx)                     activations
//   backward-data    (image, y, x) of one phase     input channel   (cout, ky, kx) of the phase       gradients
//   backward-weight  (cin, ky, kx)                  output channel  (image, oy, ox)                   activations
//
// The last of each varies fastest. Groups are mmOps of their own, outermost. Backward-data has one per phase
// (y mod stride.h, x mod stride.w), phases in row-major order; a phase that no kernel position reaches, or that has no
// pixels, has none, and its gradients are zero. Of a transposed convolution it is the forward pass that has phases:
//
//   forward          (image, oy, ox) of one phase   output channel  (cin, ky, kx) of the phase        activations
//   backward-data    (image, y, x)                  input channel   (cout, ky, kx)                    gradients
//   backward-weight  (cout, ky, kx)                 input channel   (image, y, x)                     gradients
//
// A matmul has a mmOp for each product, O = rows x columns: m, n and k are the matrices', and in the backward passes
// those of gradients x columns^T and rows^T x gradients.

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/core/shared_list.h"
#include "sim/core/types.h"
#include "sim/mapping/row_window.h"
#include "sim/numbers/scale_groups.h"
#include "sim/workload/network.h"

namespace dlac {

/// Where element (k, n) of the column operand stands in its tensor.
enum class column_order {
  filters,             ///< weights [cout, cin / groups, kh, kw]: n is a filter, k a channel and a kernel position
  transposed_filters,  ///< the same: n is a channel, k a filter and a kernel position
  pixels,              ///< a feature map [n, c, h, w]: n is a channel, k an image and a pixel
  channels             ///< of one image of a feature map: n is a pixel, k a channel
};

struct mm_op_shape {
  pass_kind pass = pass_kind::forward;
  std::uint32_t group = 0;  ///< or product of a matmul
  std::uint64_t m = 0;
  std::uint64_t n = 0;
  std::uint64_t k = 0;
  const layer* of = nullptr;  ///< which outlives the shape

  tensor_role rows = tensor_role::activations;  ///< what the window reads
  row_window window;
  bool positions_are_steps = false;  ///< the other way round: k is a position, m a channel and an offset

  tensor_role columns = tensor_role::weights;
  column_order order = column_order::filters;
  std::uint64_t column_plane = 1;  ///< elements of a plane [n, c] of the columns' tensor
  /// Kernel positions behind the offsets of the window, of columns that are filters.
  shared_list<std::uint32_t> kernel_ys = {};
  shared_list<std::uint32_t> kernel_xs = {};

  // Where positions are m: position (p, q) makes pixel (p, q) * pixel_stride + phase of the output.
  size_2d pixel_stride{1, 1};
  size_2d phase{0, 0};

  /// Of the columns' channels or filters in those of all groups.
  [[nodiscard]] std::uint64_t first_column() const { return of->is_matmul() ? 0 : group * n; }

  /// Places of the kernel positions among those of a plane, in the order of k.
  [[nodiscard]] std::vector<std::uint64_t> kernel_places() const;
};

/// What its numbers are on such a machine.
pass_formats formats_of(const accelerator_config& config, const mm_op_shape& shape);

/// Which elements of the operands' tensors share a scale.
scale_groups row_groups(const mm_op_shape& shape, const pass_formats& formats);
scale_groups column_groups(const mm_op_shape& shape, const pass_formats& formats);

/// What chunks are whole numbers of (contract section 7): an input channel of the forward pass, an output channel of
/// backward-data, a row of output pixels of backward-weight, a step of a matmul.
struct k_group {
  std::uint64_t steps = 1;  ///< of k
  std::uint64_t count = 1;  ///< in all of K
};
k_group k_group_of(const mm_op_shape& shape);

std::vector<mm_op_shape> mm_op_shapes(const layer& l, pass_kind pass, std::uint32_t batch);

/// Whether there is one for each phase of the output, with only the products of kernel positions that reach it.
bool has_phases(const layer& l, pass_kind pass);

/// Of those the one whose row operand is largest; all groups are alike.
mm_op_shape largest_mm_op_shape(const layer& l, pass_kind pass, std::uint32_t batch);

/// Bytes that mm_op_shapes() takes at most.
std::uint64_t mm_op_shapes_bytes(const layer& l, pass_kind pass, std::uint32_t batch);

/// One side of a convolution's window.
struct window_side {
  std::uint32_t kernel = 1;
  std::uint32_t stride = 1;
  std::uint32_t dilation = 1;
  std::uint32_t padding = 0;  ///< at the top, or at the left
};
window_side vertical(const layer& l);
window_side horizontal(const layer& l);

/// The kernel rows (or columns) that reach the pixel rows of a phase, `phase` modulo the stride, in increasing order.
std::vector<std::uint32_t> kernel_positions_of_phase(const window_side& side, std::uint32_t phase);

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
/// update_steps(). A matmul has none in the backward passes.
std::vector<pt_wise_op> pass_epilogue(const layer& l, const pass_formats& formats, pass_kind pass);

}  // namespace dlac
