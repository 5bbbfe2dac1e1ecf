#include "sim/nodes/map_shape.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>

namespace dlac {
namespace {

constexpr std::uint64_t longest_extent = (std::uint64_t{1} << 31U) - 1;

/// An axis that counts from the images, among the extents of one.
std::size_t extent_of(std::uint32_t axis, const map_shape& shape, std::string_view key) {
  if (axis == 0 || axis > shape.extents.size()) {
    throw node_misfit(std::string(key), std::to_string(axis),
                      "an axis from 1 to " + std::to_string(shape.extents.size()) + " of images of " +
                          in_brackets(shape.extents) + ": 0 are the images");
  }
  return axis - 1;
}

std::uint64_t checked_extent(std::uint64_t extent) {
  if (extent > longest_extent) {
    throw node_misfit("", "an output of " + std::to_string(extent) + " a side",
                      "at most " + std::to_string(longest_extent));
  }
  return extent;
}

/// Windows along one side.
std::uint64_t windows(std::uint64_t side, std::uint64_t before, std::uint64_t after, std::uint64_t reach,
                      std::uint64_t stride, bool with_last) {
  const std::uint64_t room = side + before + after - reach;
  std::uint64_t count = room / stride + 1;
  if (with_last && room % stride != 0 && count * stride < side + before) {
    ++count;
  }
  return count;
}

size_2d checked_size(const map_shape& shape, std::string_view key) {
  if (shape.extents.size() != 3 && shape.extents.size() != 2) {
    throw node_misfit(std::string(key), "a map of " + in_brackets(shape.extents), "one of [channels, height, width]");
  }
  return shape.size();
}

map_shape with_size(const map_shape& shape, size_2d size) {
  return shape.extents.size() == 3 ? map_shape{{shape.extents[0], size.h, size.w}, 0}
                                   : map_shape{{shape.extents[0], size.w}, 0};
}

map_shape reshaped(const node_operation& node, const map_shape& input) {
  map_shape result{node.shape, node.shape.size() == 3 ? 0 : node.shape.size() - 1};
  std::uint64_t elements = 1;
  bool is_too_large = false;
  for (const std::uint64_t extent : node.shape) {
    is_too_large = is_too_large || extent > std::numeric_limits<std::uint64_t>::max() / elements;
    elements *= is_too_large ? 1 : extent;
  }
  if (is_too_large || elements != input.elements()) {
    throw node_misfit(
        "/shape", in_brackets(node.shape),
        "a shape of the " + std::to_string(input.elements()) + " elements of " + in_brackets(input.extents));
  }
  return result;
}

map_shape sliced(const node_operation& node, map_shape shape) {
  auto& extent = shape.extents[extent_of(node.axis.value_or(1), shape, "/axis")];
  if (node.start >= node.stop) {
    throw node_misfit("/stop", std::to_string(node.stop), "more than start, " + std::to_string(node.start));
  }
  if (node.stop > extent) {
    throw node_misfit("/stop", std::to_string(node.stop), "at most " + std::to_string(extent) + ", what the axis has");
  }
  extent = (node.stop - node.start + node.step - 1) / node.step;
  return shape;
}

map_shape padded(const node_operation& node, map_shape shape) {
  auto& extents = shape.extents;
  extents[shape.channels] = checked_extent(extents[shape.channels] + node.channels_before + node.channels_after);
  if (node.around == padding_2d()) {
    return shape;
  }
  const size_2d size = checked_size(shape, "/padding");
  const auto height = checked_extent(std::uint64_t{size.h} + node.around.top + node.around.bottom);
  if (extents.size() == 2 && height > 1) {
    throw node_misfit("/padding", "rows around a map of " + in_brackets(extents), "columns only: it has no height");
  }
  const auto width = checked_extent(std::uint64_t{size.w} + node.around.left + node.around.right);
  return with_size(shape, {static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width)});
}

map_shape transposed(const node_operation& node, const map_shape& input) {
  std::vector<bool> is_used(input.extents.size());
  map_shape result{{}, 0};
  for (std::size_t i = 0; i < node.axes.size(); ++i) {
    const std::string key = "/axes/" + std::to_string(i);
    const std::size_t from = extent_of(node.axes[i], input, key);
    if (is_used[from]) {
      throw node_misfit(key, std::to_string(node.axes[i]) + " a second time", "every axis behind the images once");
    }
    is_used[from] = true;
    result.channels = from == input.channels ? i : result.channels;
    result.extents.push_back(input.extents[from]);
  }
  if (result.extents.size() != input.extents.size()) {
    throw node_misfit("/axes", std::to_string(node.axes.size()) + " axes",
                      std::to_string(input.extents.size()) + ", those of " + in_brackets(input.extents));
  }
  return result;
}

map_shape reduced(const node_operation& node, const map_shape& input) {
  map_shape kept = input;
  std::vector<bool> is_reduced(input.extents.size());
  for (std::size_t i = 0; i < node.axes.size(); ++i) {
    const std::size_t axis = extent_of(node.axes[i], input, "/axes/" + std::to_string(i));
    kept.extents[axis] = 1;
    is_reduced[axis] = true;
  }
  if (node.keep_dims) {
    return kept;
  }
  map_shape result;
  for (std::size_t i = 0; i < is_reduced.size(); ++i) {
    if (!is_reduced[i]) {
      result.channels = i == input.channels ? result.extents.size() : result.channels;
      result.extents.push_back(input.extents[i]);
    }
  }
  return result.extents.empty() ? map_shape{{1}, 0} : result;
}

}  // namespace

