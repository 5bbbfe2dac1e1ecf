// The plain reference convolution and its epilogue against values computed by hand, and its arithmetic against that of
// the processing elements.

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/numbers/half.h"
#include "sim/reference/convolution.h"
#include "sim/reference/epilogue.h"
#include "sim/reference/rounding.h"

namespace dlac {
namespace {

using values = std::vector<float>;

constexpr float infinity = std::numeric_limits<float>::infinity();

std::uint32_t bit_pattern(float x) {
  return std::bit_cast<std::uint32_t>(x);
}

pass_formats forward_formats(ieee_float format, weight_format weights) {
  return formats_of(uniform_formats(format), pass_kind::forward, weights);
}

/// One image, one channel in and out, ternary, fp32.
reference_layer plane_layer(shape_4d input, shape_4d weights, size_2d stride, padding_2d padding) {
  return {forward_formats(ieee_float::fp32, weight_format::ternary), input, weights, stride, padding};
}

/// One output over steps (channels): activations [1, k, 1, 1], weights [1, k, 1, 1].
float dot(ieee_float format, weight_format weights_in, const values& activations, const values& weights) {
  const std::uint64_t k = activations.size();
  const reference_layer layer{forward_formats(format, weights_in), {1, k, 1, 1}, {1, k, 1, 1}, {1, 1}};
  const values output = reference_convolution(layer, activations, weights);
  REQUIRE(output.size() == 1);
  return output[0];
}

/// The definition, one output at a time, with the arithmetic of the processing elements.
float naive_output(const reference_layer& l, const values& x, const values& w, const shape_4d& place, bool half) {
  const auto round = [half](float v) { return half ? round_to_half(v) : v; };
  const std::uint64_t first_channel = place.c / (l.weights.n / l.groups) * l.weights.c;
  float sum = 0;
  for (std::uint64_t c = 0; c < l.weights.c; ++c) {
    for (std::uint64_t ky = 0; ky < l.weights.h; ++ky) {
      for (std::uint64_t kx = 0; kx < l.weights.w; ++kx) {
        const auto y = static_cast<std::int64_t>(place.h * l.stride.h + ky) - l.padding.top;
        const auto z = static_cast<std::int64_t>(place.w * l.stride.w + kx) - l.padding.left;
        const auto height = static_cast<std::int64_t>(l.input.h);
        const auto width = static_cast<std::int64_t>(l.input.w);
        if (y < 0 || y >= height || z < 0 || z >= width) continue;
        const auto row = static_cast<std::int64_t>((place.n * l.input.c + first_channel + c) * l.input.h) + y;
        const float a = round(x[static_cast<std::size_t>(row * width + z)]);
        const float b = round(w[((place.c * l.weights.c + c) * l.weights.h + ky) * l.weights.w + kx]);
        if (is_ternary(l.formats.columns)) {
          sum = round(sum + a * b);
        } else {
          sum = half ? fma_half(a, b, sum) : std::fma(a, b, sum);
        }
      }
    }
  }
  return sum;
}

values naive_convolution(const reference_layer& l, const values& x, const values& w) {
  const shape_4d shape = reference_output_shape(l);
  values output;
  for (std::uint64_t n = 0; n < shape.n; ++n) {
    for (std::uint64_t c = 0; c < shape.c; ++c) {
      for (std::uint64_t y = 0; y < shape.h; ++y) {
        for (std::uint64_t z = 0; z < shape.w; ++z) {
          output.push_back(naive_output(l, x, w, {n, c, y, z}, l.formats.accumulator == ieee_float::fp16));
        }
      }
    }
  }
  return output;
}

/// A layer of `channels` outputs on one pixel each, for epilogues.
layer pixel_layer(std::uint32_t channels, std::vector<pt_wise_op> epilogue) {
  layer l;
  l.name = "conv1";
  l.in_channels = 1;
  l.out_channels = channels;
  l.input_size = l.kernel = l.stride = {1, 1};
  l.epilogue = std::move(epilogue);
  return l;
}

const pt_wise_op mul_add{pt_wise_kind::mul_add, false, "", 0};
const pt_wise_op add_bias{pt_wise_kind::add, false, "", 0};
const pt_wise_op sub_bias{pt_wise_kind::sub, false, "", 0};
const pt_wise_op add_map{pt_wise_kind::add, true, "residual", 0};
const pt_wise_op sub_map{pt_wise_kind::sub, true, "other", 0};
pt_wise_op select_above(double threshold) {
  return {pt_wise_kind::select, false, "", threshold};
}

values after(const layer& l, ieee_float accumulator, values output, const values& scale, const values& bias,
             const std::vector<values>& streamed) {
  apply_reference_epilogue(l, accumulator, output, scale, bias, streamed);
  return output;
}

}  // namespace

TEST_CASE("the reference's rounding is the processing elements' rounding") {
  // All sign, exponent and upper fraction bits, with the lower bits none, least, half and all: the bits below those
  // that decide matter only as zero or not. NaNs aside.
  std::uint64_t differences = 0;
  for (std::uint32_t upper = 0; upper < (1U << 21U); ++upper) {
    for (const std::uint32_t lower : {0U, 1U, 0x400U, 0x7FFU}) {
      const auto x = std::bit_cast<float>(upper << 11U | lower);
      if (std::isnan(x)) continue;
      if (bit_pattern(reference_half(x)) != bit_pattern(round_to_half(x))) ++differences;
      const auto wide = static_cast<float>(reference_half(static_cast<double>(x)));
      if (bit_pattern(wide) != bit_pattern(round_to_half(static_cast<double>(x)))) ++differences;
    }
  }
  CHECK(differences == 0);
  CHECK(std::isnan(reference_half(std::numeric_limits<float>::quiet_NaN())));
  CHECK(reference_half(infinity) == infinity);
  CHECK(reference_half(-infinity) == -infinity);
}

TEST_CASE("the reference's multiply-add and sum are the processing elements'") {
  std::mt19937_64 random(22);
  std::uint64_t differences = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const std::uint64_t draw = random();
    const float a = half_to_float(static_cast<std::uint16_t>(draw & 0xBBFFU));
    const float b = half_to_float(static_cast<std::uint16_t>(draw >> 16U & 0xBBFFU));
    float c = half_to_float(static_cast<std::uint16_t>(draw >> 32U & 0xBBFFU));
    // Every other time as close as possible to a midpoint: a half plus half its unit.
    if (draw >> 63U != 0) c = round_to_half(c * (1 + 0x1p-11) - static_cast<double>(a) * b);
    if (bit_pattern(reference_half_fma(a, b, c)) != bit_pattern(fma_half(a, b, c))) ++differences;
    if (bit_pattern(reference_half_sum(a, c)) != bit_pattern(fma_half(a, 1.0F, c))) ++differences;
  }
  CHECK(differences == 0);
}

