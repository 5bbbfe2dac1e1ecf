#include "sim/mapping/output_products.h"

#include <algorithm>

#include "sim/core/stop.h"

namespace dlac {
namespace {

/// std::popcount, in a form that compilers turn into vector code.
constexpr std::uint64_t count_bits(std::uint64_t word) {
  word -= (word >> 1U) & 0x5555555555555555U;
  word = (word & 0x3333333333333333U) + ((word >> 2U) & 0x3333333333333333U);
  word = (word + (word >> 4U)) & 0x0f0f0f0f0f0f0f0fU;
  word += word >> 8U;
  word += word >> 16U;
  return (word + (word >> 32U)) & 0x7fU;
}

/// The bits of one item among those of `items`.
class item_words {
 public:
  item_words(std::span<std::uint64_t> words, std::uint64_t items, std::uint64_t item)
      : words_(words), items_(items), item_(item) {}
  void set(std::uint64_t bit) {
    words_[bit / bits_per_word * items_ + item_] |= std::uint64_t{1} << (bit % bits_per_word);
  }
  /// `count` bits from `first` on.
  void set_run(std::uint64_t first, std::uint64_t count) {
    while (count > 0) {
      const auto offset = first % bits_per_word;
      const auto here = std::min(count, bits_per_word - offset);
      words_[first / bits_per_word * items_ + item_] |= (~std::uint64_t{0} >> (bits_per_word - here)) << offset;
      first += here;
      count -= here;
    }
  }

 private:
  std::span<std::uint64_t> words_;
  std::uint64_t items_;
  std::uint64_t item_;
};

bool takes_part(const bit_matrix* mask, std::uint64_t k, std::uint64_t element) {
  return mask == nullptr || mask->test(k, element);
}

}  // namespace

product_counter::product_counter(const skipped_outputs& bits, const tiling& tiles, std::uint64_t steps)
    : bits_(bits),
      tiles_(tiles),
      steps_(steps),
      words_(words_for_bits(std::uint64_t{tiles.rows.block} * tiles.cols.block)) {}

/// Element i, if it takes part, for every j.
void product_counter::lay_out_rows(std::uint64_t mt) {
  if (mt_ == mt) {
    return;
  }
  mt_ = mt;
  const auto& rows = tiles_.rows;
  const auto lines = rows.active_lines(mt);
  rows_.assign(steps_ * words_ * lines, 0);
  for (std::uint64_t k = 0; k < steps_; ++k) {
    const auto step = std::span(rows_).subspan(k * words_ * lines, words_ * lines);
    for (std::uint64_t element = 0; element < rows.valid(mt); ++element) {
      item_words pairs(step, lines, element / rows.block);
      if (takes_part(bits_.rows, k, rows.first(mt) + element)) {
        pairs.set_run(element % rows.block * tiles_.cols.block, tiles_.cols.block);
      }
    }
  }
}

/// Element j, if it takes part, for every i.
void product_counter::lay_out_columns(std::uint64_t nt) {
  if (nt_ == nt) {
    return;
  }
  nt_ = nt;
  const auto& columns = tiles_.cols;
  const auto lines = columns.active_lines(nt);
  columns_.assign(steps_ * words_ * lines, 0);
  for (std::uint64_t k = 0; k < steps_; ++k) {
    const auto step = std::span(columns_).subspan(k * words_ * lines, words_ * lines);
    for (std::uint64_t element = 0; element < columns.valid(nt); ++element) {
      item_words pairs(step, lines, element / columns.block);
      for (std::uint64_t i = 0; takes_part(bits_.columns, k, columns.first(nt) + element) && i < tiles_.rows.block;
           ++i) {
        pairs.set(i * columns.block + element % columns.block);
      }
    }
  }
}

product_counter::pair_words product_counter::needed_pairs(tile position) const {
  const auto& rows = tiles_.rows;
  const auto& columns = tiles_.cols;
  const auto columns_active = columns.active_lines(position.nt);
  const auto pes = std::uint64_t{rows.active_lines(position.mt)} * columns_active;
  pair_words words(words_ * pes);
  for (std::uint64_t m = 0; m < rows.valid(position.mt); ++m) {
    for (std::uint64_t n = 0; n < columns.valid(position.nt); ++n) {
      if (bits_.needed->test(rows.first(position.mt) + m, columns.first(position.nt) + n)) {
        item_words(words, pes, m / rows.block * columns_active + n / columns.block)
            .set(m % rows.block * columns.block + n % columns.block);
      }
    }
  }
  return words;
}

std::span<const std::uint16_t> product_counter::count(tile position) {
  lay_out_rows(position.mt);
  lay_out_columns(position.nt);
  const auto needed = needed_pairs(position);
  const auto rows = tiles_.rows.active_lines(position.mt);
  const auto columns = tiles_.cols.active_lines(position.nt);
  const auto pes = std::uint64_t{rows} * columns;
  products_.assign(steps_ * pes, 0);
  for (std::uint64_t k = 0; k < steps_; ++k) {
    heed_stop();
    for (std::uint64_t w = 0; w < words_; ++w) {
      const auto* const column_pairs = columns_.data() + (k * words_ + w) * columns;
      for (std::uint32_t r = 0; r < rows; ++r) {
        const auto row_pairs = rows_[(k * words_ + w) * rows + r];
        const auto* const needed_pairs_of_row = needed.data() + w * pes + std::uint64_t{r} * columns;
        auto* const products = products_.data() + k * pes + std::uint64_t{r} * columns;
        for (std::uint32_t c = 0; c < columns; ++c) {
          const auto pairs = row_pairs & column_pairs[c] & needed_pairs_of_row[c];
          products[c] = static_cast<std::uint16_t>(products[c] + count_bits(pairs));
        }
      }
    }
  }
  return products_;
}

}  // namespace dlac
