#pragma once
// The products of a step when outputs that are not needed are skipped (contract section 4): pairs (i, j) whose operands
// the scheduler does not skip and whose output is needed. They differ from PE to PE and are no longer na * nw.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/core/bits.h"
#include "sim/mapping/tiling.h"

namespace dlac {

/// What the schedulers look at; the bits have to outlive it.
struct skipped_outputs {
  const bit_matrix* rows = nullptr;     ///< k rows of m bits: elements that take part; null: all do
  const bit_matrix* columns = nullptr;  ///< k rows of n bits
  const bit_matrix* needed = nullptr;   ///< m rows of n bits: outputs that are computed
};

/// Counts products tile by tile. Each operand is laid out over the pairs of a block, pair (i, j) in bit i * Bn + j, so
/// that one AND of a row's, a column's and a PE's bits leaves the products of a step. The layout of the last tile is
/// kept: the next one has the same rows or the same columns.
class product_counter {
 public:
  product_counter(const skipped_outputs& bits, const tiling& tiles, std::uint64_t steps);

  /// [k][row][column] of the active PEs of a tile; valid until the next call.
  std::span<const std::uint16_t> count(tile position);

 private:
  /// The pairs of one step's lines or of a tile's PEs: words[w * items + item].
  using pair_words = std::vector<std::uint64_t>;

  void lay_out_rows(std::uint64_t mt);
  void lay_out_columns(std::uint64_t nt);
  [[nodiscard]] pair_words needed_pairs(tile position) const;

  skipped_outputs bits_;
  tiling tiles_;
  std::uint64_t steps_;
  std::uint64_t words_;  ///< of a block's pairs
  std::optional<std::uint64_t> mt_;
  std::optional<std::uint64_t> nt_;
  pair_words rows_;     ///< of every step
  pair_words columns_;  ///< of every step
  std::vector<std::uint16_t> products_;
};

}  // namespace dlac