std::uint64_t map_shape::elements() const {
  return std::accumulate(extents.begin(), extents.end(), std::uint64_t{1}, std::multiplies<>());
}

size_2d map_shape::size() const {
  return {extents.size() == 3 ? static_cast<std::uint32_t>(extents[1]) : 1U,
          static_cast<std::uint32_t>(extents.back())};
}

std::vector<std::uint64_t> map_shape::of_images(std::uint64_t images) const {
  std::vector<std::uint64_t> result = extents;
  result.insert(result.begin(), images);
  return result;
}

std::string in_brackets(std::span<const std::uint64_t> extents) {
  std::string text;
  for (const std::uint64_t extent : extents) {
    text += (text.empty() ? "[" : ", ") + std::to_string(extent);
  }
  return text.empty() ? "[]" : text + "]";
}

map_shape concatenated_shape(const std::vector<map_shape>& inputs, std::optional<std::uint32_t> axis) {
  map_shape result = inputs.front();
  const std::size_t along = axis ? extent_of(*axis, result, "/axis") : result.channels;
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    map_shape others = inputs[i];
    const bool is_alike = others.extents.size() == result.extents.size() && (axis || others.channels == along);
    if (is_alike) {
      others.extents[along] = result.extents[along];
    }
    if (!is_alike || others.extents != result.extents) {
      throw node_misfit("/input/" + std::to_string(i), "a map of " + in_brackets(inputs[i].extents),
                        "one that differs from " + in_brackets(inputs.front().extents) + " in axis " +
                            std::to_string(along + 1) + " at most");
    }
    result.extents[along] = checked_extent(result.extents[along] + inputs[i].extents[along]);
  }
  return result;
}

size_2d stride_of(const pool_window& window) {
  return window.stride.value_or(window.kernel);
}

size_2d pooled_size(const pool_window& window, size_2d input) {
  const auto reach = [](std::uint64_t kernel, std::uint64_t dilation) { return dilation * (kernel - 1) + 1; };
  const auto& around = window.padding;
  const std::vector<std::uint64_t> reached = {reach(window.kernel.h, window.dilation.h),
                                              reach(window.kernel.w, window.dilation.w)};
  const std::vector<std::uint64_t> kernel = {window.kernel.h, window.kernel.w};
  // Every window then holds a pixel.
  if (std::max(around.top, around.bottom) >= window.kernel.h ||
      std::max(around.left, around.right) >= window.kernel.w) {
    throw node_misfit("/padding",
                      around.is_symmetric() ? in_brackets(std::vector<std::uint64_t>{around.top, around.left})
                                            : in_brackets(std::vector<std::uint64_t>{around.top, around.left,
                                                                                     around.bottom, around.right}),
                      "less than the kernel " + in_brackets(kernel));
  }
  const std::vector<std::uint64_t> room = {std::uint64_t{input.h} + around.top + around.bottom,
                                           std::uint64_t{input.w} + around.left + around.right};
  if (reached[0] > room[0] || reached[1] > room[1]) {
    throw node_misfit("/kernel", in_brackets(kernel) + (reached == kernel ? "" : ", dilated " + in_brackets(reached)),
                      "at most " + in_brackets(room) + ", the padded map");
  }
  if ((window.kernel.h > 1 && window.dilation.h > input.h) || (window.kernel.w > 1 && window.dilation.w > input.w)) {
    throw node_misfit("/dilation", in_brackets(std::vector<std::uint64_t>{window.dilation.h, window.dilation.w}),
                      "at most " + in_brackets(std::vector<std::uint64_t>{input.h, input.w}) + ", the map");
  }
  const size_2d stride = stride_of(window);
  return {
      static_cast<std::uint32_t>(windows(input.h, around.top, around.bottom, reached[0], stride.h, window.ceil_mode)),
      static_cast<std::uint32_t>(windows(input.w, around.left, around.right, reached[1], stride.w, window.ceil_mode))};
}

map_shape node_shape(const node_operation& node, const std::vector<map_shape>& inputs) {
  const bool is_concat = node.type == node_type::concat;
  map_shape input = concatenated_shape(inputs, is_concat ? node.axis : std::nullopt);
  switch (node.type) {
    case node_type::max_pool2d:
    case node_type::avg_pool2d:
      return with_size(input, pooled_size(node.window, checked_size(input, "/input")));
    case node_type::global_avg_pool:
      static_cast<void>(checked_size(input, "/input"));
      return with_size(input, {1, 1});
    case node_type::flatten:
      return {{input.elements()}, 0};
    case node_type::reshape:
      return reshaped(node, input);
    case node_type::slice:
      return sliced(node, input);
    case node_type::pad:
      return padded(node, input);
    case node_type::resize:
      static_cast<void>(checked_size(input, "/input"));
      if (input.extents.size() == 2 && node.size.h != 1) {
        throw node_misfit("/size", "a height of " + std::to_string(node.size.h), "1: the map has none");
      }
      return with_size(input, node.size);
    case node_type::transpose:
      return transposed(node, input);
    case node_type::reduce_mean:
      return reduced(node, input);
    case node_type::softmax:
    case node_type::layer_norm:
      if (node.axis) {
        static_cast<void>(extent_of(*node.axis, input, "/axis"));
      }
      return input;
    case node_type::concat:
    case node_type::sigmoid:
    case node_type::hard_sigmoid:
    case node_type::hard_swish:
    case node_type::gelu:
      break;
  }
  return input;
}

}  // namespace dlac
