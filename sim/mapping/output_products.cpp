#include "sim/mapping/output_products.h"

#include <algorithm>
#include <bit>
#include <span>

namespace dlac {
namespace {

using words = std::span<std::uint64_t>;

void set_bits(words target, std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t bit = first; bit < first + count; ++bit) {
    target[bit / bits_per_word] |= std::uint64_t{1} << (bit % bits_per_word);
  }
}

/// Bits of one grid line for all pairs (i, j) of a block, pair (i, j) at i * Bn + j: one AND of a row's, a column's and
/// a PE's gives the products of a step.
class pair_bits {
 public:
  pair_bits(const tiling& tiles, tile position)
      : rows_(tiles.rows),
        columns_(tiles.cols),
        first_m_(tiles.rows.first(position.mt)),
        first_n_(tiles.cols.first(position.nt)),
        position_(position) {}

  [[nodiscard]] std::uint64_t size_in_words() const {
    return words_for_bits(std::uint64_t{rows_.block} * columns_.block);
  }

  /// Element i, if it takes part, for every j.
  void expand_row(const bit_matrix* elements, std::uint64_t k, std::uint32_t r, words pairs) const {
    std::fill(pairs.begin(), pairs.end(), 0);
    for (std::uint64_t i = 0; i < rows_.valid(position_.mt, r); ++i) {
      if (elements == nullptr || elements->test(k, first_m_ + std::uint64_t{r} * rows_.block + i)) {
        set_bits(pairs, i * columns_.block, columns_.block);
      }
    }
  }
  /// The elements j that take part, for every i.
  void expand_column(const bit_matrix* elements, std::uint64_t k, std::uint32_t c, words pairs) const {
    std::fill(pairs.begin(), pairs.end(), 0);
    const auto valid = columns_.valid(position_.nt, c);
    for (std::uint64_t i = 0; i < rows_.block; ++i) {
      if (elements == nullptr) {
        set_bits(pairs, i * columns_.block, valid);
      } else {
        copy_bits(pairs, i * columns_.block, elements->row(k), first_n_ + std::uint64_t{c} * columns_.block, valid);
      }
    }
  }
  void needed_of(const bit_matrix& needed, std::uint32_t r, std::uint32_t c, words pairs) const {
    for (std::uint64_t i = 0; i < rows_.valid(position_.mt, r); ++i) {
      copy_bits(pairs, i * columns_.block, needed.row(first_m_ + std::uint64_t{r} * rows_.block + i),
                first_n_ + std::uint64_t{c} * columns_.block, columns_.valid(position_.nt, c));
    }
  }

 private:
  tiled_dimension rows_;
  tiled_dimension columns_;
  std::uint64_t first_m_;
  std::uint64_t first_n_;
  tile position_;
};

/// Room for `count` sets of pairs.
struct pair_sets {
  pair_sets(std::uint64_t count, std::uint64_t words_each) : size(words_each), all(count * words_each) {}
  [[nodiscard]] words operator[](std::uint64_t index) { return words(all).subspan(index * size, size); }
  std::uint64_t size;
  std::vector<std::uint64_t> all;
};

}  // namespace

std::vector<std::uint16_t> output_products::count(const tiling& tiles, tile position, std::uint64_t steps) const {
  const pair_bits pairs(tiles, position);
  const auto rows = tiles.rows.active_lines(position.mt);
  const auto columns = tiles.cols.active_lines(position.nt);
  pair_sets of_row(rows, pairs.size_in_words());
  pair_sets of_column(columns, pairs.size_in_words());
  pair_sets of_pe(std::uint64_t{rows} * columns, pairs.size_in_words());
  for (std::uint32_t r = 0; r < rows; ++r) {
    for (std::uint32_t c = 0; c < columns; ++c) {
      pairs.needed_of(*needed_, r, c, of_pe[std::uint64_t{r} * columns + c]);
    }
  }
  std::vector<std::uint16_t> products;
  products.reserve(steps * rows * columns);
  for (std::uint64_t k = 0; k < steps; ++k) {
    for (std::uint32_t r = 0; r < rows; ++r) {
      pairs.expand_row(elements_.rows, k, r, of_row[r]);
    }
    for (std::uint32_t c = 0; c < columns; ++c) {
      pairs.expand_column(elements_.columns, k, c, of_column[c]);
    }
    for (std::uint32_t r = 0; r < rows; ++r) {
      const auto row = of_row[r];
      for (std::uint32_t c = 0; c < columns; ++c) {
        const auto column = of_column[c];
        const auto needed = of_pe[std::uint64_t{r} * columns + c];
        int sum = 0;
        for (std::size_t w = 0; w < row.size(); ++w) {
          sum += std::popcount(row[w] & column[w] & needed[w]);
        }
        products.push_back(static_cast<std::uint16_t>(sum));
      }
    }
  }
  return products;
}

}  // namespace dlac
