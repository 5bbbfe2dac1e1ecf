// Bit matrices: rows, borders of words, counts.

#include "sim/core/bits.h"

#include <doctest/doctest.h>

#include <vector>

#include "sim/workload/counter_rng.h"

namespace dlac {
namespace {

bool bit(const std::vector<std::uint64_t>& words, std::uint64_t i) {
  return ((words[i / bits_per_word] >> (i % bits_per_word)) & 1U) != 0;
}

}  // namespace

TEST_CASE("a bit matrix starts every row on a word and counts rows and all") {
  bit_matrix bits(3, 70);
  CHECK(bits.row(0).size() == 2);
  bits.set(0, 0);
  bits.set(0, 63);
  bits.set(0, 64);
  bits.set(2, 69);
  CHECK(bits.count(0) == 3);
  CHECK(bits.count(1) == 0);
  CHECK(bits.count(2) == 1);
  CHECK(bits.count() == 4);
  CHECK(bits.test(2, 69));
  CHECK_FALSE(bits.test(2, 68));
}

TEST_CASE("bits of two matrices' rows are summed up, and their products, short rows and long ones") {
  for (const std::uint64_t cols : {3, 256, 257, 1000}) {
    bit_matrix a(3, cols);
    bit_matrix b(3, 2);
    a.set(0, 0);
    a.set(0, cols - 1);
    a.set(2, 1);
    b.set(0, 1);
    b.set(1, 0);
    b.set(2, 0);
    b.set(2, 1);
    const row_sums sums = sums_of_rows(a, b);
    CHECK(sums.a == 3);
    CHECK(sums.b == 4);
    CHECK(sums.products == 2 * 1 + 0 * 1 + 1 * 2);
    CHECK(sums_of_rows(b, a).products == sums.products);
  }
}

TEST_CASE("an empty bit matrix has nothing to count") {
  CHECK(bit_matrix().count() == 0);
  CHECK(bit_matrix(0, 5).count() == 0);
  CHECK(bit_matrix(5, 0).count() == 0);
}

TEST_CASE("copy_bits moves exactly its range, whatever the alignment of both sides") {
  const counter_rng random(1, "bits");
  std::vector<std::uint64_t> source(5);
  for (std::uint64_t i = 0; i < source.size(); ++i) {
    source[i] = random(i);
  }
  std::vector<std::uint64_t> mask(5);
  for (std::uint64_t i = 0; i < mask.size(); ++i) {
    mask[i] = random(100 + i);
  }
  constexpr std::uint64_t all_bits = 5 * bits_per_word;
  for (const std::uint64_t count : {0, 1, 7, 63, 64, 65, 128, 130, 200}) {
    for (std::uint64_t from = 0; from + count <= all_bits; from += 11) {
      for (std::uint64_t to = 0; to + count <= all_bits; to += 13) {
        std::vector<std::uint64_t> target(5);
        copy_bits(target, to, source, from, count);
        std::vector<std::uint64_t> some(5);
        copy_bits_where(mask, some, to, source, from, count);
        bool same = true;
        for (std::uint64_t i = 0; i < all_bits; ++i) {
          const bool inside = i >= to && i < to + count;
          const bool copied = inside && bit(source, from + i - to);
          same = same && bit(target, i) == copied && bit(some, i) == (copied && bit(mask, i));
        }
        REQUIRE(same);
      }
    }
  }
}

TEST_CASE("copy_bits up to the last bit of a span reads and writes no word past it") {
  const std::vector<std::uint64_t> source{~std::uint64_t{0}};
  std::vector<std::uint64_t> target(1);
  copy_bits(target, 60, source, 60, 4);
  CHECK(target[0] == std::uint64_t{0xf} << 60U);
}

TEST_CASE("copy_bits leaves the bits around its target as they are") {
  const std::vector<std::uint64_t> source{0b101};
  std::vector<std::uint64_t> target{0b1000'0001};
  copy_bits(target, 2, source, 0, 3);
  CHECK(target[0] == 0b1001'0101);
}

TEST_CASE("common bits are counted from any bit on, and behind the end there are none") {
  const counter_rng random(2, "bits");
  std::vector<std::uint64_t> a(2);
  std::vector<std::uint64_t> b(4);
  for (std::uint64_t i = 0; i < 4; ++i) {
    a[i % 2] = random(i);
    b[i] = random(10 + i);
  }
  for (std::uint64_t first = 0; first < 4 * bits_per_word; ++first) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < 2 * bits_per_word && first + i < 4 * bits_per_word; ++i) {
      sum += bit(a, i) && bit(b, first + i) ? 1 : 0;
    }
    REQUIRE(count_common_from(a, b, first) == sum);
  }
}

TEST_CASE("set_bits sets its range and leaves the others") {
  for (std::uint64_t begin = 0; begin <= 3 * bits_per_word; begin += 5) {
    for (std::uint64_t end = begin; end <= 3 * bits_per_word; end += 7) {
      std::vector<std::uint64_t> words = {0, 0, 0x10};
      set_bits(words, begin, end);
      bool agree = true;
      for (std::uint64_t i = 0; i < 3 * bits_per_word; ++i) {
        agree = agree && bit(words, i) == ((i >= begin && i < end) || i == 2 * bits_per_word + 4);
      }
      REQUIRE(agree);
    }
  }
}

}  // namespace dlac
