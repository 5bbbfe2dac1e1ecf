// Synthetic operands: as many non-zeros as asked for, where the header says.

#include "sim/workload/synthetic_operands.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "sim/numbers/half.h"

namespace dlac {
namespace {

double density(const bit_matrix& bits) {
  return static_cast<double>(bits.count()) / static_cast<double>(bits.rows() * bits.cols());
}

/// Density of every channel of a feature map of one image.
std::vector<double> channel_densities(const tensor_mask& mask) {
  std::vector<double> densities;
  for (std::uint64_t c = 0; c < mask.shape.c; ++c) {
    std::uint64_t count = 0;
    for (std::uint64_t y = 0; y < mask.shape.h; ++y) {
      for (std::uint64_t x = 0; x < mask.shape.w; ++x) {
        count += mask.bits.test(0, mask.first_bit(c, y) + x) ? 1 : 0;
      }
    }
    densities.push_back(static_cast<double>(count) / static_cast<double>(mask.shape.h * mask.shape.w));
  }
  return densities;
}

double log_sigma(const std::vector<double>& densities) {
  double sum = 0;
  double squares = 0;
  for (const double value : densities) {
    sum += std::log(value);
    squares += std::log(value) * std::log(value);
  }
  const auto n = static_cast<double>(densities.size());
  return std::sqrt(squares / n - sum / n * (sum / n));
}

/// Correlation of a bit with the one at (dy, dx) from it, for maps whose channels have the same density.
double correlation(const tensor_mask& mask, std::uint64_t dy, std::uint64_t dx) {
  const double mean = density(mask.bits);
  double product = 0;
  double count = 0;
  for (std::uint64_t c = 0; c < mask.shape.c; ++c) {
    for (std::uint64_t y = 0; y + dy < mask.shape.h; ++y) {
      for (std::uint64_t x = 0; x + dx < mask.shape.w; ++x) {
        const bool here = mask.bits.test(0, mask.first_bit(c, y) + x);
        const bool there = mask.bits.test(0, mask.first_bit(c, y + dy) + x + dx);
        product += (here ? 1 - mean : -mean) * (there ? 1 - mean : -mean);
        count += 1;
      }
    }
  }
  return product / count / (mean * (1 - mean));
}

bit_matrix in_rows_of(std::uint64_t cols, const bit_matrix& bits) {
  bit_matrix result(bits.rows() * bits.cols() / cols, cols);
  for (std::uint64_t row = 0; row < result.rows(); ++row) {
    copy_bits(result.row(row), 0, bits.row(row * cols / bits.cols()), row * cols % bits.cols(), cols);
  }
  return result;
}

std::uint64_t fingerprint(const bit_matrix& bits) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::uint64_t r = 0; r < bits.rows(); ++r) {
    for (const std::uint64_t word : bits.row(r)) {
      hash = (hash ^ word) * 0x100000001b3;
    }
  }
  return hash;
}

std::uint64_t rounded(double value) {
  return static_cast<std::uint64_t>(std::llround(value));
}

}  // namespace

TEST_CASE("the density is that asked for, to the element") {
  const shape_4d shape{2, 24, 13, 17};
  for (const double wanted : {0.0, 0.0001, 0.15, 0.31, 0.5, 0.9, 0.9999, 1.0}) {
    for (const double spread : {0.0, 0.6, 3.0}) {
      for (const double cluster : {0.0, 0.5, 1.0}) {
        const tensor_mask mask = synthetic_feature_map({wanted, spread, cluster, 7}, "a", shape);
        CHECK(mask.bits.count() == rounded(wanted * static_cast<double>(shape.elements())));
      }
    }
    const shape_4d weights{30, 20, 3, 3};
    CHECK(synthetic_weights({wanted, 0.4, 0.3, 7}, "w", weights).bits.count() ==
          rounded(wanted * static_cast<double>(weights.elements())));
  }
}

TEST_CASE("without spread every channel has the same share") {
  for (const double value : channel_densities(synthetic_feature_map({0.3, 0, 0.5, 1}, "a", {1, 64, 20, 20}))) {
    CHECK(value == doctest::Approx(0.3).epsilon(1e-9));  // 120 of 400
  }
}

TEST_CASE("shares that are no whole number are rounded up or down, not always the same channels") {
  std::set<std::uint64_t> patterns;
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const tensor_mask mask = synthetic_feature_map({0.25, 0, 0, seed}, "fc", {1, 512, 1, 1});
    CHECK(mask.bits.count() == 128);
    patterns.insert(fingerprint(mask.bits));
  }
  CHECK(patterns.size() == 4);
  for (const double value : channel_densities(synthetic_feature_map({0.31, 0, 0, 1}, "a", {1, 100, 7, 7}))) {
    CHECK((value == 15 / 49.0 || value == 16 / 49.0));
  }
}

TEST_CASE("channel_spread is the sigma of the logarithm of the channels' densities") {
  for (const double spread : {0.3, 0.6}) {
    const auto densities = channel_densities(synthetic_feature_map({0.1, spread, 0, 3}, "a", {1, 512, 64, 64}));
    CHECK(log_sigma(densities) == doctest::Approx(spread).epsilon(0.1));
  }
}

