// Slices: the longest runs of steps in which neither operand's scale changes.

#include "sim/mapping/step_order.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/unit/small_machine.h"

namespace dlac::test {
namespace {

const json of_slices = {{"grouped", {{"bits", 4}, {"scale", "power"}}}};
const json of_tensor = {{"grouped", {{"bits", 4}, {"scale", "power"}, {"group", "tensor"}}}};
const json of_filters = {{"affine", {{"bits", 4}, {"rule", "absmax"}, {"per", "filter"}}}};

accelerator_config machine_of(const json& activations, const json& weights, const json& gradients) {
  return machine_with({{"activations", activations},
                       {"weights", weights},
                       {"gradients", gradients},
                       {"accumulator", "fp32"},
                       {"output", "fp32"}});
}

/// The products of a slice of every mmOp, which all are alike here.
std::uint64_t slice_of(const layer& l, pass_kind pass, const accelerator_config& config) {
  const pass_formats formats = config.formats(pass, l.weights);
  REQUIRE(formats.sums_slices());
  const auto shapes = mm_op_shapes(l, pass, 2);
  const std::uint64_t slice = slice_products(shapes.front(), formats);
  for (const mm_op_shape& shape : shapes) {
    CHECK(slice_products(shape, formats) == slice);
    CHECK(shape.k % slice == 0);
  }
  return slice;
}

/// 3 channels of 5 x 4 in, 4 out of 4 x 2; two images.
layer convolution() {
  layer l;
  l.name = "l";
  l.type = layer_type::conv2d;
  l.in_channels = 3;
  l.out_channels = 4;
  l.kernel = {2, 3};
  l.stride = {1, 1};
  l.input_size = {5, 4};
  l.padding = padding_2d(0, 0);
  l.weights = weight_format::full;
  return l;
}

layer product(std::uint32_t m) {
  layer l;
  l.name = "l";
  l.type = layer_type::matmul;
  l.input_size = {1, m};
  l.in_channels = 7;
  l.out_channels = 3;
  l.weights = weight_format::feature_map;
  return l;
}

}  // namespace

TEST_CASE("slices: of a channel, of all, or of what the other operand says") {
  const layer l = convolution();
  using enum pass_kind;
  CHECK(slice_of(l, forward, machine_of(of_slices, of_slices, of_slices)) == 2 * 3);
  CHECK(slice_of(l, forward, machine_of(of_tensor, of_slices, of_tensor)) == 2 * 3);
  CHECK(slice_of(l, forward, machine_of(of_slices, of_tensor, of_tensor)) == 2 * 3);
  CHECK(slice_of(l, forward, machine_of(of_tensor, of_tensor, of_tensor)) == 3 * 2 * 3);
  // A filter is a column: all of its steps have one scale.
  CHECK(slice_of(l, forward, machine_of(of_tensor, of_filters, of_tensor)) == 3 * 2 * 3);
  // Backward, steps go from filter to filter.
  CHECK(slice_of(l, backward_data, machine_of(of_tensor, of_slices, of_tensor)) == 2 * 3);
  CHECK(slice_of(l, backward_data, machine_of(of_tensor, of_tensor, of_slices)) == 2 * 3);
  CHECK(slice_of(l, backward_data, machine_of(of_tensor, of_filters, of_tensor)) == 2 * 3);
  CHECK(slice_of(l, backward_data, machine_of(of_tensor, of_tensor, of_tensor)) == 4 * 2 * 3);
  // And through the pixels of a plane of outputs, image after image.
  CHECK(slice_of(l, backward_weight, machine_of(of_tensor, of_tensor, of_slices)) == 4 * 2);
  CHECK(slice_of(l, backward_weight, machine_of(of_slices, of_tensor, of_tensor)) == 4 * 2);
  CHECK(slice_of(l, backward_weight, machine_of(of_tensor, of_tensor, of_tensor)) == 2 * 4 * 2);
}

TEST_CASE("slices: of a matmul's columns, which change their channel with every step") {
  CHECK(slice_of(product(5), pass_kind::forward, machine_of(of_slices, of_tensor, of_tensor)) == 1);
  CHECK(slice_of(product(5), pass_kind::forward, machine_of(of_tensor, of_tensor, of_tensor)) == 7);
  // Rows of one number share a scale; it is the columns that change theirs.
  CHECK(slice_of(product(1), pass_kind::forward, machine_of(of_slices, of_tensor, of_tensor)) == 1);
}

}  // namespace dlac::test
