#include "sim/workload/network_format.h"

#include <limits>

#include "sim/numbers/operand_formats_json.h"

namespace dlac {
namespace {

constexpr std::uint64_t most_channels = 65536;
constexpr std::uint64_t largest_side = 65536;
constexpr std::uint64_t largest_kernel_side = 1024;  // also of a stride or a padding
constexpr std::uint64_t largest_batch = 65536;
constexpr std::size_t most_layers = 65536;
constexpr std::size_t most_epilogue_ops = 64;
constexpr double largest_fp16 = 65504;

json_format<size_2d> size_format(std::uint64_t minimum, std::uint64_t maximum) {
  return pair_format(&size_2d::h, &size_2d::w, minimum, maximum);
}

json_format<operand_source> trace_source_format() {
  return object_format<operand_source>("Taken from the trace.", trace_source{})
      .constant("source", "trace")
      .omittable(
          "tensor", [](auto& source) -> auto& { return std::get<trace_source>(source).tensor; }, text_format(),
          "Name of the tensor; without it LAYER.activations, LAYER.weights or LAYER.gradients.")
      .format();
}

json_format<operand_source> dense_source_format() {
  return object_format<operand_source>("Without zeros.", dense_source{}).constant("source", "dense").format();
}

json_format<operand_source> synthetic_source_format() {
  const auto member = [](auto synthetic_source::*pointer) {
    return [pointer](auto& source) -> auto& {
      return std::get<synthetic_source>(source).*pointer;
    };
  };
  return object_format<operand_source>("Zeros drawn at random, the same on every machine.", synthetic_source{})
      .constant("source", "synthetic")
      .required("density", member(&synthetic_source::density), decimal_format(0, 1), "Fraction of non-zeros.")
      .defaulted("channel_spread", member(&synthetic_source::channel_spread), decimal_format(0, 10),
                 "How much the densities of channels differ: the sigma of a log-normal factor.")
      .defaulted("cluster", member(&synthetic_source::cluster), decimal_format(0, 1),
                 "How strongly neighbouring pixels share their zeros: 0 independent, 1 strongly.")
      .defaulted("seed", member(&synthetic_source::seed),
                 integer_format<std::uint64_t>(0, std::numeric_limits<std::uint64_t>::max()), "Seed of the draw.")
      .format();
}

json_format<given_operand_sources> operands_format() {
  const json_format<operand_source> source = tagged_format<operand_source>(
      "source",
      {{"trace", trace_source_format()}, {"dense", dense_source_format()}, {"synthetic", synthetic_source_format()}},
      [](const operand_source& value) { return value.index(); });
  return object_format<given_operand_sources>("Where the operands come from.")
      .omittable("activations", &given_operand_sources::activations, source, "The input of a layer.")
      .omittable("weights", &given_operand_sources::weights, source, "The weights of a layer.")
      .omittable("gradients", &given_operand_sources::gradients, source,
                 "The gradient of the loss with respect to the output of a layer.")
      .format();
}

pt_wise_op op_of(pt_wise_kind kind, bool streams_feature_map = false) {
  return {.kind = kind, .streams_feature_map = streams_feature_map, .tensor = "", .threshold = 0};
}

json_format<pt_wise_op> sum_format(pt_wise_kind kind) {
  const std::string word(to_string(kind));
  json_format<pt_wise_op> streamed =
      object_format<pt_wise_op>("A feature map, added or subtracted.", op_of(kind, true))
          .constant("op", word)
          .constant("operand", "feature_map")
          .required("tensor", &pt_wise_op::tensor, text_format(), "Tensor of the trace, in the shape of the output.")
          .format();
  json_format<pt_wise_op> bias = object_format<pt_wise_op>("LAYER.bias, added or subtracted.", op_of(kind))
                                     .constant("op", word)
                                     .constant("operand", "bias")
                                     .format();
  return tagged_format<pt_wise_op>("operand", {{"feature_map", std::move(streamed)}, {"bias", std::move(bias)}},
                                   [](const pt_wise_op& op) -> std::size_t { return op.streams_feature_map ? 0 : 1; });
}

json_format<pt_wise_op> pt_wise_op_format() {
  json_format<pt_wise_op> mul_add =
      object_format<pt_wise_op>("Times LAYER.scale plus LAYER.bias, per channel.", op_of(pt_wise_kind::mul_add))
          .constant("op", std::string(to_string(pt_wise_kind::mul_add)))
          .format();
  json_format<pt_wise_op> select =
      object_format<pt_wise_op>("x > threshold ? x : 0.", op_of(pt_wise_kind::select))
          .constant("op", std::string(to_string(pt_wise_kind::select)))
          .required("threshold", &pt_wise_op::threshold, decimal_format(-largest_fp16, largest_fp16),
                    "Outputs at or below it become zero.")
          .format();
  // In the order of pt_wise_kind.
  return tagged_format<pt_wise_op>("op",
                                   {{"add", sum_format(pt_wise_kind::add)},
                                    {"sub", sum_format(pt_wise_kind::sub)},
                                    {"mul-add", std::move(mul_add)},
                                    {"select", std::move(select)}},
                                   [](const pt_wise_op& op) { return static_cast<std::size_t>(op.kind); });
}

json_format<recorded_output> recorded_output_format() {
  const json_format<max_pool> pool =
      object_format<max_pool>("Max-pooling between the layer's output and the recorded tensor.")
          .required("kernel", &max_pool::kernel, size_format(1, largest_kernel_side), "[height, width].")
          .required("stride", &max_pool::stride, size_format(1, largest_kernel_side), "[vertical, horizontal].")
          .defaulted("padding", &max_pool::padding, size_format(0, largest_kernel_side),
                     "[top and bottom, left and right].")
          .format();
  return object_format<recorded_output>("What the trained network itself computed after the layer.")
      .required("tensor", &recorded_output::tensor, text_format(), "Tensor of the trace.")
      .omittable("max_pool", &recorded_output::pool, pool, "Max-pooling that the recorded tensor has behind it.")
      .format();
}

/// The keys that every layer may have.
json_format<layer_entry> with_common_keys(object_format<layer_entry> table) {
  return table
      .defaulted("weight_format", &layer::weights,
                 enum_format<weight_format>({weight_format::ternary, weight_format::full}),
                 "Two-bit {-1, 0, 1}, or the float of the machine's mode.")
      .omittable("operands", &layer_entry::given_operands, operands_format(),
                 "Where the operands of this layer come from, before the defaults of the file.")
      .defaulted("epilogue", &layer::epilogue, list_format(pt_wise_op_format(), 0, most_epilogue_ops),
                 "Pointwise operations on every output x, in order.")
      .omittable("numbers", &layer::numbers, on_demand("an object", layer_numbers_json),
                 "Number formats of this layer, in place of the machine's.")
      .omittable("recorded_output", &layer::recorded, recorded_output_format(),
                 "What the simulated output is compared with.")
      .format();
}

constexpr std::string_view name_description = "Unique name of the layer; tensors are LAYER.activations, ...";

json_format<layer_entry> conv2d_format() {
  const auto channels = integer_format<std::uint32_t>(1, most_channels);
  object_format<layer_entry> table("A two-dimensional convolution.");
  table.required("name", &layer::name, text_format(), name_description)
      .constant("type", "conv2d")
      .required("in_channels", &layer::in_channels, channels, "Input channels.")
      .required("out_channels", &layer::out_channels, channels, "Output channels.")
      .required("input_size", &layer::input_size, size_format(1, largest_side), "[height, width], before padding.")
      .required("kernel", &layer::kernel, size_format(1, largest_kernel_side), "[height, width].")
      .defaulted("stride", &layer::stride, size_format(1, largest_kernel_side), "[vertical, horizontal].")
      .defaulted("padding", &layer::padding, size_format(0, largest_kernel_side), "[top and bottom, left and right].")
      .defaulted("groups", &layer::groups, channels, "Groups of channels; they divide both channel counts.");
  return with_common_keys(std::move(table));
}

json_format<layer_entry> linear_format() {
  const auto features = integer_format<std::uint32_t>(1, most_channels);
  layer_entry initial;
  initial.type = layer_type::linear;
  object_format<layer_entry> table("A fully connected layer.", initial);
  table.required("name", &layer::name, text_format(), name_description)
      .constant("type", "linear")
      .required("in_features", &layer::in_channels, features, "Input features.")
      .required("out_features", &layer::out_channels, features, "Output features.");
  return with_common_keys(std::move(table));
}

json_format<training_parameters> training_format() {
  return object_format<training_parameters>("How a training step updates the weights.")
      .defaulted("momentum", &training_parameters::momentum, decimal_format(0, 1),
                 "v = momentum * v + gradient, of each weight.")
      .defaulted("learning_rate", &training_parameters::learning_rate, decimal_format(0, 1000),
                 "w = w - learning_rate * v.")
      .format();
}

json_format<workload_file> make_workload_file_format() {
  const json_format<layer_entry> layer_format = tagged_format<layer_entry>(
      "type", {{"conv2d", conv2d_format()}, {"linear", linear_format()}},
      [](const layer_entry& entry) -> std::size_t { return entry.type == layer_type::conv2d ? 0 : 1; });
  return object_format<workload_file>("A network: the layers of one training or inference step.")
      .required("name", &workload_file::name, text_format(), "Name of the workload, for reports.")
      .defaulted("batch", &workload_file::batch, integer_format<std::uint32_t>(1, largest_batch), "Images.")
      .defaulted("training", &workload_file::training, training_format(), "Of --pass training; values only.")
      .omittable("trace", &workload_file::trace, text_format(),
                 "A safetensors file; its path is relative to this file.")
      .omittable("operands", &workload_file::operands, operands_format(),
                 "Defaults of all layers; without one an operand comes from the trace, or is dense if there is none.")
      .required("layers", &workload_file::layers, list_format(layer_format, 1, most_layers),
                "The layers, in the order in which they run.")
      .format();
}

}  // namespace

const json_format<workload_file>& workload_file_format() {
  static const json_format<workload_file> format = make_workload_file_format();
  return format;
}

}  // namespace dlac
