#include "sim/core/bit_counts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

// Everything between foreach_target.h and HWY_ONCE is compiled once per instruction set.
#define HWY_WANT_AVX3_DL
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/core/bit_counts.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dlac::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

std::uint64_t count_words(const std::uint64_t* words, std::size_t size) {
  const hn::ScalableTag<std::uint64_t> d;
  auto sums = hn::Zero(d);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= size; i += hn::Lanes(d)) {
    sums = hn::Add(sums, hn::PopulationCount(hn::LoadU(d, words + i)));
  }
  auto sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (; i < size; ++i) {
    sum += hwy::PopCount(words[i]);
  }
  return sum;
}

/// Set bits of a field of any width.
HWY_INLINE std::uint16_t count_field(const std::uint64_t* row, std::uint64_t from, std::uint32_t width) {
  std::size_t sum = 0;
  if (const auto bit = from % bits_per_word; bit + width <= bits_per_word) {
    return static_cast<std::uint16_t>(hwy::PopCount((row[from / bits_per_word] >> bit) << (bits_per_word - width)));
  }
  while (width > 0) {
    const auto offset = from % bits_per_word;
    const auto take = static_cast<std::uint32_t>(std::min<std::uint64_t>(width, bits_per_word - offset));
    sum += hwy::PopCount((row[from / bits_per_word] >> offset) << (bits_per_word - take));
    from += take;
    width -= take;
  }
  return static_cast<std::uint16_t>(sum);
}

/// What follows the counts of the full fields of a row.
HWY_INLINE void finish_row(const std::uint64_t* row, const bit_fields& fields, std::uint16_t* counts,
                           std::uint64_t stride) {
  std::fill(counts + fields.count, counts + stride, std::uint16_t{0});
  if (fields.rest > 0) {
    counts[fields.count] = count_field(row, fields.first_bit + std::uint64_t{fields.count} * fields.width, fields.rest);
  }
}

void count_wide_fields(const bit_matrix& matrix, const bit_fields& fields, std::uint64_t first_row, std::uint64_t rows,
                       std::uint16_t* counts, std::uint64_t stride) {
  for (std::uint64_t r = 0; r < rows; ++r, counts += stride) {
    const auto* row = matrix.row(first_row + r).data();
    for (std::uint32_t f = 0; f < fields.count; ++f) {
      counts[f] = count_field(row, fields.first_bit + std::uint64_t{f} * fields.width, fields.width);
    }
    finish_row(row, fields, counts, stride);
  }
}

/// A few fields of up to 64 bits: each is in one word, or in two.
void count_few_fields(const bit_matrix& matrix, const bit_fields& fields, std::uint64_t first_row, std::uint64_t rows,
                      std::uint16_t* counts, std::uint64_t stride) {
  if (fields.count < stride) {
    std::memset(counts, 0, rows * stride * sizeof(*counts));
  }
  const auto unused = bits_per_word - fields.width;
  for (std::uint64_t r = 0; r < rows; ++r, counts += stride) {
    const auto* const words = matrix.row(first_row + r).data();
    auto from = fields.first_bit;
    for (std::uint32_t f = 0; f < fields.count; ++f, from += fields.width) {
      const auto bit = from % bits_per_word;
      auto field = words[from / bits_per_word] >> bit;
      if (bit > unused) {
        field |= words[from / bits_per_word + 1] << (bits_per_word - bit);
      }
      counts[f] = static_cast<std::uint16_t>(hwy::PopCount(field << unused));
    }
    if (fields.rest > 0) {
      counts[fields.count] = count_field(words, from, fields.rest);
    }
  }
}

#if HWY_TARGET == HWY_SCALAR

void count_all_fields(const bit_matrix& matrix, const bit_fields& fields, std::uint64_t first_row, std::uint64_t rows,
                      std::uint16_t* counts, std::uint64_t stride) {
  count_wide_fields(matrix, fields, first_row, rows, counts, stride);
}

#else

constexpr std::size_t vector_bytes = 16;
constexpr std::size_t bits_per_byte = 8;

HWY_INLINE void store_counts(hn::Vec128<std::uint16_t> counts, std::uint16_t* out) {
  hn::StoreU(counts, hn::FixedTag<std::uint16_t, 8>(), out);
}
HWY_INLINE void store_counts(hn::Vec128<std::uint32_t> counts, std::uint16_t* out) {
  // Counts are small: saturation never happens.
  const hn::FixedTag<std::uint16_t, 4> d;
  hn::StoreU(hn::DemoteTo(d, hn::BitCast(hn::FixedTag<std::int32_t, 4>(), counts)), d, out);
}
HWY_INLINE void store_counts(hn::Vec128<std::uint64_t> counts, std::uint16_t* out) {
  std::uint64_t lanes[2];
  hn::StoreU(counts, hn::FixedTag<std::uint64_t, 2>(), lanes);
  out[0] = static_cast<std::uint16_t>(lanes[0]);
  out[1] = static_cast<std::uint16_t>(lanes[1]);
}

/// Moves the bytes of neighbouring fields to a lane each, masks what is not theirs and counts: no shift is needed. A
/// field begins up to 7 bits inside its first byte, so a lane takes fields of up to its bits less 7.
template <typename Lane>
class field_counter {
 public:
  static constexpr std::uint32_t widest = sizeof(Lane) * bits_per_byte - 7;
  static constexpr std::uint32_t lanes = vector_bytes / sizeof(Lane);

