// Bit-exact comparison, max-pooling, and the tolerance that recorded values are held against.

#include "sim/reference/comparison.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "sim/core/error.h"
#include "sim/nodes/map_shape.h"

namespace dlac {
namespace {

using values = std::vector<float>;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// 0, 0.01, ... 100: a range of 100.
values ramp() {
  values v;
  for (int i = 0; i <= 10000; ++i) v.push_back(static_cast<float>(i) / 100);
  return v;
}

}  // namespace

TEST_CASE("the first difference in bits is found") {
  CHECK_FALSE(first_bit_difference(values{1, -0.0F, infinity}, values{1, -0.0F, infinity}));
  CHECK_FALSE(first_bit_difference(values{}, values{}));
  const auto third = first_bit_difference(values{1, 2, 3, 4}, values{1, 2, std::nextafter(3.0F, 4.0F), 5});
  REQUIRE(third);
  CHECK(third->index == 2);
  CHECK(third->simulated == 3.0F);
  CHECK(third->expected == std::nextafter(3.0F, 4.0F));
  CHECK(first_bit_difference(values{-0.0F}, values{0.0F}));
  CHECK(first_bit_difference(values{nan}, values{1}));
  CHECK(first_bit_difference(values{1}, values{nan}));
  CHECK_FALSE(first_bit_difference(values{nan}, values{-nan}));
  CHECK_THROWS_AS((void)first_bit_difference(values{1}, values{1, 2}), simulation_error);
}

TEST_CASE("a mismatch names its place") {
  const shape_4d shape{2, 3, 4, 5};
  CHECK(place_of(0, shape) == shape_4d{0, 0, 0, 0});
  CHECK(place_of(4, shape) == shape_4d{0, 0, 0, 4});
  CHECK(place_of(5, shape) == shape_4d{0, 0, 1, 0});
  CHECK(place_of(119, shape) == shape_4d{1, 2, 3, 4});
  CHECK(to_string(value_mismatch{66, 1.5F, -0.0F}, shape) ==
        "output [n, c, y, x] = [1, 0, 1, 1]: simulated 1.5 (0x3fc00000), expected -0 (0x80000000)");
}

TEST_CASE("max-pooling") {
  const max_pool by_three{{3, 3}, {2, 2}, {1, 1}};
  CHECK(pooled_shape({1, 64, 112, 112}, by_three) == shape_4d{1, 64, 56, 56});
  const values square{1, 2, 3, 4, 5, 6, 7, 8, 9};
  CHECK(apply_max_pool(square, {1, 1, 3, 3}, by_three) == values{5, 6, 8, 9});
  CHECK(apply_max_pool(square, {1, 1, 3, 3}, {{2, 1}, {1, 2}, {0, 0}}) == values{4, 6, 7, 9});
  CHECK(apply_max_pool(values{1, 2, 3, 4}, {2, 1, 1, 2}, {{1, 2}, {1, 1}, {0, 0}}) == values{2, 4});
  // The padding is no zero.
  CHECK(apply_max_pool(values{-3}, {1, 1, 1, 1}, by_three) == values{-3});
  CHECK_THROWS_AS((void)apply_max_pool(square, {1, 1, 3, 3}, {{4, 1}, {1, 1}, {0, 0}}), node_misfit);
  CHECK_THROWS_AS((void)apply_max_pool(square, {1, 1, 3, 4}, by_three), simulation_error);
}

TEST_CASE("agreement with recorded values: the largest error") {
  const values recorded = ramp();
  values output = recorded;
  auto agreement = compare_with_recorded(output, recorded);
  CHECK(agreement.correlation == doctest::Approx(1).epsilon(1e-12));
  CHECK(agreement.largest_error == 0);
  CHECK(agreement.range == 100);
  CHECK(agreement.holds(ieee_float::fp32, 9));
  output[5000] = 51;  // recorded as 50: exactly 1 % of the range
  CHECK(compare_with_recorded(output, recorded).largest_error == 1);
  CHECK_FALSE(compare_with_recorded(output, recorded).holds(ieee_float::fp32, 9));
  output[5000] = std::nextafter(51.0F, 0.0F);
  CHECK(compare_with_recorded(output, recorded).holds(ieee_float::fp32, 9));
  output[5000] = std::nextafter(49.0F, 100.0F);
  CHECK(compare_with_recorded(output, recorded).holds(ieee_float::fp32, 9));
  output[5000] = 49;
  CHECK_FALSE(compare_with_recorded(output, recorded).holds(ieee_float::fp32, 9));
}

TEST_CASE("agreement with recorded values: the correlation") {
  // An error e at right angles to the recorded values makes it 1 / sqrt(1 + e^2): 0.9999 at e = 0.014143. 1 % of the
  // range is 0.02.
  const values recorded{1, 1, -1, -1};
  const auto with_error = [](float e) { return values{1 + e, 1 - e, -1 + e, -1 - e}; };
  const auto below = compare_with_recorded(with_error(0.01413F), recorded);
  CHECK(below.correlation == doctest::Approx(0.99990019).epsilon(1e-8));
  CHECK(below.holds(ieee_float::fp32, 9));
  const auto above = compare_with_recorded(with_error(0.01416F), recorded);
  CHECK(above.largest_error < 0.02);
  CHECK_FALSE(above.holds(ieee_float::fp32, 9));
  CHECK(compare_with_recorded(values{-1, -1, 1, 1}, recorded).correlation == doctest::Approx(-1));
}

TEST_CASE("agreement of constants and of values that are not finite") {
  CHECK(compare_with_recorded(values{2, 2}, values{2, 2}).holds(ieee_float::fp32, 9));
  CHECK(compare_with_recorded(values{0.1F, 0.1F, 0.1F}, values{0.1F, 0.1F, 0.1F}).correlation == 1);
  // Where the recorded values are all the same, there is no correlation, and the error is held against their magnitude.
  const auto fp32 = ieee_float::fp32;
  CHECK(compare_with_recorded(values{2, 2}, values{3, 3}).correlation == 1);
  CHECK_FALSE(compare_with_recorded(values{2, 2}, values{3, 3}).holds(fp32, 9));
  CHECK(compare_with_recorded(values{2.97F}, values{-3}).holds(fp32, 9) == false);
  CHECK(compare_with_recorded(values{2.98F}, values{3}).holds(fp32, 9));
  CHECK_FALSE(compare_with_recorded(values{2.96F}, values{3}).holds(fp32, 9));
  CHECK_FALSE(compare_with_recorded(values{infinity}, values{3}).holds(fp32, 9));
  CHECK_FALSE(compare_with_recorded(values{nan}, values{3}).holds(fp32, 9));
  CHECK(compare_with_recorded(values{2, 2}, values{2, 3}).correlation == 0);
  CHECK_FALSE(compare_with_recorded(values{1, nan, 3}, values{1, 2, 3}).holds(ieee_float::fp32, 9));
  CHECK_FALSE(compare_with_recorded(values{1, infinity, 3}, values{1, 2, 3}).holds(ieee_float::fp32, 9));
  CHECK_THROWS_AS((void)compare_with_recorded(values{1}, values{1, 2}), simulation_error);
  CHECK_THROWS_AS((void)compare_with_recorded(values{}, values{}), simulation_error);
}

TEST_CASE("agreement in fp16: half a unit for each sum, and for the operands and the pointwise operations") {
  const auto fp16 = ieee_float::fp16;
  const values recorded = ramp();  // at most 100
  values output = recorded;
  // k = 12: 16 half units of 100: 2^-11 * 16 * 100 = 0.78125
  output[5000] = 50.78125F;
  const auto at_most = compare_with_recorded(output, recorded);
  CHECK(at_most.largest_recorded == 100);
  CHECK(at_most.tolerance(fp16, 12) == 0.78125);
  CHECK(at_most.tolerance(ieee_float::fp32, 12) == 1);
  CHECK(at_most.holds(fp16, 12));
  CHECK_FALSE(at_most.holds(fp16, 11));
  output[5000] = std::nextafter(50.78125F, 100.0F);
  CHECK_FALSE(compare_with_recorded(output, recorded).holds(fp16, 12));
  // The magnitude counts, whatever its sign; and long sums are still held by the correlation.
  CHECK(compare_with_recorded(values{-8, 1, 2}, values{-8, 1, 2}).largest_recorded == 8);
  CHECK_FALSE(compare_with_recorded(values{1, 2, 3, 4}, values{4, 3, 2, 1}).holds(fp16, 100000));
  CHECK(compare_with_recorded(values{0, 0}, values{0, 0}).holds(fp16, 1));
}

TEST_CASE("numbers that are not finite are counted") {
  CHECK(count_not_finite(values{}) == 0);
  CHECK(count_not_finite(values{1, infinity, -infinity, nan, std::numeric_limits<float>::max(), 0}) == 3);
}

}  // namespace dlac
