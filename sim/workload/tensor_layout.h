#pragma once
// How a trace lays a layer's tensors out, and the same numbers as the simulator has them. Feature maps are
// [n, c, h, w]; with it
//
//   linear   [n, tokens, features], or of one token [n, features]
//   matmul   [n, rows, columns] or [images, products, rows, columns], n = images * products
//   conv1d   [n, c, length]
//
// Weights are [cout, cin / groups, kh, kw]; of a linear layer or a conv1d without the sides that are 1, of a
// transposed convolution [cin, cout / groups, kh, kw].

#include <cstdint>
#include <vector>

#include "sim/core/bits.h"
#include "sim/core/types.h"
#include "sim/numbers/tensor_conversion.h"
#include "sim/workload/network.h"

namespace dlac {

using tensor_extents = std::vector<std::uint64_t>;

/// The shapes that a trace may give a feature map of the layer which is [n, c, h, w]; the first is the one to name.
std::vector<tensor_extents> map_layouts(const layer& l, const shape_4d& shape);
/// Likewise of the column operand: weights, or the second map of a matmul.
std::vector<tensor_extents> column_layouts(const layer& l, const shape_4d& shape);

/// Elements, in the order of the trace's shape `found`, in the order of `shape`; of a feature map, or of columns.
std::vector<float> map_in_order(const layer& l, const shape_4d& shape, const tensor_extents& found,
                                std::vector<float> values);
bit_matrix map_in_order(const layer& l, const shape_4d& shape, const tensor_extents& found, bit_matrix bits);
std::vector<float> columns_in_order(const layer& l, std::vector<float> values);
/// `bits` has a row for each n of the trace's shape.
bit_matrix columns_in_order(const layer& l, bit_matrix bits);
/// The other way round: elements in the order of `shape`, in that of the first of the layouts.
std::vector<float> map_as_traced(const layer& l, const shape_4d& shape, std::vector<float> values);
std::vector<float> columns_as_traced(const layer& l, std::vector<float> values);
/// n of that shape.
std::uint64_t column_rows(const layer& l, const shape_4d& shape);

}  // namespace dlac
