#include "sim/workload/tensor_layout.h"

#include <utility>

namespace dlac {
namespace {

/// Rows of a map of height 1 as a matrix of pixels and channels, where the trace has pixels first.
bool has_pixels_first(const layer& l, const tensor_extents& found, const shape_4d& shape) {
  const bool is_matrix = l.is_matmul() || (l.has_tokens() && found.size() == 3);
  return is_matrix && shape.w > 1 && shape.c > 1;
}

/// Element (c, pixel) of an image in a matrix [pixel, c].
std::uint64_t place_in_matrix(const shape_4d& shape, std::uint64_t element) {
  return element % shape.w * shape.c + element / shape.w;
}

/// Element of weights [cout, cin / groups, kh, kw] in [cin, cout / groups, kh, kw].
std::uint64_t place_in_transposed(const layer& l, std::uint64_t element) {
  const std::uint64_t plane = std::uint64_t{l.kernel.h} * l.kernel.w;
  const std::uint64_t inputs = l.in_channels / l.groups;
  const std::uint64_t outputs = l.out_channels / l.groups;
  const auto filter = element / plane / inputs;
  const auto input = filter / outputs * inputs + element / plane % inputs;
  return (input * outputs + filter % outputs) * plane + element % plane;
}

}  // namespace

std::vector<tensor_extents> map_layouts(const layer& l, const shape_4d& shape) {
  const tensor_extents as_is{shape.n, shape.c, shape.h, shape.w};
  switch (l.type) {
    case layer_type::conv2d:
    case layer_type::transposed_conv2d:
      return {as_is};
    case layer_type::conv1d:
      return {{shape.n, shape.c, shape.w}, as_is};
    case layer_type::linear:
      return shape.w > 1 ? std::vector<tensor_extents>{{shape.n, shape.w, shape.c}, as_is}
                         : std::vector<tensor_extents>{as_is, {shape.n, shape.c}, {shape.n, 1, shape.c}};
    case layer_type::matmul:
      break;
  }
  return {{shape.n, shape.w, shape.c}, {shape.n / l.products, l.products, shape.w, shape.c}};
}

std::vector<tensor_extents> column_layouts(const layer& l, const shape_4d& shape) {
  switch (l.type) {
    case layer_type::conv2d:
      return {{shape.n, shape.c, shape.h, shape.w}};
    case layer_type::conv1d:
      return {{shape.n, shape.c, shape.w}, {shape.n, shape.c, shape.h, shape.w}};
    case layer_type::transposed_conv2d:
      return {{l.in_channels, l.out_channels / l.groups, shape.h, shape.w}};
    case layer_type::linear:
      return {{shape.n, shape.c, shape.h, shape.w}, {shape.n, shape.c}};
    case layer_type::matmul:
      break;
  }
  return {{shape.n, shape.c, shape.w}, {shape.n / l.products, l.products, shape.c, shape.w}};
}

std::vector<float> map_in_order(const layer& l, const shape_4d& shape, const tensor_extents& found,
                                std::vector<float> values) {
  if (!has_pixels_first(l, found, shape)) {
    return values;
  }
  std::vector<float> result(values.size());
  const auto image = shape.c * shape.w;
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    result[i] = values[i / image * image + place_in_matrix(shape, i % image)];
  }
  return result;
}

bit_matrix map_in_order(const layer& l, const shape_4d& shape, const tensor_extents& found, bit_matrix bits) {
  if (!has_pixels_first(l, found, shape)) {
    return bits;
  }
  bit_matrix result(bits.rows(), bits.cols());
  for (std::uint64_t n = 0; n < bits.rows(); ++n) {
    for (std::uint64_t i = 0; i < bits.cols(); ++i) {
      if (bits.test(n, place_in_matrix(shape, i))) {
        result.set(n, i);
      }
    }
  }
  return result;
}

std::vector<float> columns_in_order(const layer& l, std::vector<float> values) {
  if (!l.is_transposed()) {
    return values;
  }
  std::vector<float> result(values.size());
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    result[i] = values[place_in_transposed(l, i)];
  }
  return result;
}

bit_matrix columns_in_order(const layer& l, bit_matrix bits) {
  if (!l.is_transposed()) {
    return bits;
  }
  bit_matrix result(l.out_channels, l.filter_elements());
  for (std::uint64_t i = 0; i < result.rows() * result.cols(); ++i) {
    const auto place = place_in_transposed(l, i);
    if (bits.test(place / bits.cols(), place % bits.cols())) {
      result.set(i / result.cols(), i % result.cols());
    }
  }
  return result;
}

std::vector<float> map_as_traced(const layer& l, const shape_4d& shape, std::vector<float> values) {
  if (!has_pixels_first(l, map_layouts(l, shape).front(), shape)) {
    return values;
  }
  std::vector<float> result(values.size());
  const auto image = shape.c * shape.w;
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    result[i / image * image + place_in_matrix(shape, i % image)] = values[i];
  }
  return result;
}

std::vector<float> columns_as_traced(const layer& l, std::vector<float> values) {
  if (!l.is_transposed()) {
    return values;
  }
  std::vector<float> result(values.size());
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    result[place_in_transposed(l, i)] = values[i];
  }
  return result;
}

std::uint64_t column_rows(const layer& l, const shape_4d& shape) {
  return l.is_transposed() ? l.in_channels : shape.n;
}

}  // namespace dlac
