// Counts of common bits, with and without vector units.

#include "sim/core/bit_counts.h"

#include <doctest/doctest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <random>
#include <vector>

namespace dlac {
namespace {

bit_matrix random_bits(std::mt19937_64& random, std::uint64_t rows, std::uint64_t cols) {
  bit_matrix bits(rows, cols);
  for (std::uint64_t r = 0; r < rows; ++r) {
    for (std::uint64_t c = 0; c < cols; ++c) {
      if (random() % 3 != 0) {
        bits.set(r, c);
      }
    }
  }
  return bits;
}

std::uint16_t count_one_by_one(const bit_matrix& bits, std::uint64_t row, std::uint64_t first, std::uint64_t count) {
  std::uint16_t sum = 0;
  for (std::uint64_t c = first; c < first + count; ++c) {
    sum = static_cast<std::uint16_t>(sum + (bits.test(row, c) ? 1 : 0));
  }
  return sum;
}

void check_fields(const bit_matrix& bits, const bit_fields& fields, std::uint64_t first_row, std::uint64_t rows,
                  std::uint64_t stride) {
  std::vector<std::uint16_t> counts(rows * stride + count_overrun, 999);
  count_fields(bits, fields, first_row, rows, counts.data(), stride);
  for (std::uint64_t r = 0; r < rows; ++r) {
    for (std::uint64_t f = 0; f < stride; ++f) {
      const auto first = fields.first_bit + f * fields.width;
      const auto width = f < fields.count ? fields.width : f == fields.count ? fields.rest : 0;
      CAPTURE(r);
      CAPTURE(f);
      REQUIRE(counts[r * stride + f] == count_one_by_one(bits, first_row + r, first, width));
    }
  }
}

}  // namespace

TEST_CASE("fields of every width are counted at every place, with every instruction set") {
  std::vector<std::int64_t> targets;
  for (auto left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
    targets.push_back(left & -left);
  }
  for (const auto target : targets) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    const std::string name = hwy::TargetName(target);
    CAPTURE(name);
    std::mt19937_64 random(3);
    for (std::uint32_t width = 1; width <= 130; ++width) {
      CAPTURE(width);
      for (const std::uint32_t count : {0U, 1U, 3U, 8U, 17U}) {
        CAPTURE(count);
        const auto first = random() % 20;
        const auto rest = static_cast<std::uint32_t>(random() % width);
        const auto exact = first + std::uint64_t{count} * width + rest;
        const auto bits = random_bits(random, 4, std::max<std::uint64_t>(1, exact) + random() % 2 * 70);
        check_fields(bits, {first, width, count, rest}, 0, 4, count + 1);
        check_fields(bits, {first, width, count, rest}, 1, 2, count + 9);
        check_fields(bits, {first, width, count, 0}, 3, 1, std::max(1U, count));
        check_fields(bits, {first, width, count, 0}, 2, 0, 40);
      }
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
}

TEST_CASE("words of any number are counted") {
  std::mt19937_64 random(5);
  for (std::uint64_t cols = 1; cols < 1500; cols += 37) {
    const auto bits = random_bits(random, 3, cols);
    std::uint64_t sum = 0;
    for (std::uint64_t r = 0; r < 3; ++r) {
      const auto row = count_one_by_one(bits, r, 0, cols);
      CHECK(count_bits(bits.row(r)) == row);
      sum += row;
    }
    CHECK(bits.count() == sum);
  }
}

}  // namespace dlac
