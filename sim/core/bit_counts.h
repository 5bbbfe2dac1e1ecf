#pragma once
// Population counts over packed bits, vectorised for whatever instruction set the machine has.

#include <cstdint>
#include <span>

#include "sim/core/bits.h"

namespace dlac {

/// Set bits of all words.
std::uint64_t count_bits(std::span<const std::uint64_t> words);

/// Neighbouring fields in a row of bits.
struct bit_fields {
  std::uint64_t first_bit = 0;
  std::uint32_t width = 1;  ///< bits of a field
  std::uint32_t count = 0;
  std::uint32_t rest = 0;  ///< bits of one more, narrower field; none if 0
};

/// Set bits of every field, in rows [first_row, first_row + rows) of `matrix`, whose bits the fields stay within. The
/// counts of a row are followed by zeros up to `stride`, where those of the next row begin. `counts` has room for
/// `rows` strides and count_overrun entries more, which hold anything afterwards.
void count_fields(const bit_matrix& matrix, const bit_fields& fields, std::uint64_t first_row, std::uint64_t rows,
                  std::uint16_t* counts, std::uint64_t stride);

inline constexpr std::uint64_t count_overrun = 8;

}  // namespace dlac
