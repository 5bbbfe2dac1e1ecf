#pragma once
// What stands between the layers of a network and takes no cycle of this machine: pooling, concatenation, softmax, ...
// A node reads feature maps and gives one.
//
//   max_pool2d, avg_pool2d, global_avg_pool        a maximum or a mean over windows
//   flatten, reshape, concat, slice, pad           the same numbers elsewhere
//   softmax, sigmoid, hard_sigmoid, hard_swish, gelu, layer_norm, resize, transpose, reduce_mean    on the host
//
// Definitions are those of ONNX's operators of these names. Axes count from the images, which are 0.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/core/types.h"

namespace dlac {

enum class node_type {
  max_pool2d,
  avg_pool2d,
  global_avg_pool,
  flatten,
  reshape,
  concat,
  slice,
  pad,
  softmax,
  sigmoid,
  hard_sigmoid,
  hard_swish,
  gelu,
  layer_norm,
  resize,
  transpose,
  reduce_mean
};
/// Every one, in the order of the enum.
inline constexpr std::array node_types = {node_type::max_pool2d, node_type::avg_pool2d,   node_type::global_avg_pool,
                                          node_type::flatten,    node_type::reshape,      node_type::concat,
                                          node_type::slice,      node_type::pad,          node_type::softmax,
                                          node_type::sigmoid,    node_type::hard_sigmoid, node_type::hard_swish,
                                          node_type::gelu,       node_type::layer_norm,   node_type::resize,
                                          node_type::transpose,  node_type::reduce_mean};
std::string_view to_string(node_type type);
/// Whether another processor has to compute it; the others ride along with the traffic of layers, free of cost.
bool runs_on_host(node_type type);

enum class resize_mode { nearest, linear };
inline constexpr std::array resize_modes = {resize_mode::nearest, resize_mode::linear};
std::string_view to_string(resize_mode mode);

/// Where output pixel x lies in the input, which is `scale` times smaller:
///   half_pixel     (x + 0.5) / scale - 0.5
///   asymmetric     x / scale
///   align_corners  x (input - 1) / (output - 1)
enum class resize_coordinates { half_pixel, asymmetric, align_corners };
inline constexpr std::array resize_coordinate_rules = {resize_coordinates::half_pixel, resize_coordinates::asymmetric,
                                                       resize_coordinates::align_corners};
std::string_view to_string(resize_coordinates coordinates);

/// To which pixel `nearest` goes; round takes the lower of two that are as near.
enum class resize_rounding { round, floor, ceil };
inline constexpr std::array resize_roundings = {resize_rounding::round, resize_rounding::floor, resize_rounding::ceil};
std::string_view to_string(resize_rounding rounding);

enum class gelu_form { exact, tanh };
inline constexpr std::array gelu_forms = {gelu_form::exact, gelu_form::tanh};
std::string_view to_string(gelu_form form);

/// Windows of pooling; what they reach beyond the map is no pixel.
struct pool_window {
  size_2d kernel;
  std::optional<size_2d> stride;  ///< none: as the kernel
  padding_2d padding;
  size_2d dilation{1, 1};          ///< of max_pool2d
  bool ceil_mode = false;          ///< a last window that is not whole counts, where it begins in the map or left of it
  bool count_include_pad = false;  ///< of avg_pool2d: padding counts as pixels of zero
};

/// A node's type with its keys; those of other types are not looked at.
struct node_operation {
  node_type type = node_type::flatten;
  pool_window window;                 ///< max_pool2d, avg_pool2d
  std::optional<std::uint32_t> axis;  ///< concat, softmax (none: channels); slice; layer_norm: the first (none: last)
  std::vector<std::uint32_t> axes;    ///< transpose: where each axis comes from; reduce_mean: over which
  bool keep_dims = true;              ///< reduce_mean: axes of one element stay
  std::vector<std::uint64_t> shape;   ///< reshape: of an image
  std::uint64_t start = 0;            ///< slice: the first, the one behind the last, and every how many-th
  std::uint64_t stop = 0;
  std::uint64_t step = 1;
  std::uint64_t channels_before = 0;  ///< pad: channels of zeros in front and behind, and around the map
  std::uint64_t channels_after = 0;
  padding_2d around;
  double alpha = 1.0 / 6;  ///< hard_sigmoid: max(0, min(1, alpha x + beta))
  double beta = 0.5;
  gelu_form form = gelu_form::exact;
  double epsilon = 1e-5;  ///< layer_norm, which multiplies by NAME.scale and adds NAME.bias where it is affine
  bool is_affine = true;
  size_2d size;  ///< resize: of the output
  resize_mode mode = resize_mode::nearest;
  resize_coordinates coordinates = resize_coordinates::half_pixel;
  resize_rounding rounding = resize_rounding::round;
};

}  // namespace dlac
