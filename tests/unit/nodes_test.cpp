// Nodes between layers: shapes and values of every type against their definitions, and what does not fit.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "sim/nodes/map_shape.h"
#include "sim/nodes/node.h"
#include "sim/nodes/node_values.h"

namespace dlac {
namespace {

using extents = std::vector<std::uint64_t>;
using floats = std::vector<float>;

node_operation of(node_type type) {
  node_operation node;
  node.type = type;
  return node;
}

/// Counting up from 1.
floats counting(std::uint64_t elements) {
  floats values(elements);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i + 1);
  }
  return values;
}

floats random_values(std::uint64_t elements, unsigned seed) {
  std::mt19937 random(seed);
  floats values(elements);
  std::generate(values.begin(), values.end(), [&] { return static_cast<float>(random() % 2001) / 500.0F - 2.0F; });
  return values;
}

floats values_of(const node_operation& node, const map_shape& shape, const floats& in, std::uint64_t images = 1) {
  return node_values(node, {{&shape, &in}}, images);
}

std::string misfit_of(const node_operation& node, const std::vector<map_shape>& inputs) {
  try {
    static_cast<void>(node_shape(node, inputs));
  } catch (const node_misfit& misfit) {
    return misfit.key() + ": " + misfit.found() + "; " + misfit.expected();
  }
  return "";
}

/// Pixels of a pooling window by its definition: every position, one by one.
struct brute_window {
  double largest = -std::numeric_limits<double>::infinity();
  double sum = 0;
  int pixels = 0;
  int padded = 0;
};

brute_window window_at(const pool_window& w, size_2d size, const float* plane, std::int64_t oy, std::int64_t ox) {
  brute_window result;
  const auto stride = stride_of(w);
  for (std::int64_t ky = 0; ky < w.kernel.h; ++ky) {
    for (std::int64_t kx = 0; kx < w.kernel.w; ++kx) {
      const auto y = oy * stride.h + ky * w.dilation.h - w.padding.top;
      const auto x = ox * stride.w + kx * w.dilation.w - w.padding.left;
      if (y >= size.h + std::int64_t{w.padding.bottom} || x >= size.w + std::int64_t{w.padding.right}) {
        continue;
      }
      ++result.padded;
      if (y >= 0 && x >= 0 && y < size.h && x < size.w) {
        const double value = plane[y * size.w + x];
        result.largest = std::max(result.largest, value);
        result.sum += value;
        ++result.pixels;
      }
    }
  }
  return result;
}

TEST_CASE("nodes: pooling of random windows is what its definition says") {
  std::mt19937 random(11);
  const auto number = [&](std::uint32_t from, std::uint32_t to) {
    return from + static_cast<std::uint32_t>(random() % (to - from + 1));
  };
  int with_last = 0;
  int checked = 0;
  while (checked < 3000) {
    const bool is_max = random() % 2 == 0;
    auto node = of(is_max ? node_type::max_pool2d : node_type::avg_pool2d);
    auto& w = node.window;
    const size_2d size{number(1, 9), number(1, 9)};
    w.kernel = {number(1, 4), number(1, 4)};
    w.padding = {number(0, 2), number(0, 2), number(0, 2), number(0, 2)};
    w.ceil_mode = random() % 2 == 0;
    w.count_include_pad = random() % 2 == 0;
    if (random() % 3 != 0) {
      w.stride = size_2d{number(1, 4), number(1, 4)};
    }
    if (is_max) {
      w.dilation = {number(1, 3), number(1, 3)};
    }
    size_2d pooled;
    try {
      pooled = pooled_size(w, size);
    } catch (const node_misfit&) {
      continue;
    }
    ++checked;
    const map_shape shape{{2, size.h, size.w}, 0};
    const auto in = random_values(2 * shape.elements(), number(0, 1U << 30U));
    const auto out = values_of(node, shape, in, 2);
    const auto whole = [&](std::uint64_t side, std::uint64_t around, std::uint64_t kernel, std::uint64_t dilation,
                           std::uint64_t step) { return (side + around - dilation * (kernel - 1) - 1) / step + 1; };
    const auto rows = whole(size.h, w.padding.top + w.padding.bottom, w.kernel.h, w.dilation.h, stride_of(w).h);
    const auto columns = whole(size.w, w.padding.left + w.padding.right, w.kernel.w, w.dilation.w, stride_of(w).w);
    REQUIRE(pooled.h >= rows);
    REQUIRE(pooled.h <= rows + (w.ceil_mode ? 1 : 0));
    REQUIRE(pooled.w >= columns);
    with_last += pooled.h > rows || pooled.w > columns ? 1 : 0;
    REQUIRE(out.size() == std::size_t{4} * pooled.h * pooled.w);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto plane = i / (pooled.h * pooled.w);
      const auto y = static_cast<std::int64_t>(i / pooled.w % pooled.h);
      const auto x = static_cast<std::int64_t>(i % pooled.w);
      const auto expected = window_at(w, size, in.data() + plane * size.h * size.w, y, x);
      REQUIRE(expected.pixels > 0);
      const double mean = expected.sum / (w.count_include_pad ? expected.padded : expected.pixels);
      CHECK(out[i] == doctest::Approx(is_max ? expected.largest : mean));
    }
  }
  CHECK(with_last > 100);
}

