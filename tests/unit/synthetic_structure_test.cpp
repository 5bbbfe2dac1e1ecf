// Zeros with a structure, counted against what was asked for: run by run, block by block, channel by channel.

#include "sim/workload/synthetic_structure.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "sim/workload/counter_rng.h"
#include "sim/workload/synthetic_operands.h"

namespace dlac::test {
namespace {

synthetic_source of_runs(std::uint32_t n, std::uint32_t m, std::uint64_t seed = 7, double cluster = 0) {
  const n_of_m rule{n, m};
  return {.density = rule.density(), .cluster = cluster, .seed = seed, .structure = rule};
}

synthetic_source of_blocks(double density, std::uint32_t channels, std::uint32_t steps, std::uint64_t seed = 7) {
  return {.density = density, .seed = seed, .structure = zero_blocks{channels, steps}};
}

synthetic_source of_channels(double density, std::uint64_t seed = 7) {
  return {.density = density, .seed = seed, .structure = zero_channels{}};
}

std::uint64_t fingerprint_of(const bit_matrix& bits) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::uint64_t r = 0; r < bits.rows(); ++r) {
    for (std::uint64_t c = 0; c < bits.cols(); ++c) {
      hash = (hash ^ (bits.test(r, c) ? 1U : 0U)) * 0x100000001b3;
    }
  }
  return hash;
}

/// Non-zeros among the elements rows [first_row, end_row) x columns [first_col, end_col), each end at most the
/// matrix's.
std::uint64_t count_in(const bit_matrix& bits, std::uint64_t first_row, std::uint64_t end_row, std::uint64_t first_col,
                       std::uint64_t end_col) {
  std::uint64_t count = 0;
  for (std::uint64_t r = first_row; r < std::min(end_row, bits.rows()); ++r) {
    for (std::uint64_t c = first_col; c < std::min(end_col, bits.cols()); ++c) {
      count += bits.test(r, c) ? 1 : 0;
    }
  }
  return count;
}

bool weights_have_runs(const bit_matrix& bits, std::uint64_t n, std::uint64_t m) {
  for (std::uint64_t r = 0; r < bits.rows(); ++r) {
    for (std::uint64_t first = 0; first < bits.cols(); first += m) {
      const std::uint64_t length = std::min(m, bits.cols() - first);
      if (count_in(bits, r, r + 1, first, first + length) != std::min(n, length)) {
        return false;
      }
    }
  }
  return true;
}

bool map_has_runs(const tensor_mask& mask, std::uint64_t n, std::uint64_t m) {
  const std::uint64_t pixels = mask.shape.h * mask.shape.w;
  for (std::uint64_t image = 0; image < mask.shape.n; ++image) {
    for (std::uint64_t pixel = 0; pixel < pixels; ++pixel) {
      for (std::uint64_t first = 0; first < mask.shape.c; first += m) {
        const std::uint64_t length = std::min(m, mask.shape.c - first);
        std::uint64_t count = 0;
        for (std::uint64_t c = first; c < first + length; ++c) {
          count += mask.bits.test(image, c * pixels + pixel) ? 1 : 0;
        }
        if (count != std::min(n, length)) {
          return false;
        }
      }
    }
  }
  return true;
}

/// Elements of the non-zero blocks; nothing where a block is neither zero nor full.
std::optional<std::uint64_t> full_blocks(const bit_matrix& bits, std::uint64_t channels, std::uint64_t steps) {
  std::uint64_t elements = 0;
  for (std::uint64_t r = 0; r < bits.rows(); r += channels) {
    for (std::uint64_t c = 0; c < bits.cols(); c += steps) {
      const std::uint64_t count = count_in(bits, r, r + channels, c, c + steps);
      const std::uint64_t all = std::min(channels, bits.rows() - r) * std::min(steps, bits.cols() - c);
      if (count != 0 && count != all) {
        return std::nullopt;
      }
      elements += count;
    }
  }
  return elements;
}

}  // namespace

TEST_CASE("structure: N of every M weights along k, of fewer at the end as many as there are") {
  for (const auto& [n, m] : {std::pair(2, 4), {1, 4}, {3, 4}, {4, 4}, {1, 1}, {1, 2}, {4, 8}, {5, 100}}) {
    for (const shape_4d& shape : {shape_4d{8, 16, 3, 3}, {5, 3, 7, 7}, {3, 1, 1, 1}, {2, 1, 3, 3}, {64, 130, 1, 1}}) {
      CAPTURE(n);
      CAPTURE(m);
      CAPTURE(shape.c);
      const auto mask =
          synthetic_weights(of_runs(static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(m)), "w", shape);
      CHECK(mask.bits.rows() == shape.n);
      CHECK(mask.bits.cols() == shape.c * shape.h * shape.w);
      CHECK(weights_have_runs(mask.bits, static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(m)));
    }
  }
  // 27 weights a filter: six runs of four and one of three, which has two.
  CHECK(synthetic_weights(of_runs(2, 4), "w", {10, 3, 3, 3}).bits.count() == 10 * (6 * 2 + 2));
  // One of a single element is not zero, whatever N of M is.
  CHECK(synthetic_weights(of_runs(2, 4), "w", {10, 5, 1, 1}).bits.count() == 10 * (2 + 1));
}

