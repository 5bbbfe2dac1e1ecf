#include "sim/mapping/buffer_fit.h"

#include <algorithm>

#include "sim/core/stop.h"

namespace dlac {
namespace {

constexpr std::uint64_t slots = 2;

std::uint64_t largest_row_group(const mm_op_shape& shape, const chunk_sizes& sizes, const tensor_mask* mask,
                                const tiled_dimension& rows) {
  const auto meter = make_chunk_meter(shape, mask, rows, sizes.row_scales());
  const auto groups = k_group_of(shape).count;
  std::uint64_t largest = 0;
  for (std::uint64_t mt = 0; mt < rows.tiles(); ++mt) {
    heed_stop();
    meter->open_tile(mt);
    for (std::uint64_t group = 0; group < groups; ++group) {
      meter->begin_chunk();
      largest = std::max(largest, sizes.rows(meter->with(group)));
    }
  }
  return largest;
}

}  // namespace

buffer_fit::buffer_fit(const accelerator_config& config, const std::vector<mm_op_shape>& shapes,
                       const tensor_mask& row_source)
    : config_(config), row_source_(row_source) {
  const auto formats = formats_of(config, shapes.front());  // those of the pass
  for (const auto& shape : shapes) {
    const chunk_sizes sizes(config, formats, shape);
    if (shape.group == 0 || !sizes.groups_are_alike()) {
      sizes_.push_back({&shape, sizes});
    }
  }
}

std::uint64_t buffer_fit::row_bytes(std::uint32_t block_m) {
  const auto [entry, is_new] = row_bytes_.try_emplace(block_m, 0);
  if (is_new) {
    for (const auto& [shape, sizes] : sizes_) {
      const auto bytes = largest_row_group(*shape, sizes, sizes.compressed() ? &row_source_ : nullptr,
                                           {shape->m, config_.grid.rows, block_m});
      entry->second = std::max(entry->second, bytes);
    }
  }
  return entry->second;
}

std::uint64_t buffer_fit::column_bytes(std::uint32_t block_n) const {
  std::uint64_t largest = 0;
  for (const auto& [shape, sizes] : sizes_) {
    const tiled_dimension columns{shape->n, config_.grid.cols, block_n};
    // No tile has more columns than the first, but another may touch more blocks of channels.
    const bool differs = sizes.column_scales().sharing == scale_sharing::channel_block;
    for (std::uint64_t nt = 0; nt < (differs ? columns.tiles() : 1); ++nt) {
      largest = std::max(largest, sizes.columns({0, 1}, {columns.first(nt), columns.valid(nt)}));
    }
  }
  return largest;
}

std::optional<buffer_shortage> buffer_fit::shortage(block_shape block) {
  if (const auto bytes = slots * column_bytes(block.n); bytes > config_.weight_buffer_bytes) {
    return buffer_shortage{true, bytes};
  }
  if (const auto bytes = slots * row_bytes(block.m); bytes > config_.feature_map_buffer_bytes) {
    return buffer_shortage{false, bytes};
  }
  return std::nullopt;
}

}  // namespace dlac