TEST_CASE("mul and clamp by hand, in every float") {
  layer l;
  l.type = layer_type::linear;
  l.in_channels = 1;
  l.out_channels = 2;
  pt_wise_op factor{.kind = pt_wise_kind::mul, .streams_feature_map = false, .tensor = "t", .is_per_channel = true};
  pt_wise_op clamp{.kind = pt_wise_kind::clamp, .streams_feature_map = false, .tensor = ""};
  clamp.minimum = -0.1;
  clamp.maximum = 6;
  // 0.1 is 0.0999755859375 in fp16 and 0.10009765625 in bf16.
  for (const auto& [format, tenth] : {std::pair(ieee_float::fp32, 0.1F), std::pair(ieee_float::fp16, 0.0999755859375F),
                                      std::pair(ieee_float::bf16, 0.10009765625F)}) {
    l.epilogue = {factor};
    CHECK(after(l, format, {3, -2}, {}, {}, {{0.5F, 0.1F}}) == values{1.5F, -2 * tenth});
    const auto zeros = after(l, format, {-0.0F, 2}, {}, {}, {{2, -0.0F}});
    CHECK((std::signbit(zeros[0]) && std::signbit(zeros[1])));
    l.epilogue = {clamp};
    CHECK(after(l, format, {7, -1}, {}, {}, {}) == values{6, -tenth});
    CHECK(after(l, format, {6, 0.25F}, {}, {}, {}) == values{6, 0.25F});
  }
  factor.is_per_channel = false;
  factor.streams_feature_map = true;
  l.epilogue = {factor};
  CHECK(after(l, ieee_float::fp32, {3, -2}, {}, {}, {{0.5F, 4}}) == values{1.5F, -8});
  CHECK_THROWS_AS(after(l, ieee_float::fp32, {3, -2}, {}, {}, {{0.5F}}), simulation_error);
}