TEST_CASE("structure: N of every M channels of each pixel of a feature map") {
  for (const auto& [n, m] : {std::pair(2U, 4U), {1U, 4U}, {3U, 3U}, {4U, 8U}, {5U, 100U}}) {
    for (const shape_4d& shape : {shape_4d{2, 16, 9, 7}, {1, 3, 20, 20}, {3, 1, 4, 4}, {1, 203, 1, 1}, {2, 6, 1, 30}}) {
      for (const double cluster : {0.0, 0.5, 1.0}) {
        CAPTURE(n);
        CAPTURE(m);
        CAPTURE(shape.c);
        CHECK(map_has_runs(synthetic_feature_map(of_runs(n, m, 3, cluster), "a", shape), n, m));
      }
    }
  }
  CHECK(synthetic_feature_map(of_runs(2, 4), "a", {2, 10, 5, 5}).bits.count() == 2 * 25 * (2 + 2 + 2));
}

TEST_CASE("structure: all choices within a run are equally likely, at any place and for any seed") {
  constexpr std::uint64_t seeds = 10;
  std::map<unsigned, int> patterns;
  const auto bits_of = [](std::uint64_t seed, std::string_view name) {
    return synthetic_weights(of_runs(2, 4, seed), name, {64, 64, 3, 3}).bits;
  };
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto bits = bits_of(seed, "w");
    for (std::uint64_t r = 0; r < bits.rows(); ++r) {
      for (std::uint64_t c = 0; c < bits.cols(); c += 4) {
        unsigned pattern = 0;
        for (unsigned i = 0; i < 4; ++i) {
          pattern |= (bits.test(r, c + i) ? 1U : 0U) << i;
        }
        ++patterns[pattern];
      }
    }
  }
  REQUIRE(patterns.size() == 6);
  for (const auto& [pattern, times] : patterns) {
    CHECK(times == doctest::Approx(seeds * 64 * 144 / 6.0).epsilon(0.03));
  }
  CHECK(bits_of(7, "w") == bits_of(7, "w"));
  CHECK_FALSE(bits_of(7, "w") == bits_of(8, "w"));
  CHECK_FALSE(bits_of(7, "w") == bits_of(7, "v"));
}

TEST_CASE("structure: neighbouring pixels share the zeros of their runs, the more the higher the cluster") {
  const auto alike = [](double cluster) {
    const auto mask = synthetic_feature_map(of_runs(2, 4, 5, cluster), "a", {1, 8, 40, 40});
    double count = 0;
    for (std::uint64_t c = 0; c < 8; ++c) {
      for (std::uint64_t y = 0; y < 40; ++y) {
        for (std::uint64_t x = 0; x + 1 < 40; ++x) {
          const auto place = mask.first_bit(c, y) + x;
          count += mask.bits.test(0, place) == mask.bits.test(0, place + 1) ? 1 : 0;
        }
      }
    }
    return count / (8 * 40 * 39);
  };
  CHECK(alike(0) == doctest::Approx(0.5).epsilon(0.04));
  CHECK(alike(0.5) > alike(0) + 0.05);
  CHECK(alike(1) > alike(0.5) + 0.05);
}

TEST_CASE("structure: blocks of weights are zero or full, and as many as bring the density nearest") {
  const counter_rng random(3, "blocks");
  std::uint64_t next = 0;
  const auto below = [&](std::uint64_t bound) { return random.below(bound, next++); };
  for (int i = 0; i < 1500; ++i) {
    const shape_4d shape{1 + below(40), 1 + below(20), 1 + below(3), 1 + below(3)};
    const auto channels = static_cast<std::uint32_t>(1 + below(12));
    const auto steps = static_cast<std::uint32_t>(1 + below(40));
    const double density = below(8) == 0 ? static_cast<double>(below(2)) : static_cast<double>(below(10001)) / 10000;
    CAPTURE(density);
    CAPTURE(shape.n);
    CAPTURE(channels);
    CAPTURE(steps);
    const auto bits = synthetic_weights(of_blocks(density, channels, steps, below(1000)), "w", shape).bits;
    const std::uint64_t cols = shape.c * shape.h * shape.w;
    REQUIRE(full_blocks(bits, channels, steps) == bits.count());
    const std::uint64_t rows_of_block = std::min<std::uint64_t>(channels, shape.n);
    const std::uint64_t cols_of_block = std::min<std::uint64_t>(steps, cols);
    const auto largest = static_cast<double>(rows_of_block * cols_of_block);
    const double wanted = density * static_cast<double>(shape.elements());
    REQUIRE(std::abs(static_cast<double>(bits.count()) - wanted) <= largest / 2);
    if (shape.n % rows_of_block == 0 && cols % cols_of_block == 0) {
      const double blocks = static_cast<double>(shape.elements()) / largest;
      REQUIRE(static_cast<double>(bits.count()) == std::floor(density * blocks + 0.5) * largest);
    }
  }
}