TEST_CASE("nodes: the last window that is not whole") {
  auto node = of(node_type::max_pool2d);
  node.window.kernel = {3, 3};
  node.window.stride = size_2d{2, 2};
  node.window.ceil_mode = true;
  CHECK(node_shape(node, {{{64, 112, 112}, 0}}).extents == extents{64, 56, 56});
  node.window.ceil_mode = false;
  CHECK(node_shape(node, {{{64, 112, 112}, 0}}).extents == extents{64, 55, 55});
  // One that would begin in the padding behind the map does not count.
  node.window = {};
  node.window.kernel = {2, 2};
  node.window.stride = size_2d{3, 3};
  node.window.padding = {1, 1};
  node.window.ceil_mode = true;
  CHECK(node_shape(node, {{{1, 5, 5}, 0}}).extents == extents{1, 2, 2});
}

TEST_CASE("nodes: the same numbers elsewhere") {
  const map_shape map{{2, 2, 3}, 0};
  const auto in = counting(24);
  CHECK(node_shape(of(node_type::flatten), {map}).extents == extents{12});
  CHECK(values_of(of(node_type::flatten), map, in, 2) == in);

  auto reshape = of(node_type::reshape);
  reshape.shape = {3, 4};
  CHECK(node_shape(reshape, {map}).extents == extents{3, 4});
  CHECK(node_shape(reshape, {map}).channels == 1);
  CHECK(values_of(reshape, map, in, 2) == in);

  auto slice = of(node_type::slice);
  slice.axis = 3;
  slice.stop = 3;
  slice.step = 2;
  CHECK(node_shape(slice, {map}).extents == extents{2, 2, 2});
  CHECK(values_of(slice, map, counting(12)) == floats{1, 3, 4, 6, 7, 9, 10, 12});
  slice.axis.reset();
  slice.start = 1;
  slice.stop = 2;
  CHECK(values_of(slice, map, in, 2) == floats{7, 8, 9, 10, 11, 12, 19, 20, 21, 22, 23, 24});

  auto pad = of(node_type::pad);
  pad.channels_after = 1;
  CHECK(node_shape(pad, {{{1, 1, 2}, 0}}).extents == extents{2, 1, 2});
  CHECK(values_of(pad, {{1, 1, 2}, 0}, {1, 2, 3, 4}, 2) == floats{1, 2, 0, 0, 3, 4, 0, 0});
  pad.channels_after = 0;
  pad.channels_before = 1;
  pad.around = {0, 1, 1, 0};
  CHECK(values_of(pad, {{1, 1, 2}, 0}, {1, 2}) == floats{0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0});

  auto transpose = of(node_type::transpose);
  transpose.axes = {3, 1, 2};
  const auto turned = node_shape(transpose, {map});
  CHECK(turned.extents == extents{3, 2, 2});
  CHECK(turned.channels == 1);
  CHECK(values_of(transpose, map, counting(12)) == floats{1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12});
}

TEST_CASE("nodes: maps one after the other along the channels, or another axis") {
  const map_shape two{{2, 1, 2}, 0};
  const map_shape one{{1, 1, 2}, 0};
  const auto a = counting(8);
  const floats b = {-1, -2, -3, -4};
  CHECK(node_shape(of(node_type::concat), {two, one}).extents == extents{3, 1, 2});
  CHECK(node_values(of(node_type::concat), {{&two, &a}, {&one, &b}}, 2) ==
        floats{1, 2, 3, 4, -1, -2, 5, 6, 7, 8, -3, -4});
  auto along = of(node_type::concat);
  along.axis = 3;
  CHECK(node_shape(along, {one, one}).extents == extents{1, 1, 4});
  const floats c = {5, 6};
  const floats d = {7, 8};
  CHECK(node_values(along, {{&one, &c}, {&one, &d}}, 1) == floats{5, 6, 7, 8});
  // Features of tokens are their channels.
  const map_shape tokens{{2, 1}, 1};
  CHECK(node_values(of(node_type::concat), {{&tokens, &c}, {&tokens, &d}}, 1) == floats{5, 7, 6, 8});
  // Others read several maps as one.
  CHECK(node_values(of(node_type::global_avg_pool), {{&two, &a}, {&one, &b}}, 2) ==
        floats{1.5F, 3.5F, -1.5F, 5.5F, 7.5F, -3.5F});
  CHECK(misfit_of(of(node_type::concat), {two, {{1, 2, 2}, 0}}) ==
        "/input/1: a map of [1, 2, 2]; one that differs from [2, 1, 2] in axis 1 at most");
  CHECK(misfit_of(of(node_type::concat), {two, {{4}, 0}}).starts_with("/input/1"));
}

