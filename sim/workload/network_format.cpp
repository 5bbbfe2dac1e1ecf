#include "sim/workload/network_format.h"

#include <string_view>
#include <utility>

#include "sim/numbers/operand_formats_json.h"
#include "sim/workload/node_format.h"

namespace dlac {
namespace {

// What tensors of such sizes have in elements and operations is checked as a whole (network_checks.h).
constexpr std::uint64_t largest_extent = (std::uint64_t{1} << 31U) - 1;  // of channels, sides, tokens, batches
constexpr std::uint64_t largest_kernel_side = 65536;
constexpr std::uint64_t largest_step = 65536;  // of a stride, a padding or a dilation
constexpr std::size_t most_layers = 65536;
constexpr std::size_t most_inputs = 4096;
constexpr std::size_t most_image_axes = 7;
constexpr std::size_t most_epilogue_ops = 64;
constexpr double largest_fp16 = 65504;

/// Along the one side of a conv1d: a number, or two where the edges differ.
json_format<padding_2d> padding_1d_format() {
  return {.expected = "a number, or [left, right]",
          .schema =
              [] {
                return nlohmann::ordered_json{
                    {"anyOf", nlohmann::ordered_json::array({integer_schema(0, largest_step),
                                                             array_schema(integer_schema(0, largest_step), 2, 2)})}};
              },
          .read = [](const json_value& value) -> padding_2d {
            if (!value.is_array()) {
              return {0, static_cast<std::uint32_t>(value.integer(0, largest_step))};
            }
            const auto sides = value.elements(2, 2);
            return {0, static_cast<std::uint32_t>(sides[0].integer(0, largest_step)), 0,
                    static_cast<std::uint32_t>(sides[1].integer(0, largest_step))};
          },
          .write =
              [](const padding_2d& p) {
                return p.left == p.right ? nlohmann::ordered_json(p.left)
                                         : nlohmann::ordered_json::array({p.left, p.right});
              }};
}

/// The width of a size whose height is 1.
json_format<size_2d> length_format(std::uint64_t maximum) {
  return {.expected = integer_expectation(1, maximum),
          .schema = [=] { return integer_schema(1, maximum); },
          .read =
              [=](const json_value& value) {
                return size_2d{1, static_cast<std::uint32_t>(value.integer(1, maximum))};
              },
          .write = [](const size_2d& size) { return nlohmann::ordered_json(size.w); }};
}

pt_wise_op op_of(pt_wise_kind kind, bool streams_feature_map = false) {
  pt_wise_op op;
  op.kind = kind;
  op.streams_feature_map = streams_feature_map;
  return op;
}

constexpr std::string_view streamed_description =
    "Tensor of the trace, in the shape of the output; without it FROM.output.";
constexpr std::string_view from_description =
    "Layer or node of a graph whose output it is; a functional run takes it from there.";

json_format<pt_wise_op> sum_format(pt_wise_kind kind) {
  const std::string word(to_string(kind));
  json_format<pt_wise_op> streamed =
      object_format<pt_wise_op>("A feature map, added or subtracted.", op_of(kind, true))
          .constant("op", word)
          .constant("operand", "feature_map")
          .unless_empty("tensor", &pt_wise_op::tensor, text_format(), streamed_description)
          .unless_empty("from", &pt_wise_op::from, text_format(), from_description)
          .format();
  json_format<pt_wise_op> bias = object_format<pt_wise_op>("LAYER.bias, added or subtracted.", op_of(kind))
                                     .constant("op", word)
                                     .constant("operand", "bias")
                                     .format();
  return tagged_format<pt_wise_op>("operand", {{"feature_map", std::move(streamed)}, {"bias", std::move(bias)}},
                                   [](const pt_wise_op& op) -> std::size_t { return op.streams_feature_map ? 0 : 1; });
}

json_format<pt_wise_op> mul_format() {
  const std::string word(to_string(pt_wise_kind::mul));
  json_format<pt_wise_op> streamed =
      object_format<pt_wise_op>("Times a feature map.", op_of(pt_wise_kind::mul, true))
          .constant("op", word)
          .constant("operand", "feature_map")
          .unless_empty("tensor", &pt_wise_op::tensor, text_format(), streamed_description)
          .unless_empty("from", &pt_wise_op::from, text_format(), from_description)
          .format();
  auto of_channels = op_of(pt_wise_kind::mul);
  of_channels.is_per_channel = true;
  json_format<pt_wise_op> constants =
      object_format<pt_wise_op>("Times a value of each image and channel.", of_channels)
          .constant("op", word)
          .constant("operand", "channel")
          .unless_empty("tensor", &pt_wise_op::tensor, text_format(),
                        "Tensor of the trace, [images, output channels]; without it that of `from`.")
          .unless_empty("from", &pt_wise_op::from, text_format(), from_description)
          .format();
  return tagged_format<pt_wise_op>("operand", {{"feature_map", std::move(streamed)}, {"channel", std::move(constants)}},
                                   [](const pt_wise_op& op) -> std::size_t { return op.streams_feature_map ? 0 : 1; });
}

json_format<pt_wise_op> clamp_format() {
  const auto bound = decimal_format(-largest_fp16, largest_fp16);
  return object_format<pt_wise_op>("Between two bounds: ReLU6 is 0 and 6.", op_of(pt_wise_kind::clamp))
      .constant("op", std::string(to_string(pt_wise_kind::clamp)))
      .required("min", &pt_wise_op::minimum, bound, "Outputs below become it.")
      .required("max", &pt_wise_op::maximum, bound, "Outputs above become it; at least min.")
      .format();
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
                                    {"select", std::move(select)},
                                    {"mul", mul_format()},
                                    {"clamp", clamp_format()}},
                                   [](const pt_wise_op& op) { return static_cast<std::size_t>(op.kind); });
}