TEST_CASE("structure: every block is as likely to be full, those at the ends as others") {
  // 3 x 3 blocks, of 2 and 1 rows and of 3 and 2 columns; four tenths of 40 elements.
  constexpr int seeds = 4000;
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> full;
  double elements = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto bits = synthetic_weights(of_blocks(0.4, 2, 3, seed), "w", {5, 8, 1, 1}).bits;
    elements += static_cast<double>(bits.count());
    for (std::uint64_t r = 0; r < 5; r += 2) {
      for (std::uint64_t c = 0; c < 8; c += 3) {
        full[{r, c}] += bits.test(r, c) ? 1 : 0;
      }
    }
  }
  CHECK(elements / seeds == doctest::Approx(16).epsilon(0.03));
  for (const auto& [place, times] : full) {
    CAPTURE(place.first);
    CAPTURE(place.second);
    CHECK(times == doctest::Approx(0.4 * seeds).epsilon(0.15));
  }
}

TEST_CASE("structure: blocks take no more than their mask, however many they are") {
  const auto bits = synthetic_weights(of_blocks(0.25, 1, 1), "w", {1000, 1000, 1, 1}).bits;
  CHECK(bits.count() == 250'000);
  std::set<std::uint64_t> counts;
  for (std::uint64_t r = 0; r < 1000; ++r) {
    counts.insert(bits.count(r));
  }
  CHECK(*counts.begin() > 180);
  CHECK(*counts.rbegin() < 320);
}

TEST_CASE("structure: whole output channels of weights") {
  for (const double density : {0.0, 0.3, 0.31, 0.5, 0.97, 1.0}) {
    const auto bits = synthetic_weights(of_channels(density), "w", {40, 6, 3, 3}).bits;
    std::uint64_t channels = 0;
    for (std::uint64_t r = 0; r < 40; ++r) {
      CHECK((bits.count(r) == 0 || bits.count(r) == 54));
      channels += bits.count(r) > 0 ? 1 : 0;
    }
    CHECK(channels == static_cast<std::uint64_t>(std::floor(density * 40 + 0.5)));
  }
}

TEST_CASE("structure: whole channels of a feature map, the same ones in all images") {
  for (const double density : {0.0, 0.25, 0.4, 1.0}) {
    const auto mask = synthetic_feature_map(of_channels(density), "a", {3, 21, 5, 4});
    std::uint64_t channels = 0;
    for (std::uint64_t c = 0; c < 21; ++c) {
      const std::uint64_t in_first = count_in(mask.bits, 0, 1, c * 20, c * 20 + 20);
      CHECK((in_first == 0 || in_first == 20));
      CHECK(count_in(mask.bits, 0, 3, c * 20, c * 20 + 20) == 3 * in_first);
      channels += in_first > 0 ? 1 : 0;
    }
    CHECK(channels == static_cast<std::uint64_t>(std::floor(density * 21 + 0.5)));
  }
  const auto first_of = [](std::uint64_t seed) {
    return synthetic_feature_map(of_channels(0.5, seed), "a", {1, 64, 1, 1}).bits;
  };
  CHECK_FALSE(first_of(1) == first_of(2));
}

TEST_CASE("structure: an image has the same zeros in any batch") {
  for (const synthetic_source& source : {of_runs(2, 4, 1, 0.5), of_channels(0.4)}) {
    const auto one = synthetic_feature_map(source, "a", {1, 10, 6, 6}).bits;
    const auto three = synthetic_feature_map(source, "a", {3, 10, 6, 6}).bits;
    for (std::uint64_t c = 0; c < one.cols(); ++c) {
      REQUIRE(one.test(0, c) == three.test(0, c));
    }
  }
  const auto runs = synthetic_feature_map(of_runs(2, 4), "a", {2, 16, 6, 6}).bits;
  CHECK_FALSE(std::equal(runs.row(0).begin(), runs.row(0).end(), runs.row(1).begin()));
}

TEST_CASE("structure: the bits of a seed are the same on every machine and in every version") {
  const shape_4d map{2, 10, 7, 5};
  const shape_4d weights{13, 5, 3, 3};
  CHECK(fingerprint_of(synthetic_feature_map(of_runs(2, 4, 7, 0.5), "l.activations", map).bits) ==
        2525135266684836087U);
  CHECK(fingerprint_of(synthetic_weights(of_runs(2, 4), "l.weights", weights).bits) == 9935749613428323462U);
  CHECK(fingerprint_of(synthetic_weights(of_blocks(0.37, 4, 8), "l.weights", weights).bits) == 9409752368429625380U);
  CHECK(fingerprint_of(synthetic_feature_map(of_channels(0.5), "l.activations", map).bits) == 7854075572103141933U);
  CHECK(fingerprint_of(synthetic_weights(of_channels(0.5), "l.weights", weights).bits) == 223185095453472244U);
}

}  // namespace dlac::test