TEST_CASE("nodes: functions of the host") {
  const map_shape row{{1, 1, 3}, 0};
  const floats in = {-4, 0.5F, 2};
  const auto check = [&](const node_operation& node, const std::vector<double>& expected) {
    const auto out = values_of(node, row, in);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      INFO(to_string(node.type));
      CHECK(out[i] == doctest::Approx(expected[i]).epsilon(1e-6));
    }
  };
  // Published values: sigmoid(2), Phi(0.5), Phi(2), and the tanh form by its formula.
  check(of(node_type::sigmoid), {0.01798620996, 0.6224593312, 0.8807970780});
  check(of(node_type::hard_sigmoid), {0, 0.5833333333, 0.8333333333});
  check(of(node_type::hard_swish), {0, 0.2916666667, 1.6666666667});
  check(of(node_type::gelu), {-4 * 3.167124183e-5, 0.5 * 0.6914624613, 2 * 0.9772498681});
  auto form = of(node_type::gelu);
  form.form = gelu_form::tanh;
  check(form, {-7.021e-5, 0.3457140, 1.9545977});
  auto onnx = of(node_type::hard_sigmoid);
  onnx.alpha = 0.2;
  check(onnx, {0, 0.6, 0.9});

  const map_shape pair{{2, 1, 2}, 0};
  const floats logits = {1, 1000, 2, 1001};
  const auto over_channels = values_of(of(node_type::softmax), pair, logits);
  CHECK(over_channels[0] == doctest::Approx(0.2689414214));
  CHECK(over_channels[2] == doctest::Approx(0.7310585786));
  CHECK(over_channels[1] == over_channels[0]);
  auto along = of(node_type::softmax);
  along.axis = 3;
  CHECK(values_of(along, pair, logits)[1] == 1);

  const map_shape tokens{{2, 3}, 1};
  const floats scale = {1, 2, 3};
  const floats bias = {0, 0, 10};
  auto norm = of(node_type::layer_norm);
  norm.epsilon = 0;
  const floats rows = {1, 2, 3, 5, 5, 8};
  const auto normal = node_values(norm, {{&tokens, &rows}}, 1, {scale, bias});
  CHECK(normal[0] == doctest::Approx(-1.2247448714));
  CHECK(normal[1] == doctest::Approx(0));
  CHECK(normal[2] == doctest::Approx(10 + 3 * 1.2247448714));
  CHECK(normal[3] == doctest::Approx(-0.7071067812));
  CHECK(normalised_elements(norm, {{2, 3, 4}, 0}) == 4);
  norm.axis = 2;
  CHECK(normalised_elements(norm, {{2, 3, 4}, 0}) == 12);

  auto mean = of(node_type::reduce_mean);
  mean.axes = {1, 3};
  const map_shape block{{2, 2, 2}, 0};
  CHECK(values_of(mean, block, counting(16), 2) == floats{3.5F, 5.5F, 11.5F, 13.5F});
  CHECK(node_shape(mean, {block}).extents == extents{1, 2, 1});
  mean.keep_dims = false;
  CHECK(node_shape(mean, {block}).extents == extents{2});
  mean.axes = {1, 2, 3};
  CHECK(node_shape(mean, {block}).extents == extents{1});
}

