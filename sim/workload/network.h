#pragma once
// A network as a list or a graph of layers: shapes, number formats, where the operands come from and the pointwise
// operations that follow each layer. Reading and checking the workload file happens in this folder only.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/core/file_stamp.h"
#include "sim/core/types.h"
#include "sim/numbers/operand_formats.h"
#include "sim/numbers/tensor_conversion.h"
#include "sim/workload/network_graph.h"
#include "sim/workload/operand_source.h"

namespace dlac {

struct layer_operand_sources {
  operand_source activations;
  operand_source weights;  ///< or of the column operand of a matmul
  operand_source gradients;
};

enum class pt_wise_kind { add, sub, mul_add, select, mul, clamp };
/// Every one: what the random tests draw from.
inline constexpr std::array pt_wise_kinds = {pt_wise_kind::add,    pt_wise_kind::sub, pt_wise_kind::mul_add,
                                             pt_wise_kind::select, pt_wise_kind::mul, pt_wise_kind::clamp};
std::string_view to_string(pt_wise_kind kind);

/// One pointwise operation of a layer's epilogue, on every output x:
///   mul-add              x * scale[channel] + bias[channel]        (tensors LAYER.scale, LAYER.bias)
///   add, sub "bias"      x + bias[channel], x - bias[channel]       (tensor LAYER.bias)
///   add, sub "feature_map"  x + t[x's place], x - t[...]            (streams tensor t from the feature-map buffer)
///   select               x > threshold ? x : 0
///   mul "feature_map"    x * t[x's place]                           (streams tensor t)
///   mul "channel"        x * t[image, channel]                      (tensor t [n, c], held in the PE like scale and
///   bias) clamp                x below the minimum becomes it, above the maximum that
struct pt_wise_op {
  pt_wise_kind kind = pt_wise_kind::select;
  bool streams_feature_map = false;
  std::string tensor;    ///< of a streamed operand, in the trace
  double threshold = 0;  ///< of select; within the range of fp16, as the next two
  double minimum = 0;    ///< of clamp
  double maximum = 0;
  bool is_per_channel = false;  ///< of mul: `tensor` has a value for each image and channel
  std::string from = {};        ///< of a graph: the layer or node whose output `tensor` is; empty: nobody's

  /// Whether it names a tensor.
  [[nodiscard]] bool reads_tensor() const { return streams_feature_map || is_per_channel; }
  [[nodiscard]] bool reads_scale() const;
  [[nodiscard]] bool reads_bias() const;
  /// Runs on the FMA units, which the extra adders cannot help (contract section 6).
  [[nodiscard]] bool multiplies() const;
};

enum class layer_type { conv2d, conv1d, transposed_conv2d, linear, matmul };
/// Every one, in the order of the enum.
inline constexpr std::array layer_types = {layer_type::conv2d, layer_type::conv1d, layer_type::transposed_conv2d,
                                           layer_type::linear, layer_type::matmul};
std::string_view to_string(layer_type type);

/// Max-pooling between a layer and the recorded tensor that its output is compared with.
struct max_pool {
  size_2d kernel;
  size_2d stride;
  size_2d padding{0, 0};
};

/// What the trained network itself computed after this layer, to hold the simulated values against.
struct recorded_output {
  std::string tensor;
  std::optional<max_pool> pool;
};

/// Everything is stored as what runs: a conv1d as a convolution of height 1; a linear layer as a 1x1 convolution on a
/// map of height 1 and width tokens; a matmul [m, k] x [k, n] as one with k input and n output channels on a map of
/// height 1 and width m, which has a map of its own in place of weights.
struct layer {
  std::string name;
  layer_type type = layer_type::conv2d;
  std::uint32_t in_channels = 0;
  std::uint32_t out_channels = 0;
  size_2d input_size;
  size_2d kernel;
  size_2d stride;
  padding_2d padding;
  size_2d dilation{1, 1};
  size_2d output_padding{0, 0};  ///< of a transposed convolution
  std::uint32_t groups = 1;
  std::uint32_t products = 1;  ///< of a matmul: for each image
  weight_format weights = weight_format::ternary;
  layer_operand_sources operands;
  std::vector<pt_wise_op> epilogue;
  std::optional<recorded_output> recorded;
  std::optional<given_numbers> numbers;  ///< in place of the machine's
  std::size_t place = 0;                 ///< among the "layers" of its file
  // Of a graph:
  std::vector<std::string> inputs;          ///< layers and nodes whose outputs it reads one after the other, or "image"
  std::optional<std::string> columns_from;  ///< of a matmul, likewise its second map
  bool is_behind_layers = true;  ///< whether a layer stands before it: else nobody needs its input's gradient

