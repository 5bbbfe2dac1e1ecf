#include "sim/nodes/node_values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "sim/nodes/pooling.h"

namespace dlac {
namespace {

/// A tensor [outer, extent, inner] around one of its axes.
struct around_axis {
  std::uint64_t outer = 1;
  std::uint64_t extent = 1;
  std::uint64_t inner = 1;
};

around_axis around(const map_shape& shape, std::size_t axis, std::uint64_t images) {
  around_axis result{images, shape.extents[axis], 1};
  for (std::size_t i = 0; i < shape.extents.size(); ++i) {
    (i < axis ? result.outer : result.inner) *= i == axis ? 1 : shape.extents[i];
  }
  return result;
}

std::size_t axis_or(const std::optional<std::uint32_t>& axis, std::size_t other) {
  return axis ? *axis - 1 : other;
}

float rounded_once(double value) {
  return static_cast<float>(value);
}

std::vector<float> avg_pool(const pool_window& window, size_2d size, std::uint64_t planes,
                            const std::vector<float>& in) {
  std::vector<float> out;
  const auto plane_size = std::uint64_t{size.h} * size.w;
  for_each_window(window, size, planes, [&](std::uint64_t plane, const window_side& rows, const window_side& columns) {
    double sum = 0;
    std::int64_t pixels = 0;
    for (auto y = rows.first; y < rows.end; y += rows.step) {
      for (auto x = columns.first; x < columns.end; x += columns.step, ++pixels) {
        sum += in[plane * plane_size + static_cast<std::uint64_t>(y) * size.w + static_cast<std::uint64_t>(x)];
      }
    }
    const auto divisor = window.count_include_pad ? rows.padded * columns.padded : pixels;
    out.push_back(rounded_once(sum / static_cast<double>(divisor)));
  });
  return out;
}

pool_window whole_map(size_2d size) {
  pool_window window;
  window.kernel = size;
  return window;
}

template <class Function>
std::vector<float> each(const std::vector<float>& in, const Function& function) {
  std::vector<float> out(in.size());
  std::transform(in.begin(), in.end(), out.begin(),
                 [&](float value) { return rounded_once(function(static_cast<double>(value))); });
  return out;
}

double hard_sigmoid(double x, double alpha, double beta) {
  return std::clamp(alpha * x + beta, 0.0, 1.0);
}

double gelu(double x, gelu_form form) {
  if (form == gelu_form::tanh) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
  }
  return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2));
}

std::vector<float> softmax(const around_axis& a, const std::vector<float>& in) {
  std::vector<float> out(in.size());
  for (std::uint64_t i = 0; i < a.outer * a.inner; ++i) {
    const auto first = i / a.inner * a.extent * a.inner + i % a.inner;
    const auto place = [&](std::uint64_t k) { return first + k * a.inner; };
    double largest = -std::numeric_limits<double>::infinity();
    for (std::uint64_t k = 0; k < a.extent; ++k) {
      largest = std::max(largest, static_cast<double>(in[place(k)]));
    }
    double sum = 0;
    for (std::uint64_t k = 0; k < a.extent; ++k) {
      sum += std::exp(in[place(k)] - largest);
    }
    for (std::uint64_t k = 0; k < a.extent; ++k) {
      out[place(k)] = rounded_once(std::exp(in[place(k)] - largest) / sum);
    }
  }
  return out;
}

std::vector<float> layer_norm(const node_operation& node, std::uint64_t together, const std::vector<float>& in,
                              const node_constants& constants) {
  std::vector<float> out(in.size());
  const auto count = static_cast<double>(together);
  for (std::uint64_t first = 0; first < in.size(); first += together) {
    double mean = 0;
    double variance = 0;
    for (std::uint64_t i = 0; i < together; ++i) {
      mean += in[first + i] / count;
    }
    for (std::uint64_t i = 0; i < together; ++i) {
      variance += (in[first + i] - mean) * (in[first + i] - mean) / count;
    }
    const double factor = 1 / std::sqrt(variance + node.epsilon);
    for (std::uint64_t i = 0; i < together; ++i) {
      const double scale = constants.scale.empty() ? 1.0 : constants.scale[i];
      const double bias = constants.bias.empty() ? 0.0 : constants.bias[i];
      out[first + i] = rounded_once((in[first + i] - mean) * factor * scale + bias);
    }
  }
  return out;
}

/// The input pixels of an output's side, and how much of the second.
struct resized_place {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  double share = 0;
};

resized_place resized(const node_operation& node, std::uint64_t x, std::uint64_t from, std::uint64_t to) {
  const double scale = static_cast<double>(to) / static_cast<double>(from);
  const auto at = static_cast<double>(x);
  double place = 0;
  switch (node.coordinates) {
    case resize_coordinates::half_pixel:
      place = (at + 0.5) / scale - 0.5;
      break;
    case resize_coordinates::asymmetric:
      place = at / scale;
      break;
    case resize_coordinates::align_corners:
      place = to == 1 ? 0 : at * static_cast<double>(from - 1) / static_cast<double>(to - 1);
      break;
  }
  const auto pixel = [&](double p) {
    return static_cast<std::uint64_t>(std::clamp(p, 0.0, static_cast<double>(from - 1)));
  };
  if (node.mode == resize_mode::linear) {
    const double lower = std::floor(place);
    return {pixel(lower), pixel(lower + 1), place - lower};
  }
  const double nearest = node.rounding == resize_rounding::floor  ? std::floor(place)
                         : node.rounding == resize_rounding::ceil ? std::ceil(place)
                                                                  : std::ceil(place - 0.5);
  return {pixel(nearest), pixel(nearest), 0};
}

