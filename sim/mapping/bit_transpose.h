#pragma once
// Transposes bit matrices by blocks of 64 x 64 bits.

#include <cstdint>

#include "sim/core/bits.h"

namespace dlac {

/// Rows first, first + step, ... of a matrix, `count` of them.
struct row_range {
  std::uint64_t first = 0;
  std::uint64_t step = 1;
  std::uint64_t count = 0;
};

/// The rows of `range` become columns 0, 1, ... of rows `target_first`, `target_first` + `target_step`, ... of
/// `target`, one of them for each column of `source`.
void transpose_into(bit_matrix& target, std::uint64_t target_first, std::uint64_t target_step, const bit_matrix& source,
                    row_range range);

/// The whole transposed matrix.
bit_matrix transposed(const bit_matrix& source, row_range range);

}  // namespace dlac
