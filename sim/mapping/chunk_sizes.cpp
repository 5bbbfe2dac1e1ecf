#include "sim/mapping/chunk_sizes.h"

namespace dlac {

touched_source chunk_sizes::touched(group_range groups, column_range columns) const {
  const row_window& window = shape_.window;
  switch (shape_.pass) {
    case pass_kind::forward:  // weights [cout, cin]
      return {columns.count, columns.count * window.offsets(), groups.first, groups.count};
    case pass_kind::backward_data:  // the same, with the kernel positions of a phase
      return {groups.count, groups.count * window.offsets(), columns.first, columns.count};
    case pass_kind::backward_weight:
      break;
  }
  // Gradients [image, cout, oy, ox], of which a K-group is a row of pixels.
  return {touched_blocks(groups.first, groups.count, window.positions.h), groups.count * window.positions.w,
          shape_.group * shape_.n + columns.first, columns.count};
}

}  // namespace dlac