  [[nodiscard]] bool is_transposed() const { return type == layer_type::transposed_conv2d; }
  [[nodiscard]] bool is_matmul() const { return type == layer_type::matmul; }
  /// Whether a trace may hold its feature maps as [n, tokens, features].
  [[nodiscard]] bool has_tokens() const { return type == layer_type::linear || type == layer_type::matmul; }
  /// As what an operand is held: the second map of a matmul as activations are.
  [[nodiscard]] tensor_role held_role(tensor_role operand) const {
    return is_matmul() && operand == tensor_role::weights ? tensor_role::activations : operand;
  }
  /// For functions that take the numbers of a layer, or none.
  [[nodiscard]] const given_numbers* own_numbers() const { return numbers ? &*numbers : nullptr; }
  /// Of a convolution (side + padding - dilation (kernel - 1) - 1) / stride + 1, of a transposed one
  /// (side - 1) stride - padding + dilation (kernel - 1) + 1 + output padding.
  [[nodiscard]] size_2d output_size() const;
  [[nodiscard]] shape_4d activation_shape(std::uint32_t batch) const {
    return {std::uint64_t{batch} * products, in_channels, input_size.h, input_size.w};
  }
  [[nodiscard]] shape_4d output_shape(std::uint32_t batch) const {
    return {std::uint64_t{batch} * products, out_channels, output_size().h, output_size().w};
  }
  /// Of the tensor that an operation of its epilogue names.
  [[nodiscard]] shape_4d operand_shape(const pt_wise_op& op, std::uint32_t batch) const {
    const shape_4d output = output_shape(batch);
    return op.is_per_channel ? shape_4d{output.n, output.c, 1, 1} : output;
  }
  /// [cout, cin / groups, kh, kw], of a transposed convolution as well, whose trace has them as [cin, cout / groups,
  /// kh, kw]; none of a matmul.
  [[nodiscard]] shape_4d weight_shape() const {
    return {is_matmul() ? 0 : out_channels, in_channels / groups, kernel.h, kernel.w};
  }
  /// Of the column operand: the weights, or of a matmul [n, k, 1, columns].
  [[nodiscard]] shape_4d column_shape(std::uint32_t batch) const {
    return is_matmul() ? shape_4d{std::uint64_t{batch} * products, in_channels, 1, out_channels} : weight_shape();
  }
  /// Multiply-accumulates of an output: (cin / groups) * kh * kw; of a transposed convolution at most.
  [[nodiscard]] std::uint64_t filter_elements() const {
    return std::uint64_t{in_channels / groups} * kernel.h * kernel.w;
  }
  /// Of the tensor that `recorded` names, which may be behind a pooling; where there is one.
  [[nodiscard]] shape_4d recorded_shape(std::uint32_t batch) const;
  /// batch * OH * OW * Cout * (Cin / groups) * Kh * Kw, of a transposed convolution batch * H * W * Cin *
  /// (Cout / groups) * Kh * Kw; the same for all three passes.
  [[nodiscard]] std::uint64_t dense_macs(std::uint32_t batch) const;
};

/// How a training step updates the weights: v = momentum * v + gradient, w = w - learning_rate * v.
struct training_parameters {
  double momentum = 0.9;
  double learning_rate = 0.1;
};

/// What a network takes of pictures, whose pixels are 0 to 1: (pixel - mean) / deviation, of each channel.
struct pixel_scaling {
  std::vector<double> mean;
  std::vector<double> deviation;
};

struct network {
  std::string name;
  std::string file;  ///< the workload file, for messages
  std::uint32_t batch = 1;
  training_parameters training;
  std::optional<std::string> trace;       ///< as the workload file gives it
  std::optional<std::string> trace_path;  ///< resolved against the workload file's folder
  std::optional<file_stamp> trace_stamp;  ///< that the file at trace_path must have, where what is kept depends on it
  std::vector<layer> layers;
  /// Of a functional run: the layer whose activations the image is, and from where it had them, where there is no
  /// other.
  struct image_origin {
    std::size_t layer = 0;
    operand_source source;
  };
  std::optional<image_origin> image;
  std::optional<pixel_scaling> image_pixels;  ///< of a graph: none: pixels as they are
  std::optional<network_graph> graph;         ///< none: a list of layers, of which each reads its own operands

  /// Nobody needs the gradient of the network's own input: its first layer, or all that read the image, have no
  /// backward-data pass.
  [[nodiscard]] bool has_backward_data(const layer& l) const {
    return graph ? l.is_behind_layers : l.name != layers.front().name;
  }
};

/// The formats of a layer's pass on a machine that holds numbers so.
pass_formats formats_of(const operand_formats& numbers, pass_kind pass, const layer& l);

/// Reads and checks a workload file. An operand without a source of its own, in its layer or at the top level, comes
/// from the trace if the file names one, and is dense otherwise; the column operand of a matmul is as activations are.
/// Every tensor of a layer has at most 2^40 elements and every layer at most 2^48 multiply-accumulates, so that no
/// count overflows. Throws input_error.
network read_network(const std::string& path);
/// The same of a file that is yet to be written to `path`: what it will hold.
network read_network_text(std::string_view text, const std::string& path);

/// Has every layer of a graph read what the layers before it compute, in place of its own activations (and a matmul its
/// columns, where it says from where). Throws input_error, at `place`, for a network that is no graph, or an operation
/// of an epilogue that reads a layer's feature map by its name in the trace.
void make_functional(network& net, std::string_view place);

/// Images to simulate in place of the file's. Throws input_error, at `place`, where a layer becomes too large.
void set_batch(network& net, std::uint32_t batch, const std::string& place);
/// As many as a batch may have.
inline constexpr std::uint32_t largest_batch = 0x7FFFFFFF;

/// The network as the report repeats it.
nlohmann::ordered_json to_json(const network& net);

/// JSON Schema (2020-12) of the workload file.
nlohmann::ordered_json workload_schema();

}  // namespace dlac