TEST_CASE("convolution by hand") {
  const values square{1, 2, 3, 4, 5, 6, 7, 8, 9};
  SUBCASE("the window moves by one") {
    const auto l = plane_layer({1, 1, 3, 3}, {1, 1, 2, 2}, {1, 1}, {0, 0});
    CHECK(reference_convolution(l, square, values{1, -1, 0, 1}) == values{4, 5, 7, 8});
  }
  SUBCASE("stride and padding") {
    const auto l = plane_layer({1, 1, 3, 3}, {1, 1, 3, 3}, {2, 2}, {1, 1});
    CHECK(reference_convolution(l, square, values(9, 1)) == values{12, 16, 24, 28});
  }
  SUBCASE("stride and padding differ between height and width") {
    const auto l = plane_layer({1, 1, 3, 2}, {1, 1, 1, 3}, {2, 1}, {0, 1});
    CHECK(reference_convolution(l, values{1, 2, 3, 4, 5, 6}, values{1, 1, -1}) == values{-1, 3, -1, 11});
  }
  SUBCASE("the stride leaves the last row and column out") {
    const auto l = plane_layer({1, 1, 3, 3}, {1, 1, 2, 2}, {2, 2}, {0, 0});
    CHECK(reference_convolution(l, square, values{1, 1, 1, 1}) == values{12});
  }
  SUBCASE("the kernel is as large as the image") {
    const auto l = plane_layer({1, 1, 3, 3}, {1, 1, 3, 3}, {1, 1}, {0, 0});
    CHECK(reference_convolution(l, square, values{1, 0, 0, 0, 1, 0, 0, 0, -1}) == values{-3});
  }
  SUBCASE("channels and images, 1x1") {
    const auto l = plane_layer({2, 2, 1, 2}, {2, 2, 1, 1}, {1, 1}, {0, 0});
    CHECK(reference_convolution(l, values{1, 2, 10, 20, 3, 4, 30, 40}, values{1, 1, 1, -1}) ==
          values{11, 22, -9, -18, 33, 44, -27, -36});
  }
  SUBCASE("groups") {
    auto l = plane_layer({2, 4, 1, 1}, {2, 2, 1, 1}, {1, 1}, {0, 0});
    l.groups = 2;
    CHECK(reference_convolution(l, values{1, 2, 3, 4, 5, 7, 11, 13}, values{1, -1, 1, 1}) == values{-1, 7, -2, 24});
  }
  SUBCASE("full weights") {
    const auto fp32 = ieee_float::fp32;
    CHECK(dot(fp32, weight_format::full, {1, 2, 3, 4}, {0.5, 0.25, -1, 2}) == 6);
  }
}

TEST_CASE("products accumulate in the order (cin, ky, kx), one rounding each") {
  const auto fp16 = ieee_float::fp16;
  const auto ternary = weight_format::ternary;
  // Halves from 2048 on are even: 2048 + 1 is a tie and stays 2048.
  CHECK(dot(fp16, ternary, {2048, 1, 1}, {1, 1, 1}) == 2048);
  CHECK(dot(fp16, ternary, {1, 1, 2048}, {1, 1, 1}) == 2050);
  CHECK(dot(fp16, weight_format::full, {2048, 1, 1}, {1, 1, 1}) == 2048);
  CHECK(dot(fp16, weight_format::full, {1, 1, 2048}, {1, 1, 1}) == 2050);
  CHECK(dot(ieee_float::fp32, ternary, {0x1p24F, 1, 1}, {1, 1, 1}) == 0x1p24F);
  CHECK(dot(ieee_float::fp32, ternary, {1, 1, 0x1p24F}, {1, 1, 1}) == 0x1p24F + 2);
  // 1 + 1 + 2048 = 2050, and 2051 is a tie that goes to 2052. With the kernel's columns (or rows) outside the channels
  // (or columns), 1 + 2048 would come first and end at 2048.
  const values four{1, 1, 2048, 1};
  const reference_layer channels{forward_formats(fp16, ternary), {1, 2, 1, 2}, {1, 2, 1, 2}, {1, 1}};
  CHECK(reference_convolution(channels, four, values(4, 1)) == values{2052});
  const reference_layer kernel{forward_formats(fp16, ternary), {1, 1, 2, 2}, {1, 1, 2, 2}, {1, 1}};
  CHECK(reference_convolution(kernel, four, values(4, 1)) == values{2052});
}

