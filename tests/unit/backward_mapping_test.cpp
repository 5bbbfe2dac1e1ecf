// The mmOps of the backward passes against the index formulas of the contract (section 2), element by element.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>
#include <tuple>

#include "sim/mapping/mm_op.h"
#include "sim/mapping/pass_shapes.h"
#include "tests/engines/random_case.h"

namespace dlac::test {
namespace {

layer draw_layer(draws& random) {
  layer l;
  l.groups = random.between(1, 3);
  l.in_channels = l.groups * random.between(1, 3);
  l.out_channels = l.groups * random.between(1, 3);
  l.kernel = {random.between(1, 5), random.between(1, 5)};
  l.stride = {random.between(1, 3), random.between(1, 3)};
  l.padding = {random.between(0, 4), random.between(0, 4)};
  const auto smallest = [](std::uint32_t kernel, std::uint32_t padding) {
    return kernel > 2 * padding ? kernel - 2 * padding : 1;
  };
  l.input_size = {smallest(l.kernel.h, l.padding.top) + random.between(0, 6),
                  smallest(l.kernel.w, l.padding.left) + random.between(0, random.chance(0.1) ? 140 : 6)};
  l.weights = random.chance(0.5) ? weight_format::ternary : weight_format::full;
  return l;
}

std::string describe(const layer& l, std::uint32_t batch) {
  return fmt::format("batch {} groups {} channels {} -> {} input {}x{} kernel {}x{} stride {}x{} padding {}x{}", batch,
                     l.groups, l.in_channels, l.out_channels, l.input_size.h, l.input_size.w, l.kernel.h, l.kernel.w,
                     l.stride.h, l.stride.w, l.padding.top, l.padding.left);
}

bit_matrix draw_bits(draws& random, std::uint64_t rows, std::uint64_t cols) {
  bit_matrix bits(rows, cols);
  const double density = random.fraction();
  for (std::uint64_t r = 0; r < rows; ++r) {
    for (std::uint64_t c = 0; c < cols; ++c) {
      if (random.chance(density)) {
        bits.set(r, c);
      }
    }
  }
  return bits;
}

layer_masks draw_masks(draws& random, const layer& l, std::uint32_t batch) {
  const auto feature_map = [&](const shape_4d& shape) {
    return tensor_mask{shape, draw_bits(random, shape.n, shape.c * shape.h * shape.w)};
  };
  const auto weights = l.weight_shape();
  return {feature_map(l.activation_shape(batch)),
          {weights, draw_bits(random, weights.n, weights.c * weights.h * weights.w)},
          feature_map(l.output_shape(batch))};
}

bool at(const tensor_mask& map, std::uint64_t n, std::uint64_t c, std::int64_t y, std::int64_t x) {
  if (y < 0 || x < 0 || y >= static_cast<std::int64_t>(map.shape.h) || x >= static_cast<std::int64_t>(map.shape.w)) {
    return false;
  }
  return map.bits.test(n, map.first_bit(c, static_cast<std::uint64_t>(y)) + static_cast<std::uint64_t>(x));
}

bool weight_at(const layer& l, const layer_masks& masks, std::uint64_t cout, std::uint64_t cin, std::uint64_t ky,
               std::uint64_t kx) {
  return masks.weights.bits.test(cout, (cin * l.kernel.h + ky) * l.kernel.w + kx);
}

/// Products of two non-zero elements, counted over the forward convolution's own loops; `product` gets (image, cout,
/// cin of the group, ky, kx, oy, ox, y, x), the input pixel being inside.
template <typename Product>
std::uint64_t count_products(const layer& l, std::uint32_t batch, Product product) {
  std::uint64_t sum = 0;
  const auto output = l.output_size();
  for (std::uint32_t image = 0; image < batch; ++image) {
    for (std::uint32_t cout = 0; cout < l.out_channels; ++cout) {
      for (std::uint32_t cin = 0; cin < l.in_channels / l.groups; ++cin) {
        for (std::int64_t ky = 0; ky < l.kernel.h; ++ky) {
          for (std::int64_t kx = 0; kx < l.kernel.w; ++kx) {
            for (std::int64_t oy = 0; oy < output.h; ++oy) {
              for (std::int64_t ox = 0; ox < output.w; ++ox) {
                const auto y = oy * l.stride.h + ky - l.padding.top;
                const auto x = ox * l.stride.w + kx - l.padding.left;
                const bool inside = y >= 0 && y < l.input_size.h && x >= 0 && x < l.input_size.w;
                sum += inside && product(image, cout, cin, ky, kx, oy, ox, y, x) ? 1 : 0;
              }
            }
          }
        }
      }
    }
  }
  return sum;
}

/// The kernel positions that some output uses to reach pixels of a phase: y = oy * stride + ky - padding.
std::vector<std::int64_t> reaching(std::uint32_t kernel, std::uint32_t stride, std::uint32_t padding,
                                   std::uint32_t phase) {
  std::vector<std::int64_t> positions;
  for (std::int64_t k = 0; k < kernel; ++k) {
    if ((std::int64_t{phase} + padding - k + 16 * std::int64_t{stride}) % stride == 0) {
      positions.push_back(k);
    }
  }
  return positions;
}

/// Both masks of one phase, and the pixels that it computes.
void check_phase(const layer& l, const layer_masks& masks, const mm_op& op,
                 std::set<std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>>& pixels) {
  const auto kys = reaching(l.kernel.h, l.stride.h, l.padding.top, op.phase.h);
  const auto kxs = reaching(l.kernel.w, l.stride.w, l.padding.left, op.phase.w);
  const std::uint64_t outputs = l.out_channels / l.groups;
  const std::uint64_t inputs = l.in_channels / l.groups;
  REQUIRE(op.k == outputs * kys.size() * kxs.size());
  REQUIRE(op.n == inputs);
  REQUIRE(op.row_mask.rows() == op.k);
  REQUIRE(op.row_mask.cols() == op.m);
  REQUIRE(op.column_mask.rows() == op.k);
  REQUIRE(op.column_mask.cols() == op.n);
  std::uint64_t m = 0;
  bool masks_match = true;
  for (std::uint64_t image = 0; image < masks.gradients.shape.n; ++image) {
    for (std::int64_t y = op.phase.h; y < l.input_size.h; y += l.stride.h) {
      for (std::int64_t x = op.phase.w; x < l.input_size.w; x += l.stride.w, ++m) {
        std::uint64_t k = 0;
        for (std::uint64_t cout = op.group * outputs; cout < (op.group + 1) * outputs; ++cout) {
          for (const auto ky : kys) {
            for (const auto kx : kxs) {
              const auto oy = (y + l.padding.top - ky) / static_cast<std::int64_t>(l.stride.h);
              const auto ox = (x + l.padding.left - kx) / static_cast<std::int64_t>(l.stride.w);
              masks_match = masks_match && op.row_mask.test(k, m) == at(masks.gradients, image, cout, oy, ox);
              for (std::uint64_t n = 0; n < inputs; ++n) {
                masks_match = masks_match &&
                              op.column_mask.test(k, n) == weight_at(l, masks, cout, n, static_cast<std::uint64_t>(ky),
                                                                     static_cast<std::uint64_t>(kx));
              }
              ++k;
            }
          }
        }
        CHECK(pixels.emplace(op.group, image, y, x).second);
      }
    }
  }
  CHECK(m == op.m);
  CHECK(masks_match);
  CHECK(op.of == &l);
}

void check_backward_weight(const layer& l, const layer_masks& masks, const mm_op& op) {
  const auto output = l.output_size();
  const std::uint64_t outputs = l.out_channels / l.groups;
  const std::uint64_t inputs = l.in_channels / l.groups;
  REQUIRE(op.m == inputs * l.kernel.h * l.kernel.w);
  REQUIRE(op.n == outputs);
  REQUIRE(op.k == masks.gradients.shape.n * output.h * output.w);
  REQUIRE(op.row_mask.rows() == op.k);
  REQUIRE(op.row_mask.cols() == op.m);
  REQUIRE(op.column_mask.rows() == op.k);
  REQUIRE(op.column_mask.cols() == op.n);
  bool masks_match = true;
  for (std::uint64_t k = 0; k < op.k; ++k) {
    const auto image = k / output.w / output.h;
    const auto oy = static_cast<std::int64_t>(k / output.w % output.h);
    const auto ox = static_cast<std::int64_t>(k % output.w);
    for (std::uint64_t m = 0; m < op.m; ++m) {
      const auto cin = op.group * inputs + m / l.kernel.w / l.kernel.h;
      const auto y = oy * l.stride.h + static_cast<std::int64_t>(m / l.kernel.w % l.kernel.h) - l.padding.top;
      const auto x = ox * l.stride.w + static_cast<std::int64_t>(m % l.kernel.w) - l.padding.left;
      masks_match = masks_match && op.row_mask.test(k, m) == at(masks.activations, image, cin, y, x);
    }
    for (std::uint64_t n = 0; n < op.n; ++n) {
      masks_match =
          masks_match && op.column_mask.test(k, n) == at(masks.gradients, image, op.group * outputs + n, oy, ox);
    }
  }
  CHECK(masks_match);
  CHECK(op.of == &l);
}

constexpr int cases = 400;

}  // namespace

TEST_CASE("backward-data: every phase by its indices, and every product once") {
  draws random(1);
  for (int i = 0; i < cases; ++i) {
    const auto l = draw_layer(random);
    const auto batch = random.between(1, 2);
    INFO(describe(l, batch));
    const auto masks = draw_masks(random, l, batch);
    std::set<std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>> pixels;
    std::tuple<std::uint32_t, std::uint32_t, std::uint32_t> previous{0, 0, 0};
    std::uint64_t products = 0;
    for (const auto& shape : mm_op_shapes(l, pass_kind::backward_data, batch)) {
      const auto op = make_mm_op(shape, masks);
      CHECK(op.pass == pass_kind::backward_data);
      const std::tuple place{op.group, op.phase.h, op.phase.w};
      CHECK((pixels.empty() || previous < place));
      previous = place;
      check_phase(l, masks, op, pixels);
      products += effectual_macs(op);
    }
    CHECK(
        products ==
        count_products(l, batch, [&](auto image, auto cout, auto cin, auto ky, auto kx, auto oy, auto ox, auto, auto) {
          return at(masks.gradients, image, cout, oy, ox) &&
                 weight_at(l, masks, cout, cin, static_cast<std::uint64_t>(ky), static_cast<std::uint64_t>(kx));
        }));
  }
}

TEST_CASE("backward-data: a phase that nothing reaches has no mmOp") {
  layer l;
  l.in_channels = l.out_channels = 1;
  l.input_size = {4, 4};
  l.kernel = {1, 1};
  l.stride = {2, 3};
  const auto shapes = mm_op_shapes(l, pass_kind::backward_data, 1);
  REQUIRE(shapes.size() == 1);
  CHECK(shapes[0].phase == size_2d{0, 0});
  CHECK(shapes[0].m == 4);
  // All the kernel reaches is padding.
  l.input_size = {1, 1};
  l.padding = {1, 1};
  l.stride = {2, 2};
  CHECK(mm_op_shapes(l, pass_kind::backward_data, 1).empty());
  // More stride than image.
  l.kernel = l.stride = {4, 4};
  l.padding = {0, 0};
  l.input_size = {4, 4};
  CHECK(mm_op_shapes(l, pass_kind::backward_data, 1).size() == 16);
}

TEST_CASE("backward-weight: every element by its indices, and every product once") {
  draws random(2);
  for (int i = 0; i < cases; ++i) {
    const auto l = draw_layer(random);
    const auto batch = random.between(1, 2);
    INFO(describe(l, batch));
    const auto masks = draw_masks(random, l, batch);
    const auto shapes = mm_op_shapes(l, pass_kind::backward_weight, batch);
    CHECK(shapes.size() == l.groups);
    std::uint64_t products = 0;
    for (const auto& shape : shapes) {
      const auto op = make_mm_op(shape, masks);
      check_backward_weight(l, masks, op);
      products += effectual_macs(op);
    }
    const auto outputs = l.out_channels / l.groups;
    const auto inputs = l.in_channels / l.groups;
    CHECK(products ==
          count_products(l, batch, [&](auto image, auto cout, auto cin, auto, auto, auto oy, auto ox, auto y, auto x) {
            return at(masks.gradients, image, cout, oy, ox) &&
                   at(masks.activations, image, cout / outputs * inputs + cin, y, x);
          }));
  }
}

TEST_CASE("the epilogues of the passes") {
  layer l;
  l.weights = weight_format::ternary;
  l.epilogue = {{pt_wise_kind::add, false, "", 0}};
  const auto words = [&](pass_kind pass) {
    std::string text;
    for (const auto& op : pass_epilogue(l, formats_of(uniform_formats(ieee_float::fp32), pass, l.weights), pass)) {
      text += fmt::format("{}{} ", to_string(op.kind), op.streams_feature_map ? "*" : "");
    }
    return text;
  };
  CHECK(words(pass_kind::forward) == "add ");
  CHECK(words(pass_kind::backward_data) == "select* ");
  CHECK(words(pass_kind::backward_weight) == "mul-add* mul-add* select select ");
  l.weights = weight_format::full;
  CHECK(words(pass_kind::backward_weight) == "mul-add* mul-add* ");
}

TEST_CASE("backward-data: of very many phases only those are looked for that are reached") {
  layer l;
  l.in_channels = l.out_channels = 1;
  l.input_size = {65536, 65536};
  l.kernel = {2, 1};
  l.stride = {65536, 65536};
  l.dilation = {5, 1};
  const auto shapes = mm_op_shapes(l, pass_kind::backward_data, 1);
  REQUIRE(shapes.size() == 2);
  CHECK(shapes[0].phase == size_2d{0, 0});
  CHECK(shapes[1].phase == size_2d{5, 0});
  CHECK(mm_op_shapes_bytes(l, pass_kind::backward_data, 1) < 10'000);
}

}  // namespace dlac::test
