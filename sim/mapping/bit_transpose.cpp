#include "sim/mapping/bit_transpose.h"

#include <algorithm>
#include <array>

#include "sim/core/stop.h"

namespace dlac {
namespace {

/// Transposes 64 x 64 bits in place: recursive exchange of the off-diagonal blocks, halving the block each round.
void transpose_64x64(std::array<std::uint64_t, bits_per_word>& block) {
  std::uint64_t mask = 0x00000000FFFFFFFFULL;
  for (unsigned width = 32; width != 0; width >>= 1U, mask ^= mask << width) {
    for (unsigned row = 0; row < bits_per_word; row = ((row | width) + 1) & ~width) {
      const auto exchange = ((block[row] >> width) ^ block[row | width]) & mask;
      block[row] ^= exchange << width;
      block[row | width] ^= exchange;
    }
  }
}

}  // namespace

void transpose_into(bit_matrix& target, std::uint64_t target_first, std::uint64_t target_step, const bit_matrix& source,
                    row_range range) {
  if (range.count == 1) {  // a filter of a depthwise convolution
    for (std::uint64_t i = 0; i < source.cols(); ++i) {
      target.row(target_first + i * target_step)[0] = source.test(range.first, i) ? 1 : 0;
    }
    return;
  }
  std::array<std::uint64_t, bits_per_word> block{};
  for (std::uint64_t r = 0; r < range.count; r += bits_per_word) {
    heed_stop();
    const auto block_rows = std::min(bits_per_word, range.count - r);
    for (std::uint64_t word = 0; word < words_for_bits(source.cols()); ++word) {
      block.fill(0);
      for (std::uint64_t i = 0; i < block_rows; ++i) {
        block[i] = source.row(range.first + (r + i) * range.step)[word];
      }
      transpose_64x64(block);
      const auto first_column = word * bits_per_word;
      const auto block_columns = std::min(bits_per_word, source.cols() - first_column);
      for (std::uint64_t i = 0; i < block_columns; ++i) {
        target.row(target_first + (first_column + i) * target_step)[r / bits_per_word] = block[i];
      }
    }
  }
}

bit_matrix transposed(const bit_matrix& source, row_range range) {
  bit_matrix result(source.cols(), range.count);
  transpose_into(result, 0, 1, source, range);
  return result;
}

}  // namespace dlac
