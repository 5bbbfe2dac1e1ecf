// How non-zeros are shared out over channels and images: for every allowed density, spread, cluster, shape and seed as
// many as are asked for, in proportion to the channels' factors.

#include "sim/workload/synthetic_shares.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "sim/workload/synthetic_operands.h"

namespace dlac::test {
namespace {

std::uint64_t expected(double density, const shape_4d& shape) {
  return static_cast<std::uint64_t>(std::llround(density * static_cast<double>(shape.elements())));
}

/// Non-zeros of every channel, over all images.
std::vector<std::uint64_t> channel_counts(const synthetic_source& source, const region_layout& layout) {
  const region_counts counts(source, layout, counter_rng(source.seed, "a"));
  std::vector<std::uint64_t> sums(layout.channels);
  for (std::uint64_t image = 0; image < layout.images; ++image) {
    for (std::uint64_t channel = 0; channel < layout.channels; ++channel) {
      const auto count = counts.of(image, channel);
      REQUIRE(count <= layout.elements);
      sums[channel] += count;
    }
  }
  return sums;
}

std::uint64_t sum_of(const std::vector<std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const auto count : counts) {
    sum += count;
  }
  return sum;
}

/// Mean and standard deviation of the logarithms.
std::pair<double, double> log_moments(const std::vector<std::uint64_t>& counts) {
  double sum = 0;
  double squares = 0;
  for (const auto count : counts) {
    const auto logarithm = std::log(static_cast<double>(count));
    sum += logarithm;
    squares += logarithm * logarithm;
  }
  const auto n = static_cast<double>(counts.size());
  return {sum / n, std::sqrt(squares / n - sum / n * (sum / n))};
}

}  // namespace

TEST_CASE("the densities and spreads at which sums used to cancel have the non-zeros that are asked for") {
  CHECK(synthetic_feature_map({0.99, 10, 0, 1}, "c.activations", {1, 16, 2, 2}).bits.count() == 63);
  CHECK(synthetic_feature_map({0.99, 6.5, 0, 2}, "c.activations", {1, 512, 7, 7}).bits.count() == 24837);
}

TEST_CASE("any density, spread, cluster, shape and seed has round(density * elements) non-zeros") {
  const counter_rng random(1, "shares");
  std::uint64_t next = 0;
  const auto below = [&](std::uint64_t bound) { return random.below(bound, next++); };
  for (int i = 0; i < 4000; ++i) {
    const std::uint64_t kind = below(4);
    const double part = static_cast<double>(below(10001)) / 10000;
    const double density = kind == 0 ? part : kind == 1 ? 1 - part * part / 64 : kind == 2 ? part * part / 64 : 0.99;
    const double spread = below(4) == 0 ? 10 : static_cast<double>(below(1001)) / 100;
    const double cluster = static_cast<double>(below(5)) / 4;
    const shape_4d shape{1 + below(3), 1 + below(below(8) == 0 ? 700 : 20), 1 + below(7), 1 + below(7)};
    CAPTURE(density);
    CAPTURE(spread);
    CAPTURE(shape.c);
    REQUIRE(synthetic_feature_map({density, spread, cluster, below(1000)}, "a", shape).bits.count() ==
            expected(density, shape));
    REQUIRE(synthetic_weights({density, spread, cluster, below(1000)}, "w", shape).bits.count() ==
            expected(density, shape));
  }
}

TEST_CASE("shares of many parts add up, whatever each loses to rounding") {
  for (const double density : {0.31, 0.123456789, 0.9999, 1e-7}) {
    for (const double spread : {0.0, 0.6, 10.0}) {
      const shape_4d shape{100, 9216, 1, 1};
      CAPTURE(density);
      CAPTURE(spread);
      const auto counts = channel_counts({density, spread, 0, 3}, {shape.n, shape.c, 1});
      CHECK(sum_of(counts) == expected(density, shape));
    }
  }
}

TEST_CASE("channels have densities in proportion to log-normal factors, at most 1") {
  const region_layout layout{.images = 1, .channels = 2000, .elements = 1 << 28};
  for (const double spread : {0.3, 1.0, 1.6}) {
    CAPTURE(spread);
    // None is full: the factors themselves.
    const auto factors = channel_counts({0.0005, spread, 0, 5}, layout);
    const auto [mean, sigma] = log_moments(factors);
    CHECK(sigma == doctest::Approx(spread).epsilon(0.06));
    REQUIRE(*std::max_element(factors.begin(), factors.end()) < layout.elements);
    for (const double density : {0.5, 0.9, 0.99}) {
      CAPTURE(density);
      const auto counts = channel_counts({density, spread, 0, 5}, layout);
      CHECK(sum_of(counts) == expected(density, {1, layout.channels, layout.elements, 1}));
      // One multiplier for all that are not full; no full one would have stayed below.
      std::uint64_t shared = 0;
      std::uint64_t factors_sharing = 0;
      for (std::size_t c = 0; c < counts.size(); ++c) {
        shared += counts[c] < layout.elements ? counts[c] : 0;
        factors_sharing += counts[c] < layout.elements ? factors[c] : 0;
      }
      const auto multiplier = static_cast<double>(shared) / static_cast<double>(factors_sharing);
      bool agree = true;
      for (std::size_t c = 0; c < counts.size(); ++c) {
        const auto wanted =
            std::min(static_cast<double>(layout.elements), multiplier * static_cast<double>(factors[c]));
        const auto tolerance = 2 + 2 * multiplier + 1e-6 * wanted;  // both counts are rounded
        agree = agree && std::abs(static_cast<double>(counts[c]) - wanted) <= tolerance;
      }
      CHECK(agree);
    }
  }
}

TEST_CASE("with factors over many orders of magnitude the largest channels are full and the next takes the rest") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    const region_layout layout{.images = 1, .channels = 16, .elements = 1000};
    auto counts = channel_counts({0.99, 10, 0, seed}, layout);
    std::sort(counts.begin(), counts.end());
    CHECK(sum_of(counts) == 15840);
    CHECK(counts[8] == 1000);
  }
}

TEST_CASE("a large batch of tiny images shares each channel's non-zeros out evenly, and not in a pattern") {
  const shape_4d shape{2048, 64, 1, 2};
  const synthetic_source source{0.3, 0.5, 0, 4};
  const region_counts counts(source, {shape.n, shape.c, 2}, counter_rng(source.seed, "a"));
  for (std::uint64_t channel = 0; channel < shape.c; ++channel) {
    std::uint64_t sum = 0;
    std::uint64_t least = 2;
    std::uint64_t most = 0;
    for (std::uint64_t image = 0; image < shape.n; ++image) {
      sum += counts.of(image, channel);
      least = std::min(least, counts.of(image, channel));
      most = std::max(most, counts.of(image, channel));
    }
    const auto above = static_cast<double>(sum - least * shape.n);
    CHECK(most <= least + 1);
    // Neighbouring images are independent: of those that have one more, the following image has it as often as any.
    double followed = 0;
    for (std::uint64_t image = 0; image + 1 < shape.n; ++image) {
      const bool has_more = counts.of(image, channel) > least;
      followed += has_more && counts.of(image + 1, channel) > least ? 1 : 0;
    }
    const auto chance = above / static_cast<double>(shape.n);
    const auto mean = above * chance;
    CHECK(std::abs(followed - mean) <= 5 * std::sqrt(mean + 1) + 1);
  }
}

}  // namespace dlac::test