std::vector<float> resize(const node_operation& node, size_2d size, std::uint64_t planes,
                          const std::vector<float>& in) {
  std::vector<resized_place> columns;
  for (std::uint64_t x = 0; x < node.size.w; ++x) {
    columns.push_back(resized(node, x, size.w, node.size.w));
  }
  std::vector<float> out;
  out.reserve(planes * node.size.h * node.size.w);
  for (std::uint64_t plane = 0; plane < planes; ++plane) {
    for (std::uint64_t y = 0; y < node.size.h; ++y) {
      const resized_place row = resized(node, y, size.h, node.size.h);
      const auto* const upper = in.data() + (plane * size.h + row.first) * size.w;
      const auto* const lower = in.data() + (plane * size.h + row.second) * size.w;
      for (const resized_place& column : columns) {
        const double above = upper[column.first] * (1 - column.share) + upper[column.second] * column.share;
        const double below = lower[column.first] * (1 - column.share) + lower[column.second] * column.share;
        out.push_back(rounded_once(above * (1 - row.share) + below * row.share));
      }
    }
  }
  return out;
}

/// Elements between neighbours along each axis.
std::vector<std::uint64_t> strides_of(const std::vector<std::uint64_t>& extents) {
  std::vector<std::uint64_t> strides(extents.size(), 1);
  for (std::size_t i = extents.size(); i > 1; --i) {
    strides[i - 2] = strides[i - 1] * extents[i - 1];
  }
  return strides;
}

/// visit(output element, its place on each axis) for all elements of a shape.
template <class Visit>
void for_each_place(const std::vector<std::uint64_t>& extents, const Visit& visit) {
  std::vector<std::uint64_t> place(extents.size(), 0);
  const auto elements = std::accumulate(extents.begin(), extents.end(), std::uint64_t{1}, std::multiplies<>());
  for (std::uint64_t i = 0; i < elements; ++i) {
    visit(i, place);
    for (std::size_t axis = extents.size(); axis > 0 && ++place[axis - 1] == extents[axis - 1]; --axis) {
      place[axis - 1] = 0;
    }
  }
}

std::vector<float> transpose(const node_operation& node, const map_shape& shape, std::uint64_t images,
                             const std::vector<float>& in) {
  const auto strides = strides_of(shape.extents);
  const auto result = node_shape(node, {shape});
  std::vector<float> out(in.size());
  for (std::uint64_t image = 0; image < images; ++image) {
    const auto first = image * shape.elements();
    for_each_place(result.extents, [&](std::uint64_t i, const std::vector<std::uint64_t>& place) {
      std::uint64_t from = first;
      for (std::size_t axis = 0; axis < place.size(); ++axis) {
        from += place[axis] * strides[node.axes[axis] - 1];
      }
      out[first + i] = in[from];
    });
  }
  return out;
}

std::vector<float> reduce_mean(const node_operation& node, const map_shape& shape, std::uint64_t images,
                               const std::vector<float>& in) {
  map_shape kept = shape;
  for (const std::uint32_t axis : node.axes) {
    kept.extents[axis - 1] = 1;
  }
  const auto strides = strides_of(kept.extents);
  const std::uint64_t together = shape.elements() / kept.elements();
  const auto count = static_cast<double>(together);
  std::vector<float> out;
  for (std::uint64_t image = 0; image < images; ++image) {
    std::vector<double> sums(kept.elements());
    for_each_place(shape.extents, [&](std::uint64_t i, const std::vector<std::uint64_t>& place) {
      std::uint64_t to = 0;
      for (std::size_t axis = 0; axis < place.size(); ++axis) {
        to += kept.extents[axis] == 1 ? 0 : place[axis] * strides[axis];
      }
      sums[to] += in[image * shape.elements() + i];
    });
    for (const double sum : sums) {
      out.push_back(rounded_once(sum / count));
    }
  }
  return out;
}

std::vector<float> slice(const node_operation& node, const around_axis& a, const std::vector<float>& in) {
  std::vector<float> out;
  for (std::uint64_t i = 0; i < a.outer; ++i) {
    for (std::uint64_t k = node.start; k < node.stop; k += node.step) {
      const auto first = in.begin() + static_cast<std::ptrdiff_t>((i * a.extent + k) * a.inner);
      out.insert(out.end(), first, first + static_cast<std::ptrdiff_t>(a.inner));
    }
  }
  return out;
}

