#include "sim/core/bits.h"

#include <algorithm>

#include "sim/core/bit_counts.h"

namespace dlac {

std::uint64_t bit_matrix::count(std::uint64_t r) const {
  return count_bits(row(r));
}

std::uint64_t bit_matrix::count() const {
  return count_bits(words_);
}

void copy_bits(std::span<std::uint64_t> target, std::uint64_t to, std::span<const std::uint64_t> source,
               std::uint64_t from, std::uint64_t count) {
  // One target word at a time: after the first, the target side is aligned and every step moves a whole word.
  while (count > 0) {
    const std::uint64_t to_bit = to % bits_per_word;
    const std::uint64_t from_bit = from % bits_per_word;
    const std::uint64_t take = std::min(count, bits_per_word - to_bit);
    std::uint64_t word = source[from / bits_per_word] >> from_bit;
    if (from_bit + take > bits_per_word) {
      word |= source[from / bits_per_word + 1] << (bits_per_word - from_bit);
    }
    word &= ~std::uint64_t{0} >> (bits_per_word - take);
    target[to / bits_per_word] |= word << to_bit;
    to += take;
    from += take;
    count -= take;
  }
}

}  // namespace dlac
