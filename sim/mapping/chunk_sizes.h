#pragma once
// The bytes of a chunk off chip and in its slot (contract section 7).

#include <cstdint>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/chunk_meter.h"
#include "sim/mapping/pass_shapes.h"
#include "sim/numbers/operand_formats.h"
#include "sim/numbers/scale_groups.h"

namespace dlac {

constexpr std::uint64_t bytes_for(std::uint64_t bits) {
  return (bits + 7) / 8;
}

/// K-groups of a mmOp that follow each other.
struct group_range {
  std::uint64_t first = 0;
  std::uint64_t count = 1;
};

/// Columns of a tile.
struct column_range {
  std::uint64_t first = 0;
  std::uint64_t count = 1;
};

class chunk_sizes {
 public:
  /// `config` has finite memory; `shape` has to outlive this.
  chunk_sizes(const accelerator_config& config, const pass_formats& formats, const mm_op_shape& shape)
      : shape_(shape),
        group_steps_(k_group_of(shape).steps),
        row_bits_(bits_of(formats.rows)),
        column_bits_(bits_of(formats.columns)),
        row_scales_(row_groups(shape, formats)),
        column_scales_(column_groups(shape, formats)),
        bitmap_(config.memory->feature_map_compression == compression::bitmap) {}

  [[nodiscard]] bool compressed() const { return bitmap_; }
  /// Whether chunks are as large in every group: zeros cost as much as other elements, and no block of channels that
  /// share a scale reaches from one group into the next.
  [[nodiscard]] bool groups_are_alike() const {
    return !bitmap_ && row_scales_.sharing != scale_sharing::channel_block &&
           column_scales_.sharing != scale_sharing::channel_block;
  }
  /// How the scales of a row chunk are to be counted.
  [[nodiscard]] const scale_groups& row_scales() const { return row_scales_; }
  [[nodiscard]] const scale_groups& column_scales() const { return column_scales_; }
  [[nodiscard]] std::uint64_t rows(const chunk_elements& chunk) const {
    const std::uint64_t scales = chunk.scales * row_scales_.bits;
    return bitmap_ ? bytes_for(chunk.elements) + bytes_for(chunk.nonzeros * row_bits_ + scales)
                   : bytes_for(chunk.elements * row_bits_ + scales);
  }
  [[nodiscard]] std::uint64_t columns(group_range groups, column_range columns) const {
    const std::uint64_t scales = column_scales_.bits == 0 ? 0 : scales_of(groups, columns) * column_scales_.bits;
    return bytes_for(groups.count * group_steps_ * columns.count * column_bits_ + scales);
  }
  /// Scales that come with a column chunk: groups of its tensor that it has elements of.
  [[nodiscard]] std::uint64_t scales_of(group_range groups, column_range columns) const {
    return touched(groups, columns).scales(column_scales_);
  }

 private:
  /// What a column chunk has of its tensor.
  [[nodiscard]] touched_source touched(group_range groups, column_range columns) const;

  const mm_op_shape& shape_;
  std::uint64_t group_steps_;
  std::uint64_t row_bits_;
  std::uint64_t column_bits_;
  scale_groups row_scales_;
  scale_groups column_scales_;
  bool bitmap_;
};

}  // namespace dlac
