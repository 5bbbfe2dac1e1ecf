#include "sim/core/bits.h"

#include <algorithm>

#include "sim/core/bit_counts.h"
#include "sim/core/memory_pool.h"
#include "sim/core/stop.h"
#include "sim/core/vector_clones.h"

namespace dlac {

namespace {

constexpr std::size_t few_words = 4;  // of a row, counted sooner than a vector's instructions are chosen

std::uint64_t set_bits_of(std::span<const std::uint64_t> words) {
  std::uint64_t sum = 0;
  for (const auto word : words) {
    sum += static_cast<std::uint64_t>(std::popcount(word));
  }
  return sum;
}

DLAC_VECTOR_CLONES std::uint64_t count_few(std::span<const std::uint64_t> words) {
  return set_bits_of(words);
}

/// Where rows are of few words.
DLAC_VECTOR_CLONES row_sums sums_of_short_rows(const bit_matrix& a, const bit_matrix& b) {
  row_sums sums;
  for (std::uint64_t r = 0; r < a.rows(); ++r) {
    sums.add(set_bits_of(a.row(r)), set_bits_of(b.row(r)));
  }
  return sums;
}

/// copy_bits() of what `kept` leaves of every word of the target, and of its place. One word of the target at a time:
/// after the first every step moves a whole one.
template <class Kept>
void copy_words(std::span<std::uint64_t> target, std::uint64_t to, std::span<const std::uint64_t> source,
                std::uint64_t from, std::uint64_t count, const Kept& kept) {
  std::size_t place = to / bits_per_word;
  const auto to_bit = to % bits_per_word;
  if (count == 0) {
    return;
  }
  if (to_bit + count <= bits_per_word) {
    target[place] |= kept(bits_from(source, from, count) << to_bit, place);
    return;
  }
  if (to_bit != 0) {
    const auto take = bits_per_word - to_bit;
    target[place] |= kept(bits_from(source, from, take) << to_bit, place);
    ++place;
    from += take;
    count -= take;
  }
  const auto shift = from % bits_per_word;
  auto word = from / bits_per_word;
  if (shift == 0) {
    for (; count >= bits_per_word; count -= bits_per_word, ++place, ++word) {
      target[place] |= kept(source[word], place);
    }
  } else {
    for (; count >= bits_per_word; count -= bits_per_word, ++place, ++word) {
      target[place] |= kept(source[word] >> shift | source[word + 1] << (bits_per_word - shift), place);
    }
  }
  if (count > 0) {
    target[place] |= kept(bits_from(source, word * bits_per_word + shift, count), place);
  }
}

std::uint64_t required(std::uint64_t words) {
  require_memory(words * sizeof(std::uint64_t));
  return words;
}

}  // namespace

bit_matrix::bit_matrix(std::uint64_t rows, std::uint64_t cols)
    : rows_(rows), cols_(cols), stride_(words_for_bits(cols)), words_(required(rows * stride_)) {}

std::uint64_t bit_matrix::count(std::uint64_t r) const {
  const auto words = row(r);
  return words.size() <= few_words ? count_few(words) : count_bits(words);
}

std::uint64_t bit_matrix::count() const {
  return count_bits(words_);
}

row_sums sums_of_rows(const bit_matrix& a, const bit_matrix& b) {
  if (words_for_bits(std::max(a.cols(), b.cols())) <= few_words) {
    return sums_of_short_rows(a, b);
  }
  row_sums sums;
  for (std::uint64_t r = 0; r < a.rows(); ++r) {
    heed_stop();
    sums.add(a.count(r), b.count(r));
  }
  return sums;
}

std::uint64_t count_common_from(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b,
                                std::uint64_t first) {
  const std::uint64_t shift = first % bits_per_word;
  const std::span<const std::uint64_t> from = b.subspan(first / bits_per_word);
  if (shift == 0) {
    return count_common(a.first(std::min(a.size(), from.size())), from);
  }
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < std::min(a.size(), from.size()); ++i) {
    const std::uint64_t above = i + 1 < from.size() ? from[i + 1] << (bits_per_word - shift) : 0;
    sum += static_cast<std::uint64_t>(std::popcount(a[i] & (from[i] >> shift | above)));
  }
  return sum;
}

void set_bits(std::span<std::uint64_t> words, std::uint64_t begin, std::uint64_t end) {
  while (begin < end) {
    const std::uint64_t first = begin % bits_per_word;
    const std::uint64_t count = std::min(bits_per_word - first, end - begin);
    words[begin / bits_per_word] |= (~std::uint64_t{0} >> (bits_per_word - count)) << first;
    begin += count;
  }
}

void copy_bits(std::span<std::uint64_t> target, std::uint64_t to, std::span<const std::uint64_t> source,
               std::uint64_t from, std::uint64_t count) {
  copy_words(target, to, source, from, count, [](std::uint64_t word, std::size_t /*place*/) { return word; });
}

void copy_bits_where(std::span<const std::uint64_t> mask, std::span<std::uint64_t> target, std::uint64_t to,
                     std::span<const std::uint64_t> source, std::uint64_t from, std::uint64_t count) {
  copy_words(target, to, source, from, count,
             [&](std::uint64_t word, std::size_t place) { return word & mask[place]; });
}

}  // namespace dlac
