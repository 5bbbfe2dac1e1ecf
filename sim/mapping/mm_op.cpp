#include "sim/mapping/mm_op.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sim/core/stop.h"
#include "sim/mapping/bit_transpose.h"
#include "sim/mapping/step_order.h"

namespace dlac {
namespace {

/// Of the group's filters: rows (cin, ky, kx), one bit a filter.
bit_matrix all_filters(const mm_op_shape& shape, const tensor_mask& weights) {
  const std::uint64_t filters = shape.of->out_channels / shape.of->groups;
  return transposed(weights.bits, {shape.group * filters, 1, filters});
}

/// Rows (cin, ky, kx of the shape), one bit a filter.
bit_matrix filter_bits(const mm_op_shape& shape, const tensor_mask& weights) {
  auto all = all_filters(shape, weights);
  if (all.rows() == shape.k) {
    return all;
  }
  const auto places = shape.kernel_places();
  bit_matrix result(shape.k, shape.n);
  for (std::uint64_t k = 0; k < shape.k; ++k) {
    const auto from = all.row(k / places.size() * shape.column_plane + places[k % places.size()]);
    std::copy(from.begin(), from.end(), result.row(k).begin());
  }
  return result;
}

/// Rows (filter of the group, ky, kx of the shape), one bit a channel.
bit_matrix transposed_filter_bits(const mm_op_shape& shape, const tensor_mask& weights) {
  const auto by_channel = all_filters(shape, weights);
  const auto places = shape.kernel_places();
  bit_matrix result(shape.k, shape.n);
  for (std::uint64_t i = 0; i < places.size(); ++i) {
    transpose_into(result, i, places.size(), by_channel, {places[i], shape.column_plane, shape.n});
  }
  return result;
}

/// The planes of the shape's channels as they lie: rows (channel), bits (image, pixel).
bit_matrix channel_bits(const mm_op_shape& shape, std::uint64_t channels, const tensor_mask& map) {
  const row_window pixels{map.shape,
                          static_cast<std::uint32_t>(shape.first_column()),
                          static_cast<std::uint32_t>(channels),
                          {static_cast<std::uint32_t>(map.shape.h), static_cast<std::uint32_t>(map.shape.w)},
                          {1, 1},
                          {0},
                          {0},
                          shape.window.only_image};
  return window_mask(pixels, map);
}

/// A row of bits for every k.
bit_matrix row_bits(const mm_op_shape& shape, const tensor_mask& source, window_view& view) {
  auto bits = view.mask(shape.window, source);
  return shape.positions_are_steps ? transposed(bits, {0, 1, shape.m}) : std::move(bits);
}
bit_matrix column_bits(const mm_op_shape& shape, const tensor_mask& source) {
  switch (shape.order) {
    case column_order::filters:
      return filter_bits(shape, source);
    case column_order::transposed_filters:
      return transposed_filter_bits(shape, source);
    case column_order::pixels:
      return transposed(channel_bits(shape, shape.n, source), {0, 1, shape.n});
    case column_order::channels:
      return channel_bits(shape, shape.k, source);
  }
  throw std::logic_error("no such column_order");
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

nonzero_counts count_nonzeros(const mm_op& op) {
  const row_sums all = sums_of_rows(op.row_mask, op.column_mask);
  nonzero_counts counts{.row_elements = all.a, .column_elements = all.b, .products = all.products};
  if (op.needed) {
    counts.products = 0;
    for (std::uint64_t k = 0; k < op.k; ++k) {
      heed_stop();
      counts.products += needed_products(op, k);
    }
  }
  return counts;
}

mm_op make_mm_op(mm_op_shape shape, const layer_masks& masks) {
  window_view view;
  return make_mm_op(std::move(shape), masks, view);
}

mm_op make_mm_op(mm_op_shape shape, const layer_masks& masks, window_view& view) {
  auto row_mask = row_bits(shape, masks.of(shape.rows), view);
  auto column_mask = column_bits(shape, masks.of(shape.columns));
  mm_op op{std::move(shape), std::move(row_mask), std::move(column_mask), {}, {}, {}};
  const part_masks& rows = masks.parts_of(op.rows);
  const part_masks& columns = masks.parts_of(op.columns);
  const step_parts parts{rows.exist() ? 2U : 1U, columns.exist() ? 2U : 1U};
  if (parts.steps() == 1) {
    return op;
  }
  op.row_step_mask =
      rows.exist() ? in_steps(parts, &step_parts::row_part, row_bits(op, rows.low, view), row_bits(op, rows.high, view))
                   : in_steps(parts, &step_parts::row_part, op.row_mask, op.row_mask);
  op.column_step_mask = columns.exist() ? in_steps(parts, &step_parts::column_part, column_bits(op, columns.low),
                                                   column_bits(op, columns.high))
                                        : in_steps(parts, &step_parts::column_part, op.column_mask, op.column_mask);
  return op;
}

bit_matrix outputs_kept_by_relu(const mm_op_shape& shape, const tensor_mask& activations) {
  const auto channels = static_cast<std::uint32_t>(shape.n);
  const row_window pixels{activations.shape,  shape.group * channels, channels,       shape.window.positions,
                          shape.pixel_stride, {shape.phase.h},        {shape.phase.w}};
  return transposed(window_mask(pixels, activations), {0, 1, channels});
}

mm_op forward_mm_op(const layer& l, const tensor_mask& activations, const tensor_mask& weights, std::uint32_t group) {
  auto shape = mm_op_shapes(l, pass_kind::forward, static_cast<std::uint32_t>(activations.shape.n))[group];
  window_view view;
  auto row_mask = row_bits(shape, activations, view);
  auto column_mask = column_bits(shape, weights);
  return {std::move(shape), std::move(row_mask), std::move(column_mask), {}, {}, {}};
}

}  // namespace dlac
