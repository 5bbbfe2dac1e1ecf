#pragma once
// A network as a list of layers: shapes, number formats, where the operands come from and the pointwise operations
// that follow each layer. Reading and checking the workload file happens in this folder only.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/core/file_stamp.h"
#include "sim/core/types.h"
#include "sim/numbers/operand_formats.h"

namespace dlac {

/// Operand taken from the trace: tensor `LAYER.activations` (or .weights, .gradients) unless another is named.
struct trace_source {
  std::optional<std::string> tensor;
};
/// Every element is non-zero.
struct dense_source {};
/// Zeros drawn at random; operands.h draws them.
struct synthetic_source {
  double density = 1;         ///< fraction of non-zeros, 0 to 1
  double channel_spread = 0;  ///< sigma of the log-normal factor between channels, >= 0
  double cluster = 0;         ///< how strongly neighbouring pixels share their zeros, 0 to 1
  std::uint64_t seed = 0;
};
using operand_source = std::variant<trace_source, dense_source, synthetic_source>;

struct layer_operand_sources {
  operand_source activations;
  operand_source weights;
  operand_source gradients;
};

enum class pt_wise_kind { add, sub, mul_add, select };
/// Every one: what the random tests draw from.
inline constexpr std::array pt_wise_kinds = {pt_wise_kind::add, pt_wise_kind::sub, pt_wise_kind::mul_add,
                                             pt_wise_kind::select};
std::string_view to_string(pt_wise_kind kind);

/// One pointwise operation of a layer's epilogue, on every output x:
///   mul-add              x * scale[channel] + bias[channel]        (tensors LAYER.scale, LAYER.bias)
///   add, sub "bias"      x + bias[channel], x - bias[channel]       (tensor LAYER.bias)
///   add, sub "feature_map"  x + t[x's place], x - t[...]            (streams tensor t from the feature-map buffer)
///   select               x > threshold ? x : 0
struct pt_wise_op {
  pt_wise_kind kind = pt_wise_kind::select;
  bool streams_feature_map = false;
  std::string tensor;    ///< of a streamed operand
  double threshold = 0;  ///< of select; within the range of fp16

  [[nodiscard]] bool reads_scale() const;
  [[nodiscard]] bool reads_bias() const;
  /// Runs on the FMA units, which the extra adders cannot help (contract section 6).
  [[nodiscard]] bool multiplies() const;
};

enum class layer_type { conv2d, linear };
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

/// A linear layer is a 1x1 convolution on a 1x1 image, and is stored as one.
struct layer {
  std::string name;
  layer_type type = layer_type::conv2d;
  std::uint32_t in_channels = 0;
  std::uint32_t out_channels = 0;
  size_2d input_size;
  size_2d kernel;
  size_2d stride;
  size_2d padding{0, 0};
  std::uint32_t groups = 1;
  weight_format weights = weight_format::ternary;
  layer_operand_sources operands;
  std::vector<pt_wise_op> epilogue;
  std::optional<recorded_output> recorded;
  std::optional<given_numbers> numbers;  ///< in place of the machine's

  /// For functions that take the numbers of a layer, or none.
  [[nodiscard]] const given_numbers* own_numbers() const { return numbers ? &*numbers : nullptr; }
  [[nodiscard]] size_2d output_size() const {
    return {(input_size.h + 2 * padding.h - kernel.h) / stride.h + 1,
            (input_size.w + 2 * padding.w - kernel.w) / stride.w + 1};
  }
  [[nodiscard]] shape_4d activation_shape(std::uint32_t batch) const {
    return {batch, in_channels, input_size.h, input_size.w};
  }
  [[nodiscard]] shape_4d output_shape(std::uint32_t batch) const {
    return {batch, out_channels, output_size().h, output_size().w};
  }
  [[nodiscard]] shape_4d weight_shape() const { return {out_channels, in_channels / groups, kernel.h, kernel.w}; }
  /// Of the tensor that `recorded` names, which may be behind a pooling; where there is one.
  [[nodiscard]] shape_4d recorded_shape(std::uint32_t batch) const;
  /// batch * OH * OW * Cout * (Cin / groups) * Kh * Kw, the same for all three passes.
  [[nodiscard]] std::uint64_t dense_macs(std::uint32_t batch) const {
    return output_shape(batch).elements() * (weight_shape().elements() / out_channels);
  }
};

/// How a training step updates the weights: v = momentum * v + gradient, w = w - learning_rate * v.
struct training_parameters {
  double momentum = 0.9;
  double learning_rate = 0.1;
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

  /// Nobody needs the gradient of the network's own input: its first layer has no backward-data pass.
  [[nodiscard]] bool has_backward_data(const layer& l) const { return l.name != layers.front().name; }
};

/// Reads and checks a workload file. An operand without a source of its own, in its layer or at the top level, comes
/// from the trace if the file names one, and is dense otherwise. Every tensor of a layer has at most 2^40 elements and
/// every layer at most 2^48 multiply-accumulates, so that no count overflows. Throws input_error.
network read_network(const std::string& path);

/// The network as the report repeats it.
nlohmann::ordered_json to_json(const network& net);

/// JSON Schema (2020-12) of the workload file.
nlohmann::ordered_json workload_schema();

}  // namespace dlac
