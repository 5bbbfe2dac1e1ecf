#include "sim/mapping/buffer_fit.h"

#include <algorithm>

#include "sim/core/stop.h"

namespace dlac {
namespace {

constexpr std::uint64_t slots = 2;

std::uint64_t largest_row_group(const mm_op_shape& shape, const chunk_sizes& sizes, const tensor_mask* mask,
                                const tiled_dimension& rows) {
  const auto meter = make_chunk_meter(shape.pass, shape.window, mask, rows);
  std::uint64_t largest = 0;
  for (std::uint64_t mt = 0; mt < rows.tiles(); ++mt) {
    heed_stop();
    meter->open_tile(mt);
    for (std::uint64_t group = 0; group < meter->groups(); ++group) {
      meter->begin_chunk();
      largest = std::max(largest, sizes.rows(meter->with(group)));
    }
  }
  return largest;
}

}  // namespace

buffer_fit::buffer_fit(const accelerator_config& config, const std::vector<mm_op_shape>& shapes,
                       const tensor_mask& row_source)

    : config_(config), shapes_(shapes), row_source_(row_source), sizes_(config, formats_of(config, shapes.front())) {}

std::uint64_t buffer_fit::row_bytes(std::uint32_t block_m) {
  const auto [entry, is_new] = row_bytes_.try_emplace(block_m, 0);
  for (const auto& shape : shapes_) {
    // As long as zeros cost as much as other elements, all groups are like the first.
    if (is_new && (sizes_.compressed() || shape.group == 0)) {
      const auto bytes = largest_row_group(shape, sizes_, sizes_.compressed() ? &row_source_ : nullptr,
                                           {shape.m, config_.grid.rows, block_m});
      entry->second = std::max(entry->second, bytes);
    }
  }
  return entry->second;
}

std::uint64_t buffer_fit::column_bytes(std::uint32_t block_n) const {
  std::uint64_t largest = 0;
  for (const auto& shape : shapes_) {
    const auto steps = shape.pass == pass_kind::backward_weight ? shape.window.positions.w : shape.window.offsets();
    const tiled_dimension columns{shape.n, config_.grid.cols, block_n};
    largest = std::max(largest, sizes_.columns(steps, columns.valid(0)));
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
