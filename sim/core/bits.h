#pragma once
// Bit sets packed in 64-bit words, first element in the lowest bit. Rows start on a word boundary, bits past the
// end of a row are zero: population counts need no masking.

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace dlac {

inline constexpr std::uint64_t bits_per_word = 64;

constexpr std::uint64_t words_for_bits(std::uint64_t bits) {
  return (bits + bits_per_word - 1) / bits_per_word;
}

/// rows x cols bits.
class bit_matrix {
 public:
  bit_matrix() = default;
  /// Throws memory_shortage for more than the machine has left.
  bit_matrix(std::uint64_t rows, std::uint64_t cols);

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t cols() const { return cols_; }
  [[nodiscard]] std::span<std::uint64_t> row(std::uint64_t r) { return {words_.data() + r * stride_, stride_}; }
  [[nodiscard]] std::span<const std::uint64_t> row(std::uint64_t r) const {
    return {words_.data() + r * stride_, stride_};
  }
  [[nodiscard]] bool test(std::uint64_t r, std::uint64_t c) const {
    return ((row(r)[c / bits_per_word] >> (c % bits_per_word)) & 1U) != 0;
  }
  void set(std::uint64_t r, std::uint64_t c) { row(r)[c / bits_per_word] |= std::uint64_t{1} << (c % bits_per_word); }
  /// Set bits of a row, of the matrix.
  [[nodiscard]] std::uint64_t count(std::uint64_t r) const;
  [[nodiscard]] std::uint64_t count() const;
  friend bool operator==(const bit_matrix&, const bit_matrix&) = default;

 private:
  std::uint64_t rows_ = 0;
  std::uint64_t cols_ = 0;
  std::uint64_t stride_ = 0;
  std::vector<std::uint64_t> words_;
};

/// Set bits of two matrices of as many rows, and the products of those of a row and of the other's.
struct row_sums {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t products = 0;

  void add(std::uint64_t of_a, std::uint64_t of_b) {
    a += of_a;
    b += of_b;
    products += of_a * of_b;
  }
};
row_sums sums_of_rows(const bit_matrix& a, const bit_matrix& b);

/// Bits that are set in both, of spans of one length.
inline std::uint64_t count_common(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<std::uint64_t>(std::popcount(a[i] & b[i]));
  }
  return sum;
}

/// The same of `a` and as many bits of `b`, from bit `first` on; bits past the end of `b` are zero.
std::uint64_t count_common_from(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b,
                                std::uint64_t first);

/// Sets bits [begin, end).
void set_bits(std::span<std::uint64_t> words, std::uint64_t begin, std::uint64_t end);

/// 1 to 64 bits from bit `first` on, which must be there.
inline std::uint64_t bits_from(std::span<const std::uint64_t> words, std::uint64_t first, std::uint64_t count) {
  const auto word = first / bits_per_word;
  const auto shift = first % bits_per_word;
  const std::uint64_t low = words[word] >> shift;
  const std::uint64_t bits = shift + count > bits_per_word ? low | words[word + 1] << (bits_per_word - shift) : low;
  return bits & ~std::uint64_t{0} >> (bits_per_word - count);
}

/// Copies `count` bits from bit `from` of `source` to bit `to` of `target`, whose bits there must be zero.
/// Neither range may reach past its span.
void copy_bits(std::span<std::uint64_t> target, std::uint64_t to, std::span<const std::uint64_t> source,
               std::uint64_t from, std::uint64_t count);

/// The same of those bits only whose places in `target` are set in `mask`, which is as long.
void copy_bits_where(std::span<const std::uint64_t> mask, std::span<std::uint64_t> target, std::uint64_t to,
                     std::span<const std::uint64_t> source, std::uint64_t from, std::uint64_t count);

}  // namespace dlac
