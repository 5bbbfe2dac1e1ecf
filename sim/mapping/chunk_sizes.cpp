#include "sim/mapping/chunk_sizes.h"

#include <stdexcept>

namespace dlac {
namespace {

/// Of the weights [cout, cin]: in the forward pass columns are cout and K-groups cin, in backward-data the other way
/// round, with the kernel positions of a phase.
std::uint64_t weight_scales(const scale_groups& scales, const mm_op_shape& shape, group_range groups,
                            column_range columns) {
  const bool is_forward = shape.pass == pass_kind::forward;
  const std::uint64_t filters = is_forward ? columns.count : groups.count;
  switch (scales.sharing) {
    case scale_sharing::tensor:
      return 0;
    case scale_sharing::filter:
      return filters;
    case scale_sharing::plane:
      return columns.count * groups.count;
    case scale_sharing::channel_block:
      return filters * shape.window.offsets() *
             (is_forward ? touched_blocks(groups.first, groups.count, scales.block)
                         : touched_blocks(columns.first, columns.count, scales.block));
  }
  throw std::logic_error("no such scale_sharing");
}

/// Of the gradients [image, cout, oy, ox], of which a K-group is a row of pixels.
std::uint64_t gradient_scales(const scale_groups& scales, const mm_op_shape& shape, group_range groups,
                              column_range columns) {
  const std::uint64_t images = touched_blocks(groups.first, groups.count, shape.window.positions.h);
  switch (scales.sharing) {
    case scale_sharing::tensor:
      return 0;
    case scale_sharing::filter:
      return images;
    case scale_sharing::plane:
      return images * columns.count;
    case scale_sharing::channel_block:
      return groups.count * shape.window.positions.w *
             touched_blocks(shape.group * shape.n + columns.first, columns.count, scales.block);
  }
  throw std::logic_error("no such scale_sharing");
}

}  // namespace

std::uint64_t chunk_sizes::scales_of(group_range groups, column_range columns) const {
  return shape_.pass == pass_kind::backward_weight ? gradient_scales(column_scales_, shape_, groups, columns)
                                                   : weight_scales(column_scales_, shape_, groups, columns);
}

}  // namespace dlac
