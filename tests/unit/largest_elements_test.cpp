// The largest elements of a field, and the noise that they are chosen by, against their definitions.

#include "sim/workload/largest_elements.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "sim/core/bits.h"
#include "sim/workload/noise.h"

namespace dlac {
namespace {

/// By ordering all of them.
std::vector<std::uint64_t> select_by_order(std::span<const std::int32_t> field, std::uint64_t count,
                                           std::size_t words) {
  std::vector<std::uint64_t> order(field.size());
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return field[a] > field[b]; });
  std::vector<std::uint64_t> chosen(words);
  for (std::uint64_t i = 0; i < count; ++i) {
    chosen[order[i] / bits_per_word] |= std::uint64_t{1} << (order[i] % bits_per_word);
  }
  return chosen;
}

std::vector<std::int32_t> draw_one_by_one(const counter_rng& random, std::uint64_t count) {
  std::vector<std::int32_t> numbers;
  for (std::uint64_t i = 0; i < count; ++i) {
    numbers.push_back(static_cast<std::int32_t>((random(i / 4) >> (16 * (i % 4))) & 0xffffU));
  }
  return numbers;
}

}  // namespace

TEST_CASE("the largest elements are those that come first when all are ordered") {
  std::mt19937_64 random(7);
  largest_elements largest;
  const auto roll = [&](std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(least, most)(random);
  };
  for (int repetition = 0; repetition < 600; ++repetition) {
    CAPTURE(repetition);
    // Few values: many are equal. Many: the lowest bits decide between neighbours.
    const std::int32_t most = std::int32_t{1} << roll(0, 30);
    std::vector<std::int32_t> field(roll(1, roll(0, 9) == 0 ? 5000 : 300));
    for (auto& value : field) {
      value = static_cast<std::int32_t>(roll(0, static_cast<std::uint64_t>(most)));
    }
    const auto count = roll(0, 5) == 0 ? field.size() : roll(0, field.size());
    std::vector<std::uint64_t> words(words_for_bits(field.size()) + roll(0, 1), ~std::uint64_t{0});
    largest.select(field, count, words);
    REQUIRE(words == select_by_order(field, count, words.size()));
  }
}

TEST_CASE("a field too long for counts of 16 bits") {
  std::vector<std::int32_t> field(3'000'000);
  const counter_rng random(3, "field");
  draw_uniform(random, field);
  std::vector<std::uint64_t> words(words_for_bits(field.size()));
  largest_elements().select(field, 2'999'000, words);
  CHECK(words == select_by_order(field, 2'999'000, words.size()));
}

TEST_CASE("noise is the number of a place and those of its neighbours") {
  for (const auto& [h, w] : {std::pair<std::uint64_t, std::uint64_t>{1, 1}, {1, 9}, {7, 7}, {13, 31}, {40, 3}}) {
    for (const double cluster : {0.0, 0.3, 0.5, 1.0}) {
      CAPTURE(h);
      CAPTURE(w);
      CAPTURE(cluster);
      const counter_rng random(11, "noise");
      std::vector<std::int32_t> plane(h * w);
      noise_field(h, w, cluster).fill(random, plane);
      const auto share = static_cast<std::int32_t>(std::floor(cluster * 256 + 0.5));
      const bool is_white = share == 0 || h * w == 1;
      const auto padded = is_white ? w : w + 4;
      const auto white = draw_one_by_one(random, is_white ? h * w : (h + 4) * padded);
      std::vector<std::int32_t> expected = white;
      if (!is_white) {
        expected.clear();
        for (std::uint64_t y = 0; y < h; ++y) {
          for (std::uint64_t x = 0; x < w; ++x) {
            std::int32_t sum = 0;
            for (std::uint64_t place = 0; place < 25; ++place) {
              sum += white[(y + place / 5) * padded + x + place % 5];
            }
            expected.push_back((256 - share) * 5 * white[(y + 2) * padded + x + 2] + share * sum);
          }
        }
      }
      REQUIRE(plane == expected);
    }
  }
}

}  // namespace dlac
