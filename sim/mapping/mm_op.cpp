#include "sim/mapping/mm_op.h"

#include "sim/mapping/im2col.h"

namespace dlac {

std::uint64_t effectual_macs(const mm_op& op) {
  std::uint64_t sum = 0;
  for (std::uint64_t k = 0; k < op.k; ++k) {
    sum += op.row_mask.count(k) * op.column_mask.count(k);
  }
  return sum;
}

mm_op forward_mm_op(const layer& l, const feature_map_mask& activations, const weight_mask& weights,
                    std::uint32_t group) {
  const auto in_channels = l.in_channels / l.groups;
  const auto out_channels = l.out_channels / l.groups;
  mm_op op;
  op.pass = pass_kind::forward;
  op.group = group;
  op.column_format = l.weights;
  op.row_mask = im2col_mask(l, activations, group * in_channels, in_channels);
  op.column_mask = transpose(weights.bits, group * out_channels, out_channels);
  op.m = op.row_mask.cols();
  op.n = op.column_mask.cols();
  op.k = op.row_mask.rows();
  return op;
}

}  // namespace dlac