json_format<recorded_output> recorded_output_format() {
  const json_format<max_pool> pool =
      object_format<max_pool>("Max-pooling between the layer's output and the recorded tensor.")
          .required("kernel", &max_pool::kernel, size_format(1, largest_kernel_side), "[height, width].")
          .required("stride", &max_pool::stride, size_format(1, largest_step), "[vertical, horizontal].")
          .defaulted("padding", &max_pool::padding, size_format(0, largest_kernel_side),
                     "[top and bottom, left and right].")
          .format();
  return object_format<recorded_output>("What the trained network itself computed after the layer.")
      .required("tensor", &recorded_output::tensor, text_format(), "Tensor of the trace.")
      .omittable("max_pool", &recorded_output::pool, pool, "Max-pooling that the recorded tensor has behind it.")
      .format();
}

/// A name, or several.
json_format<std::vector<std::string>> input_format() {
  const auto names = list_format(text_format(), 1, most_inputs);
  return {.expected = "the name of a layer, or an array of them",
          .schema =
              [names] {
                return nlohmann::ordered_json{
                    {"anyOf", nlohmann::ordered_json::array({text_format().schema(), names.schema()})}};
              },
          .read =
              [names](const json_value& value) {
                return value.is_array() ? names.read(value) : std::vector{text_format().read(value)};
              },
          .write =
              [names](const std::vector<std::string>& inputs) {
                return inputs.size() == 1 ? text_format().write(inputs.front()) : names.write(inputs);
              }};
}

/// The keys that every layer may have, but for those of its shape.
json_format<layer_entry> with_common_keys(object_format<layer_entry> table) {
  return table.unless_empty("input", &layer::inputs, input_format(), input_description)
      .defaulted("epilogue", &layer::epilogue, list_format(pt_wise_op_format(), 0, most_epilogue_ops),
                 "Pointwise operations on every output x, in order.")
      .omittable("numbers", &layer::numbers, on_demand("an object", layer_numbers_json),
                 "Number formats of this layer, in place of the machine's.")
      .omittable("recorded_output", &layer::recorded, recorded_output_format(),
                 "What the simulated output is compared with.")
      .format();
}

constexpr std::string_view operands_description =
    "Where the operands of this layer come from, before the defaults of the file.";

/// The keys of layers with weights.
json_format<layer_entry> with_weight_keys(object_format<layer_entry> table) {
  table
      .defaulted("weight_format", &layer::weights,
                 enum_format<weight_format>({weight_format::ternary, weight_format::full}),
                 "Two-bit {-1, 0, 1}, or the float of the machine's mode.")
      .omittable("operands", &layer_entry::given_operands, operands_format(sources_of::weight_layer),
                 operands_description);
  return with_common_keys(std::move(table));
}

