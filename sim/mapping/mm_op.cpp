#include "sim/mapping/mm_op.h"

#include <utility>

#include "sim/core/stop.h"
#include "sim/mapping/bit_transpose.h"
#include "sim/mapping/step_order.h"
#include "sim/mapping/window_mask.h"

namespace dlac {
namespace {

/// Rows (cin, ky, kx) of the group, one bit an output channel.
bit_matrix forward_weights(const layer& l, std::uint32_t group, const tensor_mask& weights) {
  const auto channels = l.out_channels / l.groups;
  return transposed(weights.bits, {std::uint64_t{group} * channels, 1, channels});
}

/// Rows (cout of the group, ky, kx of the phase), one bit an input channel.
bit_matrix transposed_weights(const layer& l, const mm_op_shape& shape, const tensor_mask& weights) {
  const auto by_input = forward_weights(l, shape.group, weights);
  const auto ys = kernel_positions_of_phase(l.kernel.h, l.stride.h, l.padding.h, shape.phase.h);
  const auto xs = kernel_positions_of_phase(l.kernel.w, l.stride.w, l.padding.w, shape.phase.w);
  const auto kernel_positions = std::uint64_t{l.kernel.h} * l.kernel.w;
  bit_matrix result(shape.k, shape.n);
  std::uint64_t place = 0;
  for (const auto y : ys) {
    for (const auto x : xs) {
      transpose_into(result, place++, ys.size() * xs.size(), by_input,
                     {std::uint64_t{y} * l.kernel.w + x, kernel_positions, shape.n});
    }
  }
  return result;
}

/// Rows (image, oy, ox), one bit an output channel of the group.
bit_matrix transposed_gradients(const layer& l, const mm_op_shape& shape, const tensor_mask& gradients) {
  const auto channels = l.out_channels / l.groups;
  const row_window pixels{gradients.shape, shape.group * channels, channels, l.output_size(), {1, 1}, {0}, {0}};
  return transposed(window_mask(pixels, gradients), {0, 1, channels});
}

/// A row of bits for every k.
bit_matrix row_bits(const mm_op_shape& shape, const tensor_mask& source) {
  auto bits = window_mask(shape.window, source);
  return shape.pass == pass_kind::backward_weight ? transposed(bits, {0, 1, shape.m}) : std::move(bits);
}
bit_matrix column_bits(const layer& l, const mm_op_shape& shape, const tensor_mask& source) {
  switch (shape.pass) {
    case pass_kind::forward:
      return forward_weights(l, shape.group, source);
    case pass_kind::backward_data:
      return transposed_weights(l, shape, source);
    case pass_kind::backward_weight:
      break;
  }
  return transposed_gradients(l, shape, source);
}

/// Products of step k for outputs that are needed.
std::uint64_t needed_products(const mm_op& op, std::uint64_t k) {
  const auto columns = op.column_mask.row(k);
  std::uint64_t sum = 0;
  for (std::uint64_t m = 0; m < op.m; ++m) {
    if (op.row_mask.test(k, m)) {
      sum += count_common(columns, op.needed->row(m));
    }
  }
  return sum;
}

}  // namespace

std::uint64_t all_products(const mm_op& op) {
  return (op.needed ? op.needed->count() : op.m * op.n) * op.k;
}

std::uint64_t effectual_macs(const mm_op& op) {
  std::uint64_t sum = 0;
  for (std::uint64_t k = 0; k < op.k; ++k) {
    heed_stop();
    sum += op.needed ? needed_products(op, k) : op.row_mask.count(k) * op.column_mask.count(k);
  }
  return sum;
}

mm_op make_mm_op(const layer& l, mm_op_shape shape, const layer_masks& masks) {
  auto row_mask = row_bits(shape, masks.row_source(shape.pass));
  mm_op op{std::move(shape), std::move(row_mask), {}, {}, {}, {}};
  const bool has_gradients = op.pass == pass_kind::backward_weight;
  op.column_mask = column_bits(l, op, has_gradients ? masks.gradients : masks.weights);
  const part_masks& rows = op.pass == pass_kind::backward_data ? masks.gradient_parts : masks.activation_parts;
  const part_masks& columns = has_gradients ? masks.gradient_parts : masks.weight_parts;
  const step_parts parts{rows.exist() ? 2U : 1U, columns.exist() ? 2U : 1U};
  if (parts.steps() == 1) {
    return op;
  }
  op.row_step_mask = rows.exist()
                         ? in_steps(parts, &step_parts::row_part, row_bits(op, rows.low), row_bits(op, rows.high))
                         : in_steps(parts, &step_parts::row_part, op.row_mask, op.row_mask);
  op.column_step_mask = columns.exist() ? in_steps(parts, &step_parts::column_part, column_bits(l, op, columns.low),
                                                   column_bits(l, op, columns.high))
                                        : in_steps(parts, &step_parts::column_part, op.column_mask, op.column_mask);
  return op;
}

bit_matrix outputs_kept_by_relu(const layer& l, const mm_op_shape& shape, const tensor_mask& activations) {
  const auto channels = l.in_channels / l.groups;
  const row_window pixels{activations.shape, shape.group * channels, channels,       shape.window.positions,
                          l.stride,          {shape.phase.h},        {shape.phase.w}};
  return transposed(window_mask(pixels, activations), {0, 1, channels});
}

mm_op forward_mm_op(const layer& l, const tensor_mask& activations, const tensor_mask& weights, std::uint32_t group) {
  auto shape = mm_op_shapes(l, pass_kind::forward, static_cast<std::uint32_t>(activations.shape.n))[group];
  auto row_mask = window_mask(shape.window, activations);
  return {std::move(shape), std::move(row_mask), forward_weights(l, group, weights), {}, {}, {}};
}

}  // namespace dlac