  /// Of fields the first of which begins at bit `phase` of a vector.
  field_counter(std::uint32_t width, std::size_t phase) {
    for (std::size_t l = 0; l < lanes; ++l) {
      const auto bit = phase + l * width;
      for (std::size_t b = 0; b < sizeof(Lane); ++b) {
        // Bytes past the vector hold nothing of the field.
        bytes_[l * sizeof(Lane) + b] = static_cast<std::uint8_t>(std::min(bit / bits_per_byte + b, vector_bytes - 1));
      }
      masks_[l] = static_cast<Lane>(((std::uint64_t{1} << width) - 1) << (bit % bits_per_byte));
    }
  }

  /// Counts the fields of `bits`, in `rows` rows `row_bytes` apart. May read a vector from the beginning of every row.
  HWY_INLINE void count(const std::uint8_t* bits, std::size_t row_bytes, std::uint64_t rows, std::uint16_t* counts,
                        std::uint64_t stride) const {
    const hn::FixedTag<std::uint8_t, vector_bytes> d8;
    const hn::FixedTag<Lane, lanes> d;
    const auto bytes = hn::Load(d8, bytes_.data());
    const auto mask = hn::Load(d, masks_.data());
    for (std::uint64_t r = 0; r < rows; ++r, bits += row_bytes, counts += stride) {
      const auto spread = hn::TableLookupBytes(hn::LoadU(d8, bits), bytes);
      store_counts(hn::PopulationCount(hn::And(hn::BitCast(d, spread), mask)), counts);
    }
  }

 private:
  alignas(vector_bytes) std::array<std::uint8_t, vector_bytes> bytes_{};
  alignas(vector_bytes) std::array<Lane, lanes> masks_{};
};

template <typename Lane>
void count_narrow_fields(const bit_matrix& matrix, const bit_fields& fields, std::uint64_t first_row,
                         std::uint64_t rows, std::uint16_t* counts, std::uint64_t stride) {
  constexpr auto lanes = field_counter<Lane>::lanes;
  const auto row_bytes = matrix.row(0).size_bytes();
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(matrix.row(first_row).data());
  const auto bytes_left = (matrix.rows() - first_row) * row_bytes;
  // The last fields first: what a vector stores beyond its row is overwritten by the next row's first fields.
  for (auto group = (fields.count + lanes - 1) / lanes; group-- > 0;) {
    const auto bit = fields.first_bit + std::uint64_t{group} * lanes * fields.width;
    const auto byte = bit / bits_per_byte;
    const field_counter<Lane> counter(fields.width, bit % bits_per_byte);
    const auto whole_rows =
        std::min(rows, bytes_left < byte + vector_bytes ? 0 : (bytes_left - byte - vector_bytes) / row_bytes + 1);
    counter.count(begin + byte, row_bytes, whole_rows, counts + group * lanes, stride);
    for (auto r = whole_rows; r < rows; ++r) {  // vectors that would reach past the matrix
      const auto from = r * row_bytes + byte;
      std::uint8_t padded[vector_bytes] = {};
      std::memcpy(padded, begin + from, bytes_left - from);
      counter.count(padded, 0, 1, counts + r * stride + group * lanes, stride);
    }
  }
  if (fields.count < stride) {
    for (std::uint64_t r = 0; r < rows; ++r) {
      finish_row(matrix.row(first_row + r).data(), fields, counts + r * stride, stride);
    }
  }
}

void count_all_fields(const bit_matrix& matrix, const bit_fields& fields, std::uint64_t first_row, std::uint64_t rows,
                      std::uint16_t* counts, std::uint64_t stride) {
  // Few fields are counted sooner than where their bytes go is laid out.
  constexpr std::uint64_t few_fields = 16;
  if (std::uint64_t{fields.count} * rows <= few_fields && fields.width <= bits_per_word) {
    count_few_fields(matrix, fields, first_row, rows, counts, stride);
    return;
  }
  const auto count = fields.width <= field_counter<std::uint16_t>::widest   ? count_narrow_fields<std::uint16_t>
                     : fields.width <= field_counter<std::uint32_t>::widest ? count_narrow_fields<std::uint32_t>
                     : fields.width <= field_counter<std::uint64_t>::widest ? count_narrow_fields<std::uint64_t>
                                                                            : count_wide_fields;
  count(matrix, fields, first_row, rows, counts, stride);
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace dlac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac {

HWY_EXPORT(count_words);
HWY_EXPORT(count_all_fields);

std::uint64_t count_bits(std::span<const std::uint64_t> words) {
  return HWY_DYNAMIC_DISPATCH(count_words)(words.data(), words.size());
}

void count_fields(const bit_matrix& matrix, const bit_fields& fields, std::uint64_t first_row, std::uint64_t rows,
                  std::uint16_t* counts, std::uint64_t stride) {
  if (rows == 0) {
    return;
  }
  HWY_DYNAMIC_DISPATCH(count_all_fields)(matrix, fields, first_row, rows, counts, stride);
}

}  // namespace dlac
#endif  // HWY_ONCE