TEST_CASE("nodes: resize by each rule") {
  const map_shape row{{1, 1, 4}, 0};
  const floats in = {10, 20, 30, 40};
  const auto resized = [&](std::uint32_t width, resize_mode mode, resize_coordinates coordinates,
                           resize_rounding rounding = resize_rounding::round) {
    auto node = of(node_type::resize);
    node.size = {1, width};
    node.mode = mode;
    node.coordinates = coordinates;
    node.rounding = rounding;
    return values_of(node, row, in);
  };
  using enum resize_coordinates;
  CHECK(resized(8, resize_mode::nearest, half_pixel) == floats{10, 10, 20, 20, 30, 30, 40, 40});
  CHECK(resized(8, resize_mode::nearest, asymmetric, resize_rounding::floor) == floats{10, 10, 20, 20, 30, 30, 40, 40});
  CHECK(resized(8, resize_mode::nearest, asymmetric, resize_rounding::ceil) == floats{10, 20, 20, 30, 30, 40, 40, 40});
  CHECK(resized(2, resize_mode::nearest, half_pixel) == floats{10, 30});  // 0.5 and 2.5: the lower
  CHECK(resized(8, resize_mode::linear, half_pixel) == floats{10, 12.5F, 17.5F, 22.5F, 27.5F, 32.5F, 37.5F, 40});
  CHECK(resized(7, resize_mode::linear, align_corners) == floats{10, 15, 20, 25, 30, 35, 40});
  CHECK(resized(8, resize_mode::linear, asymmetric) == floats{10, 15, 20, 25, 30, 35, 40, 40});
  CHECK(resized(1, resize_mode::linear, align_corners) == floats{10});
  auto both = of(node_type::resize);
  both.size = {3, 3};
  both.mode = resize_mode::linear;
  both.coordinates = align_corners;
  CHECK(values_of(both, {{1, 2, 2}, 0}, {0, 2, 4, 6}) == floats{0, 1, 2, 2, 3, 4, 4, 5, 6});
}

TEST_CASE("nodes: what does not fit is told with its key") {
  const map_shape map{{4, 8, 8}, 0};
  auto pool = of(node_type::max_pool2d);
  pool.window.kernel = {9, 3};
  CHECK(misfit_of(pool, {map}) == "/kernel: [9, 3]; at most [8, 8], the padded map");
  pool.window.kernel = {3, 3};
  pool.window.padding = {3, 0};
  CHECK(misfit_of(pool, {map}) == "/padding: [3, 0]; less than the kernel [3, 3]");
  pool.window.padding = {0, 0, 1, 3};
  CHECK(misfit_of(pool, {map}) == "/padding: [0, 0, 1, 3]; less than the kernel [3, 3]");
  pool.window.padding = {2, 2};
  pool.window.dilation = {3, 3};
  CHECK(misfit_of(pool, {{{1, 2, 8}, 0}}) == "/kernel: [3, 3], dilated [7, 7]; at most [6, 12], the padded map");
  pool.window.kernel = {2, 2};
  pool.window.padding = {1, 1};
  CHECK(misfit_of(pool, {{{1, 2, 8}, 0}}) == "/dilation: [3, 3]; at most [2, 8], the map");
  CHECK(misfit_of(pool, {{{5}, 0}}) == "/input: a map of [5]; one of [channels, height, width]");
  CHECK(misfit_of(of(node_type::global_avg_pool), {{{2, 3, 4, 5}, 0}}).starts_with("/input: a map of [2, 3, 4, 5]"));

  auto reshape = of(node_type::reshape);
  reshape.shape = {255};
  CHECK(misfit_of(reshape, {map}) == "/shape: [255]; a shape of the 256 elements of [4, 8, 8]");
  reshape.shape = extents(7, (std::uint64_t{1} << 31U) - 1);
  CHECK(misfit_of(reshape, {map}).starts_with("/shape"));
  auto slice = of(node_type::slice);
  slice.stop = 5;
  CHECK(misfit_of(slice, {map}) == "/stop: 5; at most 4, what the axis has");
  slice.start = 5;
  CHECK(misfit_of(slice, {map}) == "/stop: 5; more than start, 5");
  slice.axis = 4;
  CHECK(misfit_of(slice, {map}) == "/axis: 4; an axis from 1 to 3 of images of [4, 8, 8]: 0 are the images");
  auto transpose = of(node_type::transpose);
  transpose.axes = {1, 1, 2};
  CHECK(misfit_of(transpose, {map}) == "/axes/1: 1 a second time; every axis behind the images once");
  transpose.axes = {2, 1};
  CHECK(misfit_of(transpose, {map}) == "/axes: 2 axes; 3, those of [4, 8, 8]");
  auto pad = of(node_type::pad);
  pad.channels_after = (std::uint64_t{1} << 31U) - 1;
  CHECK(misfit_of(pad, {map}).starts_with(": an output of 2147483651 a side"));
  pad.channels_after = 0;
  pad.around = {1, 0};
  CHECK(misfit_of(pad, {{{4, 8}, 0}}).starts_with("/padding: rows around"));
  auto resize = of(node_type::resize);
  resize.size = {2, 2};
  CHECK(misfit_of(resize, {{{4, 8}, 0}}) == "/size: a height of 2; 1: the map has none");
}

}  // namespace
}  // namespace dlac