TEST_CASE("channels that would be more than full are full, and the others keep the mean") {
  const auto densities = channel_densities(synthetic_feature_map({0.7, 1.5, 0, 3}, "a", {1, 128, 16, 16}));
  CHECK(*std::max_element(densities.begin(), densities.end()) == 1);
  CHECK(*std::min_element(densities.begin(), densities.end()) < 0.3);
}

TEST_CASE("cluster makes neighbours alike, more so the higher it is, and only near by") {
  const auto draw = [](double cluster) { return synthetic_feature_map({0.3, 0, cluster, 11}, "a", {1, 16, 64, 64}); };
  const tensor_mask independent = draw(0);
  CHECK(std::abs(correlation(independent, 0, 1)) < 0.02);
  CHECK(std::abs(correlation(independent, 1, 0)) < 0.02);
  double previous = 0.02;
  for (const double cluster : {0.25, 0.5, 0.75, 1.0}) {
    const tensor_mask mask = draw(cluster);
    const double along = correlation(mask, 0, 1);
    CHECK(along > previous);
    CHECK(correlation(mask, 1, 0) == doctest::Approx(along).epsilon(0.15));
    CHECK(std::abs(correlation(mask, 0, 8)) < 0.05);
    previous = along;
  }
  CHECK(correlation(draw(0.5), 0, 1) == doctest::Approx(0.28).epsilon(0.15));
  CHECK(previous > 0.5);
}

TEST_CASE("seed and name make a draw, and nothing else does") {
  const auto draw = [](std::uint64_t seed, std::string_view name) {
    return synthetic_feature_map({0.4, 0.6, 0.5, seed}, name, {1, 8, 14, 14}).bits;
  };
  CHECK(draw(1, "a") == draw(1, "a"));
  CHECK_FALSE(draw(1, "a") == draw(2, "a"));
  CHECK_FALSE(draw(1, "a") == draw(1, "b"));
}

TEST_CASE("the bits of a seed are the same on every machine and in every version") {
  const shape_4d shape{2, 16, 14, 14};
  CHECK(fingerprint(
            in_rows_of(14, synthetic_feature_map({0.31, 0.6, 0.5, 7}, "layer1.0.conv1.activations", shape).bits)) ==
        3412937539157645112U);
  CHECK(fingerprint(synthetic_weights({0.57, 0.2, 0, 7}, "layer1.0.conv1.weights", {32, 16, 3, 3}).bits) ==
        11834058723163075348U);
}

TEST_CASE("values are halves, other than zero exactly where the mask is set") {
  const bit_matrix bits = synthetic_feature_map({0.5, 0, 0, 5}, "a", {1, 4, 32, 32}).bits;
  const std::vector<float> activations = synthetic_activation_values(5, "a", bits);
  const std::vector<float> full = synthetic_weight_values(5, "w", bits, weight_format::full);
  const std::vector<float> ternary = synthetic_weight_values(5, "w", bits, weight_format::ternary);
  REQUIRE(activations.size() == 4096);
  int positive = 0;
  for (std::uint64_t i = 0; i < activations.size(); ++i) {
    const bool set = bits.test(0, i);
    REQUIRE((activations[i] != 0) == set);
    REQUIRE((full[i] != 0) == set);
    REQUIRE(std::abs(ternary[i]) == (set ? 1 : 0));
    REQUIRE(activations[i] >= 0);
    REQUIRE(activations[i] < 2);
    REQUIRE(std::abs(full[i]) < 1);
    REQUIRE(round_to_half(activations[i]) == activations[i]);
    REQUIRE(round_to_half(full[i]) == full[i]);
    positive += ternary[i] > 0 ? 1 : 0;
  }
  CHECK(positive > 900);
  CHECK(positive < 1150);
  CHECK(synthetic_activation_values(5, "a", bits) == activations);
}

TEST_CASE("made-up feature maps are signed halves without zeros") {
  const std::vector<float> values = synthetic_signed_values("layer2.0.downsample.output", 1000);
  for (const float value : values) {
    REQUIRE(value != 0);
    REQUIRE(std::abs(value) < 2);
    REQUIRE(round_to_half(value) == value);
  }
  CHECK(*std::min_element(values.begin(), values.end()) < 0);
  CHECK(*std::max_element(values.begin(), values.end()) > 0);
}

TEST_CASE("scale is a half near 1 / sqrt(fan_in) and no power of two, bias is a small signed half") {
  for (const std::uint64_t fan_in : {1, 64, 576, 4608}) {
    const double middle = 1 / std::sqrt(static_cast<double>(fan_in));
    for (const float value : synthetic_scale(1, "c.scale", 64, fan_in)) {
      int exponent = 0;
      REQUIRE(std::frexp(value, &exponent) != 0.5F);
      REQUIRE(value > 0.74 * middle);
      REQUIRE(value < 1.26 * middle);
      REQUIRE(round_to_half(value) == value);
    }
  }
  for (const float value : synthetic_bias(1, "c.bias", 64)) {
    REQUIRE(value != 0);
    REQUIRE(std::abs(value) < 0.25);
    REQUIRE(round_to_half(value) == value);
  }
}

}  // namespace dlac