/// A table that begins with the layer's name and type.
object_format<layer_entry> layer_table(layer_type type, std::string description, layer_entry initial = {}) {
  initial.type = type;
  object_format<layer_entry> table(std::move(description), std::move(initial));
  table.required("name", &layer::name, text_format(), "Unique name of the layer; tensors are LAYER.activations, ...")
      .constant("type", std::string(to_string(type)));
  return table;
}

void add_channels(object_format<layer_entry>& table) {
  const auto channels = integer_format<std::uint32_t>(1, largest_extent);
  table.required("in_channels", &layer::in_channels, channels, "Input channels.")
      .required("out_channels", &layer::out_channels, channels, "Output channels.");
}

void add_groups(object_format<layer_entry>& table) {
  table.defaulted("groups", &layer::groups, integer_format<std::uint32_t>(1, largest_extent),
                  "Groups of channels; they divide both channel counts.");
}

/// The keys of a window over an image.
void add_window(object_format<layer_entry>& table) {
  add_channels(table);
  table.required("input_size", &layer::input_size, size_format(1, largest_extent), "[height, width], before padding.")
      .required("kernel", &layer::kernel, size_format(1, largest_kernel_side), "[height, width].")
      .defaulted("stride", &layer::stride, size_format(1, largest_step), "[vertical, horizontal].")
      .defaulted("padding", &layer::padding, padding_format(),
                 "[top and bottom, left and right] or [top, left, bottom, right].")
      .defaulted("dilation", &layer::dilation, size_format(1, largest_step),
                 "[vertical, horizontal]: pixels from one kernel position to the next.");
  add_groups(table);
}

json_format<layer_entry> conv2d_format() {
  auto table = layer_table(layer_type::conv2d, "A two-dimensional convolution.");
  add_window(table);
  return with_weight_keys(std::move(table));
}

json_format<layer_entry> conv1d_format() {
  auto table = layer_table(layer_type::conv1d, "A convolution along one side: a conv2d of height 1.");
  add_channels(table);
  table.required("input_size", &layer::input_size, length_format(largest_extent), "Length, before padding.")
      .required("kernel", &layer::kernel, length_format(largest_kernel_side), "Length.")
      .defaulted("stride", &layer::stride, length_format(largest_step), "Of the outputs.")
      .defaulted("padding", &layer::padding, padding_1d_format(), "At both ends, or [left, right].")
      .defaulted("dilation", &layer::dilation, length_format(largest_step), "From one kernel position to the next.");
  add_groups(table);
  return with_weight_keys(std::move(table));
}

json_format<layer_entry> transposed_conv2d_format() {
  auto table = layer_table(
      layer_type::transposed_conv2d,
      "A transposed convolution; weights [in_channels, out_channels / groups, kernel height, kernel width].");
  add_window(table);
  table.defaulted("output_padding", &layer::output_padding, size_format(0, largest_step),
                  "[height, width] that the output has more at the bottom and at the right.");
  return with_weight_keys(std::move(table));
}

json_format<layer_entry> linear_format() {
  const auto features = integer_format<std::uint32_t>(1, largest_extent);
  auto table = layer_table(layer_type::linear, "A fully connected layer.");
  table.required("in_features", &layer::in_channels, features, "Input features.")
      .required("out_features", &layer::out_channels, features, "Output features.")
      .defaulted("tokens", &layer::input_size, length_format(largest_extent), "Of an image, each with its features.");
  return with_weight_keys(std::move(table));
}

json_format<layer_entry> matmul_format() {
  const auto extent = integer_format<std::uint32_t>(1, largest_extent);
  layer_entry initial;
  initial.weights = weight_format::feature_map;
  auto table = layer_table(layer_type::matmul,
                           "A product of two feature maps: LAYER.activations [m, k] times LAYER.columns [k, n].",
                           std::move(initial));
  table.defaulted("batch", &layer::products, extent, "Products for each image, each of maps of its own.")
      .required("m", &layer::input_size, length_format(largest_extent), "Rows of the first operand.")
      .required("k", &layer::in_channels, extent, "Columns of the first and rows of the second operand.")
      .required("n", &layer::out_channels, extent, "Columns of the second operand.")
      .omittable("columns_from", &layer::columns_from, text_format(),
                 "Layer or node of a graph whose output the second operand is.")
      .omittable("operands", &layer_entry::given_operands, operands_format(sources_of::matmul), operands_description);
  return with_common_keys(std::move(table));
}

