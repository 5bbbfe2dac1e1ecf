#include "sim/mapping/step_counts.h"

#include <algorithm>

#include "sim/core/bit_counts.h"
#include "sim/core/memory_pool.h"
#include "sim/core/stop.h"

namespace dlac {

void count_window(const bit_matrix& mask, const tiled_dimension& dimension, bool skip_zeros, std::uint64_t tile,
                  std::uint64_t first_step, std::uint64_t steps, std::uint16_t* counts) {
  const auto stride = padded_lines(dimension.lines);
  const auto valid = dimension.valid(tile);
  const bit_fields lines{dimension.first(tile), dimension.block, static_cast<std::uint32_t>(valid / dimension.block),
                         static_cast<std::uint32_t>(valid % dimension.block)};
  if (skip_zeros) {
    count_fields(mask, lines, first_step, steps, counts, stride);
    return;
  }
  for (std::uint64_t k = 0; k < steps; ++k, counts += stride) {
    std::fill_n(counts, lines.count, static_cast<std::uint16_t>(lines.width));
    std::fill(counts + lines.count, counts + stride, std::uint16_t{0});
    if (lines.rest > 0) {
      counts[lines.count] = static_cast<std::uint16_t>(lines.rest);
    }
  }
}

std::size_t window_size(const tiled_dimension& dimension, std::uint64_t steps) {
  return steps * padded_lines(dimension.lines) + count_overrun;
}

namespace {

std::unique_ptr<std::uint16_t[]> room_for(std::size_t counts) {
  require_memory(counts * sizeof(std::uint16_t));
  return std::make_unique_for_overwrite<std::uint16_t[]>(counts);
}

}  // namespace

step_counts::step_counts(const bit_matrix& mask, const tiled_dimension& dimension, bool skip_zeros)
    : steps_(mask.rows()),
      are_alike_(!skip_zeros),
      kept_steps_(are_alike_ ? 1 : steps_),
      lines_(dimension.lines),
      counts_(room_for(window_size(dimension, dimension.tiles() * kept_steps_))) {
  for (std::uint64_t tile = 0; tile < dimension.tiles(); ++tile) {
    heed_stop();
    auto* const counts = counts_.get() + tile * kept_steps_ * padded_lines(lines_);
    count_window(mask, dimension, skip_zeros, tile, 0, kept_steps_, counts);
  }
}

}  // namespace dlac