std::vector<float> pad(const node_operation& node, const map_shape& shape, std::uint64_t images,
                       const std::vector<float>& in) {
  const auto result = node_shape(node, {shape});
  std::vector<std::uint64_t> offset(shape.extents.size(), 0);
  offset[shape.channels] += node.channels_before;
  if (node.around != padding_2d()) {
    offset.back() += node.around.left;
    offset[shape.extents.size() - 2] += shape.extents.size() == 3 ? node.around.top : 0;
  }
  const auto strides = strides_of(result.extents);
  std::vector<float> out(images * result.elements(), 0.0F);
  for (std::uint64_t image = 0; image < images; ++image) {
    for_each_place(shape.extents, [&](std::uint64_t i, const std::vector<std::uint64_t>& place) {
      std::uint64_t to = image * result.elements();
      for (std::size_t axis = 0; axis < place.size(); ++axis) {
        to += (place[axis] + offset[axis]) * strides[axis];
      }
      out[to] = in[image * shape.elements() + i];
    });
  }
  return out;
}

}  // namespace

std::vector<float> max_pool_values(const pool_window& window, size_2d size, std::uint64_t planes,
                                   std::span<const float> in) {
  std::vector<float> out;
  const auto plane_size = std::uint64_t{size.h} * size.w;
  for_each_window(window, size, planes, [&](std::uint64_t plane, const window_side& rows, const window_side& columns) {
    float largest = -std::numeric_limits<float>::infinity();
    for (auto y = rows.first; y < rows.end; y += rows.step) {
      for (auto x = columns.first; x < columns.end; x += columns.step) {
        largest = std::max(
            largest, in[plane * plane_size + static_cast<std::uint64_t>(y) * size.w + static_cast<std::uint64_t>(x)]);
      }
    }
    out.push_back(largest);
  });
  return out;
}

std::uint64_t normalised_elements(const node_operation& node, const map_shape& input) {
  const auto axis = static_cast<std::ptrdiff_t>(axis_or(node.axis, input.extents.size() - 1));
  return std::accumulate(input.extents.begin() + axis, input.extents.end(), std::uint64_t{1}, std::multiplies<>());
}

std::vector<float> concatenated_values(const std::vector<node_input>& inputs, std::uint64_t images,
                                       std::optional<std::uint32_t> axis) {
  if (inputs.size() == 1) {
    return *inputs.front().values;
  }
  const std::size_t along = axis_or(axis, inputs.front().shape->channels);
  const auto outer = around(*inputs.front().shape, along, images).outer;
  std::vector<float> out;
  for (std::uint64_t i = 0; i < outer; ++i) {
    for (const node_input& input : inputs) {
      const auto run = static_cast<std::ptrdiff_t>(input.values->size() / outer);
      const auto first = input.values->begin() + static_cast<std::ptrdiff_t>(i) * run;
      out.insert(out.end(), first, first + run);
    }
  }
  return out;
}

std::vector<float> node_values(const node_operation& node, const std::vector<node_input>& inputs, std::uint64_t images,
                               const node_constants& constants) {
  if (inputs.size() > 1) {
    std::vector<map_shape> shapes;
    shapes.reserve(inputs.size());
    for (const node_input& input : inputs) {
      shapes.push_back(*input.shape);
    }
    const auto axis = node.type == node_type::concat ? node.axis : std::nullopt;
    const map_shape shape = concatenated_shape(shapes, axis);
    const std::vector<float> values = concatenated_values(inputs, images, axis);
    return node.type == node_type::concat ? values : node_values(node, {{&shape, &values}}, images, constants);
  }
  const map_shape& shape = *inputs.front().shape;
  const std::vector<float>& in = *inputs.front().values;
  const auto planes = [&] { return images * shape.extents.front(); };
  switch (node.type) {
    case node_type::max_pool2d:
      return max_pool_values(node.window, shape.size(), planes(), in);
    case node_type::avg_pool2d:
      return avg_pool(node.window, shape.size(), planes(), in);
    case node_type::global_avg_pool:
      return avg_pool(whole_map(shape.size()), shape.size(), planes(), in);
    case node_type::slice:
      return slice(node, around(shape, axis_or(node.axis, 0), images), in);
    case node_type::pad:
      return pad(node, shape, images, in);
    case node_type::softmax:
      return softmax(around(shape, axis_or(node.axis, shape.channels), images), in);
    case node_type::sigmoid:
      return each(in, [](double x) { return 1 / (1 + std::exp(-x)); });
    case node_type::hard_sigmoid:
      return each(in, [&](double x) { return hard_sigmoid(x, node.alpha, node.beta); });
    case node_type::hard_swish:
      return each(in, [](double x) { return x * hard_sigmoid(x, 1.0 / 6, 0.5); });
    case node_type::gelu:
      return each(in, [&](double x) { return gelu(x, node.form); });
    case node_type::layer_norm:
      return layer_norm(node, normalised_elements(node, shape), in, constants);
    case node_type::resize:
      return resize(node, shape.size(), planes(), in);
    case node_type::transpose:
      return transpose(node, shape, images, in);
    case node_type::reduce_mean:
      return reduce_mean(node, shape, images, in);
    case node_type::flatten:
    case node_type::reshape:
    case node_type::concat:
      break;
  }
  return in;
}

}  // namespace dlac