TEST_CASE("full weights multiply and add in one rounding") {
  // (1 + 2^-12)^2 - 1 = 2^-11 + 2^-24; a rounded product would lose the last bit.
  CHECK(dot(ieee_float::fp32, weight_format::full, {-1, 1 + 0x1p-12F}, {1, 1 + 0x1p-12F}) == 0x1p-11F + 0x1p-24F);
  CHECK(dot(ieee_float::fp16, weight_format::full, {0x1p-24F, 1.5F}, {1, 683.0F / 1024}) == 1 + 0x1p-10F);
}

TEST_CASE("fp16 operands are rounded first, and sums overflow to infinity") {
  const auto fp16 = ieee_float::fp16;
  CHECK(dot(fp16, weight_format::ternary, {2049}, {-1}) == -2048);
  CHECK(dot(fp16, weight_format::full, {3, -1}, {1.0F / 3, 1}) == 0);  // 3 * 1365/4096 is a tie and goes to 1
  CHECK(dot(fp16, weight_format::full, {1}, {1.0F / 3}) == 1365.0F / 4096);
  CHECK(dot(fp16, weight_format::ternary, {65504, 15}, {1, 1}) == 65504);
  CHECK(dot(fp16, weight_format::ternary, {65504, 16}, {1, 1}) == infinity);
}

TEST_CASE("a sum of zero is +0") {
  const auto fp32 = ieee_float::fp32;
  const auto fp16 = ieee_float::fp16;
  CHECK(bit_pattern(dot(fp32, weight_format::ternary, {-0.0F, 0.0F}, {1, -1})) == 0);
  CHECK(bit_pattern(dot(fp32, weight_format::full, {1e-30F}, {-1e-30F})) == 0);  // underflows to -0
  CHECK(bit_pattern(dot(fp16, weight_format::full, {0x1p-20F}, {-0x1p-20F})) == 0);
}

TEST_CASE("layers larger than a block of pixels and a chunk of steps") {
  std::mt19937 random(23);
  std::uniform_real_distribution<float> value(-2, 2);
  for (const ieee_float accumulator : {ieee_float::fp32, ieee_float::fp16}) {
    for (const auto format : {weight_format::ternary, weight_format::full}) {
      const reference_layer l{forward_formats(accumulator, format), {2, 18, 21, 19}, {4, 9, 3, 3}, {1, 1}, {1, 1}, 2};
      values x(l.input.elements());
      values w(l.weights.elements());
      for (float& v : x) v = random() % 3 == 0 ? 0.0F : value(random);
      for (float& v : w) v = format == weight_format::full ? value(random) : static_cast<float>(random() % 3) - 1.0F;
      CHECK(reference_convolution(l, x, w) == naive_convolution(l, x, w));
    }
  }
}

TEST_CASE("shapes that do not fit are refused") {
  const values nine(9, 1);
  const auto refused = [&](const reference_layer& l) {
    CHECK_THROWS_AS((void)reference_convolution(l, nine, nine), simulation_error);
  };
  refused(plane_layer({1, 1, 3, 3}, {1, 1, 4, 3}, {1, 1}, {0, 0}));
  refused(plane_layer({1, 1, 3, 3}, {1, 1, 3, 3}, {0, 1}, {0, 0}));
  refused(plane_layer({1, 2, 3, 3}, {1, 1, 3, 3}, {1, 1}, {0, 0}));
  refused(plane_layer({1, 1, 3, 4}, {1, 1, 3, 3}, {1, 1}, {0, 0}));
  refused(plane_layer({1, 1, 3, 3}, {1, 1, 2, 2}, {1, 1}, {0, 0}));
  auto grouped = plane_layer({1, 1, 3, 3}, {1, 1, 3, 3}, {1, 1}, {0, 0});
  grouped.groups = 0;
  refused(grouped);
}

