#include "sim/mapping/chunk_sizes.h"

#include <stdexcept>

namespace dlac {

touched_source chunk_sizes::touched(group_range groups, column_range columns) const {
  const std::uint64_t steps = groups.count * group_steps_;
  switch (shape_.order) {
    case column_order::filters:  // weights [cout, cin], of a phase with its kernel positions
      return {columns.count, columns.count * group_steps_, groups.first, groups.count};
    case column_order::transposed_filters:
      return {groups.count, steps, columns.first, columns.count};
    case column_order::channels:
      return {1, columns.count, groups.first, groups.count};
    case column_order::pixels:  // of a map, image after image
      return {touched_blocks(groups.first * group_steps_, steps, shape_.column_plane), steps,
              shape_.first_column() + columns.first, columns.count};
  }
  throw std::logic_error("no such column_order");
}

}  // namespace dlac