/// The formats of all layers, in the order of layer_type, and then of all nodes.
json_format<layer_entry> layer_format() {
  std::vector<tagged_alternative<layer_entry>> formats = {{"conv2d", conv2d_format()},
                                                          {"conv1d", conv1d_format()},
                                                          {"transposed_conv2d", transposed_conv2d_format()},
                                                          {"linear", linear_format()},
                                                          {"matmul", matmul_format()}};
  for (auto& node : node_formats(input_format())) {
    formats.push_back(std::move(node));
  }
  return tagged_format<layer_entry>("type", std::move(formats), [](const layer_entry& entry) {
    return entry.node ? layer_types.size() + static_cast<std::size_t>(entry.node->type)
                      : static_cast<std::size_t>(entry.type);
  });
}

json_format<training_parameters> training_format() {
  return object_format<training_parameters>("How a training step updates the weights.")
      .defaulted("momentum", &training_parameters::momentum, decimal_format(0, 1),
                 "v = momentum * v + gradient, of each weight.")
      .defaulted("learning_rate", &training_parameters::learning_rate, decimal_format(0, 1000),
                 "w = w - learning_rate * v.")
      .format();
}

json_format<pixel_scaling> pixels_format() {
  constexpr double largest_mean = 1e6;
  constexpr double smallest_deviation = 1e-6;
  constexpr std::size_t most_channels = 4096;
  return object_format<pixel_scaling>(
             "(pixel - mean) / deviation of pixels from 0 to 1, a number of each for every channel.")
      .required("mean", &pixel_scaling::mean,
                list_format(decimal_format(-largest_mean, largest_mean), 1, most_channels), "Of each channel.")
      .required("deviation", &pixel_scaling::deviation,
                list_format(decimal_format(smallest_deviation, largest_mean), 1, most_channels), "Of each channel.")
      .format();
}

json_format<workload_file> make_workload_file_format() {
  return object_format<workload_file>("A network: the layers of one training or inference step.")
      .required("name", &workload_file::name, text_format(), "Name of the workload, for reports.")
      .defaulted("batch", &workload_file::batch, integer_format<std::uint32_t>(1, largest_batch), "Images.")
      .defaulted("training", &workload_file::training, training_format(), "Of --pass training; values only.")
      .omittable("trace", &workload_file::trace, text_format(),
                 "A safetensors file; its path is relative to this file.")
      .omittable("operands", &workload_file::operands, operands_format(sources_of::file),
                 "Defaults of all layers; without one an operand comes from the trace, or is dense if there is none.")
      .unless_empty("image", &workload_file::image,
                    list_format(integer_format<std::uint64_t>(1, largest_extent), 1, most_image_axes),
                    "[channels, height, width] of an image of a graph; without it as the first layer that reads it.")
      .omittable("image_pixels", &workload_file::image_pixels, pixels_format(),
                 "Of a graph, for pictures that dlac evaluate reads: what the network takes of their pixels.")
      .required("layers", &workload_file::layers, list_format(layer_format(), 1, most_layers),
                "The layers, in the order in which they run.")
      .format();
}

}  // namespace

json_format<size_2d> size_format(std::uint64_t minimum, std::uint64_t maximum) {
  return pair_format(&size_2d::h, &size_2d::w, minimum, maximum);
}

json_format<padding_2d> padding_format() {
  return {.expected = "[vertical, horizontal] or [top, left, bottom, right]",
          .schema = [] { return array_schema(integer_schema(0, largest_step), 2, 4); },
          .read = [](const json_value& value) -> padding_2d {
            const auto elements = value.elements(2, 4);
            if (elements.size() == 3) {
              value.fail("[vertical, horizontal] or [top, left, bottom, right]");
            }
            const auto number = [&](std::size_t i) {
              return static_cast<std::uint32_t>(elements[i].integer(0, largest_step));
            };
            return elements.size() == 2 ? padding_2d(number(0), number(1))
                                        : padding_2d(number(0), number(1), number(2), number(3));
          },
          .write =
              [](const padding_2d& p) {
                return p.is_symmetric() ? nlohmann::ordered_json::array({p.top, p.left})
                                        : nlohmann::ordered_json::array({p.top, p.left, p.bottom, p.right});
              }};
}

const json_format<workload_file>& workload_file_format() {
  static const json_format<workload_file> format = make_workload_file_format();
  return format;
}

}  // namespace dlac