TEST_CASE("epilogue: mul-add is fused and per channel") {
  const auto fp32 = ieee_float::fp32;
  const auto fp16 = ieee_float::fp16;
  CHECK(after(pixel_layer(2, {mul_add}), fp32, {1, 2, 3, 4}, {2, 10}, {1, -1}, {}) == values{3, 19, 7, 39});
  CHECK(after(pixel_layer(1, {mul_add}), fp32, {1 + 0x1p-12F}, {1 + 0x1p-12F}, {-1}, {}) ==
        values{0x1p-11F + 0x1p-24F});
  CHECK(after(pixel_layer(1, {mul_add}), fp16, {1.5F}, {683.0F / 1024}, {0x1p-24F}, {}) == values{1 + 0x1p-10F});
  // Scale and bias become halves first: 1.0001 is 1, 2049 is 2048.
  CHECK(after(pixel_layer(1, {mul_add}), fp16, {4}, {1.0001F}, {2049}, {}) == values{2052});
}

TEST_CASE("epilogue: sums and differences") {
  const auto fp32 = ieee_float::fp32;
  const auto fp16 = ieee_float::fp16;
  CHECK(after(pixel_layer(2, {add_bias}), fp32, {1, 2}, {}, {0.5, -2}, {}) == values{1.5, 0});
  CHECK(after(pixel_layer(2, {sub_bias}), fp32, {1, 2}, {}, {0.5, -2}, {}) == values{0.5, 4});
  CHECK(after(pixel_layer(2, {add_map}), fp32, {1, 2}, {}, {}, {{10, 20}}) == values{11, 22});
  CHECK(after(pixel_layer(1, {add_map, sub_map}), fp32, {1}, {}, {}, {{10}, {3}}) == values{8});
  CHECK(after(pixel_layer(1, {add_map}), fp16, {2048}, {}, {}, {{1}}) == values{2048});
  CHECK(after(pixel_layer(1, {sub_map}), fp16, {4}, {}, {}, {{2049}}) == values{-2044});
}

TEST_CASE("epilogue: select keeps what is above the threshold, which is the accumulator's float") {
  const auto fp32 = ieee_float::fp32;
  const auto fp16 = ieee_float::fp16;
  const auto relu = pixel_layer(1, {select_above(0.01)});
  CHECK(after(relu, fp32, {-1, 0.01F, std::nextafter(0.01F, 1.0F), 5}, {}, {}, {}) ==
        values{0, 0, std::nextafter(0.01F, 1.0F), 5});
  const float half_threshold = 0.01000213623046875F;  // the half nearest to 0.01
  CHECK(after(relu, fp32, {half_threshold}, {}, {}, {}) == values{half_threshold});
  CHECK(after(relu, fp16, {half_threshold, half_threshold + 0x1p-17F}, {}, {}, {}) ==
        values{0, half_threshold + 0x1p-17F});
  // One rounding: 1 + 2^-11 + 2^-40 is 1 + 2^-10 as a half, but 1 by way of a float.
  CHECK(after(pixel_layer(1, {select_above(1 + 0x1p-11 + 0x1p-40)}), fp16, {1 + 0x1p-10F}, {}, {}, {}) == values{0});
  CHECK(bit_pattern(after(pixel_layer(1, {select_above(-1)}), fp32, {-2}, {}, {}, {})[0]) == 0);
  CHECK(after(pixel_layer(1, {mul_add, add_map, select_above(0)}), fp32, {1, -1}, {2}, {1}, {{}, {-4, 4}}) ==
        values{0, 3});
}

TEST_CASE("epilogue: missing and misshapen operands are refused") {
  const auto refused = [](const layer& l, const values& scale, const values& bias, const std::vector<values>& maps) {
    CHECK_THROWS_AS(after(l, ieee_float::fp32, {1, 2}, scale, bias, maps), simulation_error);
  };
  refused(pixel_layer(2, {mul_add}), {1}, {1, 1}, {});
  refused(pixel_layer(2, {mul_add}), {1, 1}, {}, {});
  refused(pixel_layer(2, {add_bias}), {}, {1}, {});
  refused(pixel_layer(2, {add_map}), {}, {}, {});
  refused(pixel_layer(2, {add_map}), {}, {}, {{1}});
  refused(pixel_layer(2, {select_above(0), add_map}), {}, {}, {{1, 2}});
}

}  // namespace dlac
