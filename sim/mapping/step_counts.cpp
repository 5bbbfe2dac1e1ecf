#include "sim/mapping/step_counts.h"

#include <bit>

namespace dlac {
namespace {

/// Set bits among bits [from, from + count) of a row.
std::uint32_t count_bits(std::span<const std::uint64_t> row, std::uint64_t from, std::uint32_t count) {
  std::uint32_t sum = 0;
  while (count > 0) {
    const auto offset = from % bits_per_word;
    const auto take = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, bits_per_word - offset));
    const auto word = row[from / bits_per_word] >> offset;
    sum += static_cast<std::uint32_t>(std::popcount(word << (bits_per_word - take)));
    from += take;
    count -= take;
  }
  return sum;
}

/// count_window into `counts`.
void count_into(const bit_matrix& mask, const tiled_dimension& dimension, bool skip_zeros, std::uint64_t tile,
                std::uint64_t first_step, std::uint64_t steps, std::uint16_t* counts) {
  const auto active = dimension.active_lines(tile);
  for (std::uint64_t k = first_step; k < first_step + steps; ++k, counts += dimension.lines) {
    for (std::uint32_t line = 0; line < active; ++line) {
      const auto valid = dimension.valid(tile, line);
      const auto first = dimension.first(tile) + std::uint64_t{line} * dimension.block;
      counts[line] = static_cast<std::uint16_t>(skip_zeros ? count_bits(mask.row(k), first, valid) : valid);
    }
  }
}

}  // namespace

std::vector<std::uint16_t> count_window(const bit_matrix& mask, const tiled_dimension& dimension, bool skip_zeros,
                                        std::uint64_t tile, std::uint64_t first_step, std::uint64_t steps) {
  std::vector<std::uint16_t> counts(steps * dimension.lines);
  count_into(mask, dimension, skip_zeros, tile, first_step, steps, counts.data());
  return counts;
}

step_counts::step_counts(const bit_matrix& mask, const tiled_dimension& dimension, bool skip_zeros)
    : steps_(mask.rows()), lines_(dimension.lines), counts_(dimension.tiles() * steps_ * lines_) {
  for (std::uint64_t tile = 0; tile < dimension.tiles(); ++tile) {
    count_into(mask, dimension, skip_zeros, tile, 0, steps_, counts_.data() + tile * steps_ * lines_);
  }
}

}  // namespace dlac
