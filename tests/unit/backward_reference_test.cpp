// The references of the backward passes: by hand, and as the adjoints of the forward reference.

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "sim/core/error.h"
#include "sim/mapping/values.h"
#include "sim/reference/backward.h"
#include "sim/reference/convolution.h"
#include "tests/engines/random_case.h"

namespace dlac::test {
namespace {

pass_formats fp32_formats(weight_format weights) {
  return formats_of(uniform_formats(ieee_float::fp32), pass_kind::backward_data, weights);
}

/// One image, one channel in and out.
reference_layer row_layer(std::uint64_t width, std::uint64_t kernel, std::uint32_t stride, std::uint32_t padding,
                          weight_format format = weight_format::full) {
  return {fp32_formats(format), {1, 1, 1, width}, {1, 1, 1, kernel}, {1, stride}, {0, padding}};
}

using numbers = std::vector<float>;

reference_layer draw_reference_layer(draws& random) {
  reference_layer layer;
  layer.groups = random.between(1, 3);
  const auto inputs = random.between(1, 4);
  const auto outputs = layer.groups * random.between(1, 4);
  layer.weights = {outputs, inputs, random.between(1, 5), random.between(1, 5)};
  layer.stride = {random.between(1, 3), random.between(1, 3)};
  layer.padding = {random.between(0, 3), random.between(0, 3)};
  layer.input = {random.between(1, 3), layer.groups * inputs, layer.weights.h + random.below(7),
                 layer.weights.w + random.below(7)};
  layer.formats = fp32_formats(random.chance(0.5) ? weight_format::ternary : weight_format::full);
  return layer;
}

/// Small integers: sums of their products are exact in any order.
numbers draw_integers(draws& random, std::uint64_t count, std::int64_t largest) {
  numbers values(count);
  for (float& value : values) {
    value = static_cast<float>(static_cast<std::int64_t>(random.below(2 * static_cast<std::uint64_t>(largest) + 1)) -
                               largest);
  }
  return values;
}

double inner_product(const numbers& a, const numbers& b) {
  REQUIRE(a.size() == b.size());
  return std::inner_product(
      a.begin(), a.end(), b.begin(), 0.0, [](double sum, double product) { return sum + product; },
      [](float x, float y) { return static_cast<double>(x) * static_cast<double>(y); });
}

}  // namespace

TEST_CASE("backward references by hand: a row of three pixels") {
  const auto plain = row_layer(3, 2, 1, 0);
  // o0 = x0 w0 + x1 w1, o1 = x1 w0 + x2 w1
  CHECK(reference_backward_data(plain, numbers{5, 7}, numbers{2, 3}) == numbers{10, 15 + 14, 21});
  CHECK(reference_backward_weight(plain, numbers{1, 2, 3}, numbers{5, 7}) == numbers{5 + 14, 10 + 21});
}

TEST_CASE("backward references by hand: stride and padding") {
  // o0 = x0 w1 (w0 meets padding), o1 = x1 w0 + x2 w1: kernel 2, stride 2, padding 1 on a row of 3.
  const auto strided = row_layer(3, 2, 2, 1);
  CHECK(reference_backward_data(strided, numbers{5, 7}, numbers{2, 3}) == numbers{15, 14, 21});
  CHECK(reference_backward_weight(strided, numbers{1, 2, 3}, numbers{5, 7}) == numbers{2 * 7, 1 * 5 + 3 * 7});
  // Pixels that no output reads have no gradient.
  CHECK(reference_backward_data(row_layer(5, 1, 2, 0), numbers{5, 6, 7}, numbers{2}) == numbers{10, 0, 12, 0, 14});
}

TEST_CASE("backward references round once per product, in the contract's order") {
  // Two outputs reach pixel 1: kernel position 0 from output 1 first, then position 1 from output 0.
  const auto ternary = row_layer(3, 2, 1, 0, weight_format::ternary);
  CHECK(reference_backward_data(ternary, numbers{0x1p24F, 1}, numbers{1, 1})[1] == 0x1p24F);
  // Three products of one weight, in pixel order: 2^24 swallows a 1 that comes after it, but not two before it.
  const auto wide = row_layer(3, 1, 1, 0);
  CHECK(reference_backward_weight(wide, numbers{1, 1, 1}, numbers{0x1p24F, 1, 1})[0] == 0x1p24F);
  CHECK(reference_backward_weight(wide, numbers{1, 1, 1}, numbers{1, 1, 0x1p24F})[0] == 0x1p24F + 2);
  // Fused: the product is not rounded.
  const float x = 1 + 0x1p-12F;
  CHECK(reference_backward_weight(row_layer(2, 1, 1, 0), numbers{1, x}, numbers{-1, x})[0] == 0x1p-11F + 0x1p-24F);
}

TEST_CASE("a gradient of zero is +0") {
  const auto layer = row_layer(1, 1, 1, 0);
  CHECK_FALSE(std::signbit(reference_backward_data(layer, numbers{-0x1p-149F}, numbers{0x1p-149F})[0]));
  CHECK_FALSE(std::signbit(reference_backward_weight(layer, numbers{-0x1p-149F}, numbers{0x1p-149F})[0]));
}

TEST_CASE("the backward passes are the adjoints of the forward pass") {
  draws random(1);
  for (int i = 0; i < 300; ++i) {
    const auto layer = draw_reference_layer(random);
    const auto activations = draw_integers(random, layer.input.elements(), 4);
    const auto weights = draw_integers(random, layer.weights.elements(), is_ternary(layer.formats.columns) ? 1 : 3);
    const auto gradients = draw_integers(random, reference_output_shape(layer).elements(), 4);
    CAPTURE(i);
    const auto forward = inner_product(reference_convolution(layer, activations, weights), gradients);
    CHECK(forward == inner_product(activations, reference_backward_data(layer, gradients, weights)));
    CHECK(forward == inner_product(weights, reference_backward_weight(layer, activations, gradients)));
  }
}

TEST_CASE("ReLU's derivative keeps the gradient where the input is not zero") {
  numbers gradients{1, -2, 3, -4};
  apply_reference_relu_derivative(gradients, numbers{0.5F, 0, -0.0F, -1});
  CHECK(gradients == numbers{1, 0, 0, -4});
  CHECK_FALSE(std::signbit(gradients[1]));
}

TEST_CASE("the update: momentum, learning rate, ternary weights") {
  const numbers velocity{10, 0, 0, -10};
  const numbers master{1, 0.25F, -0.25F, -1};
  numbers full{2, 4, 0, 0};
  apply_reference_update({weight_format::full, 0.5F, 0.25F, velocity, master}, full);
  // v = 7, 4, 0, -5; w = 1 - 1.75, 0.25 - 1, -0.25, -1 + 1.25
  CHECK(full == numbers{-0.75F, -0.75F, -0.25F, 0.25F});
  // mean |w| = 0.625, threshold 0.4375
  numbers ternary{2, 4, 0, 0};
  apply_reference_update({weight_format::ternary, 0.5F, 0.25F, velocity, master}, ternary);
  CHECK(ternary == numbers{-1, -1, 0, 0});
  numbers risen{-20, 0, 0, 0};
  apply_reference_update({weight_format::ternary, 0, 0.25F, velocity, master}, risen);
  CHECK(risen == numbers{1, 0, 0, -1});
  CHECK(ternary_threshold(master) == 0.4375F);
}

TEST_CASE("operands of the wrong size are refused") {
  const auto layer = row_layer(3, 2, 1, 0);
  CHECK_THROWS_AS(static_cast<void>(reference_backward_data(layer, numbers{1}, numbers{1, 2})), simulation_error);
  CHECK_THROWS_AS(static_cast<void>(reference_backward_weight(layer, numbers{1}, numbers{1, 2})), simulation_error);
  numbers gradients{1, 2};
  CHECK_THROWS_AS(apply_reference_relu_derivative(gradients, numbers{1}), simulation_error);
  CHECK_THROWS_AS(apply_reference_update({}, gradients), simulation_error);
}

}  // namespace dlac::test
