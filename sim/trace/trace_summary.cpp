#include "sim/trace/trace_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/trace/tensor_data.h"

namespace dlac {

namespace {

/// What a tensor named LAYER.KIND may be.
struct kind_rule {
  std::string_view kind;
  std::string_view formats;  ///< for people; a tensor's format is one of these words
  bool per_channel;          ///< shape [Cout], else four dimensions, or the first two of them
  /// What a machine holds it in, where one does that does not train.
  number_format (*held_in)(const operand_formats& numbers);
};

number_format as_activations(const operand_formats& numbers) {
  return numbers.activations;
}
number_format as_weights(const operand_formats& numbers) {
  return numbers.weights;
}
number_format as_constants(const operand_formats& numbers) {
  return numbers.accumulator.pointwise();
}

constexpr std::array kind_rules{
    kind_rule{"activations", "F32, F16 or mask", false, as_activations},
    kind_rule{"weights", "F32, F16, I8 or ternary", false, as_weights},
    kind_rule{"gradients", "F32, F16 or mask", false, nullptr},
    kind_rule{"output", "F32, F16 or mask", false, as_activations},
    kind_rule{"scale", "F32", true, as_constants},
    kind_rule{"bias", "F32", true, as_constants},
};

struct parsed_name {
  std::string_view layer;
  const kind_rule* rule = nullptr;
};

parsed_name parse(std::string_view name) {
  std::string_view rest = name;
  if (packing_by_name(name) != packing::none) {
    rest = rest.substr(0, rest.rfind('.'));
  }
  for (const kind_rule& rule : kind_rules) {
    if (rest.size() > rule.kind.size() + 1 && rest.ends_with(rule.kind) &&
        rest[rest.size() - rule.kind.size() - 1] == '.') {
      return {rest.substr(0, rest.size() - rule.kind.size() - 1), &rule};
    }
  }
  return {name, nullptr};
}

tensor_summary summarise(const tensor_view& tensor, const kind_rule* rule) {
  tensor_summary summary;
  summary.name = tensor.name;
  summary.kind = rule != nullptr ? rule->kind : "";
  summary.format = format_name(tensor);
  summary.shape = logical_shape(tensor);
  summary.elements = element_count(tensor);
  if (tensor.dtype != tensor_dtype::other) {
    summary.nonzeros = nonzero_bits(tensor, summary.elements).count();
  }
  summary.bytes = tensor.data.size();
  return summary;
}

/// Output channels of a layer's weights, or 0 when the trace has none of their shape.
std::uint64_t output_channels(const safetensors_file& trace, std::string_view layer) {
  for (const std::string_view kind : {".weights", ".weights.t2"}) {
    const tensor_view* const weights = trace.find(std::string(layer) + std::string(kind));
    if (weights != nullptr && !logical_shape(*weights).empty()) {
      return logical_shape(*weights).front();
    }
  }
  return 0;
}

void check_layer_tensor(const safetensors_file& trace, const tensor_view& tensor, const parsed_name& name) {
  const kind_rule& rule = *name.rule;
  const bool is_known = tensor.dtype != tensor_dtype::other;
  if (!is_known || rule.formats.find(format_name(tensor)) == std::string_view::npos) {
    throw input_error(trace.path(), tensor.name, fmt::format("format {}", format_name(tensor)),
                      fmt::format("{} for {}", rule.formats, rule.kind));
  }
  const std::vector<std::uint64_t>& shape = logical_shape(tensor);
  const bool right_rank = rule.per_channel ? shape.size() == 1 : shape.size() == 4 || shape.size() == 2;
  if (!right_rank) {
    throw input_error(trace.path(), tensor.name, "shape " + shape_text(shape),
                      rule.per_channel ? "[channels]" : "four dimensions, or two for a linear layer");
  }
  // Scale and bias have the output channels first, results [N, Cout, ...].
  const bool has_outputs = rule.per_channel || rule.kind == "gradients" || rule.kind == "output";
  const std::uint64_t channels = has_outputs ? output_channels(trace, name.layer) : 0;
  const std::uint64_t found = rule.per_channel ? shape[0] : shape[1];
  if (channels != 0 && found != channels) {
    throw input_error(trace.path(), tensor.name, fmt::format("{} channels", found),
                      fmt::format("{}, the output channels of the layer's weights", channels));
  }
}

}  // namespace

double tensor_summary::density() const {
  return elements == 0 ? 0 : static_cast<double>(nonzeros.value_or(0)) / static_cast<double>(elements);
}

trace_summary summarise_trace(const safetensors_file& trace) {
  trace_summary summary;
  summary.path = trace.path();
  summary.metadata = trace.metadata();
  summary.metadata.erase("shapes");
  std::map<std::string_view, std::size_t> place_of;
  for (const tensor_view* const tensor : trace.in_file_order()) {
    const parsed_name name = parse(tensor->name);
    const auto [place, is_new] = place_of.try_emplace(name.layer, summary.layers.size());
    if (is_new) {
      summary.layers.push_back({std::string(name.layer), {}});
    }
    summary.layers[place->second].tensors.push_back(trace.reading([&] { return summarise(*tensor, name.rule); }));
  }
  return summary;
}

std::string format_table(const trace_summary& summary, const text_width& width) {
  std::string text = one_line(summary.path, 200) + '\n';
  for (const auto& [key, value] : summary.metadata) {
    text += fmt::format("{}: {}\n", one_line(key, 60), one_line(value, 200));
  }
  text_table table({{"layer", ""},
                    {"tensor", "", true},
                    {"format", "", true},
                    {"shape", "", true},
                    {"elements", ""},
                    {"non-zero %", ""},
                    {"bytes", ""}});
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
  for (const layer_summary& layer : summary.layers) {
    std::string name = layer.name;
    for (const tensor_summary& tensor : layer.tensors) {
      table.add_row({std::exchange(name, ""), std::string(tensor.kind), std::string(tensor.format),
                     shape_text(tensor.shape), std::to_string(tensor.elements),
                     tensor.nonzeros ? fmt::format("{:.2f}", 100 * tensor.density()) : "-",
                     std::to_string(tensor.bytes)});
      elements += tensor.elements;
      bytes += tensor.bytes;
    }
  }
  table.add_row({"total", "", "", "", std::to_string(elements), "", std::to_string(bytes)});
  return text + table.text(width);
}

namespace {

void check_tensor(const safetensors_file& trace, const tensor_view& tensor, const parsed_name& parsed,
                  const operand_formats& numbers, trace_check_result& result) {
  ++result.tensors;
  if (parsed.rule != nullptr) {
    check_layer_tensor(trace, tensor, parsed);
  }
  if (tensor.dtype == tensor_dtype::other) {
    ++result.unused_dtypes;
    return;
  }
  const bool is_held = parsed.rule != nullptr && parsed.rule->held_in != nullptr;
  check_range(trace.path(), tensor, is_held ? parsed.rule->held_in(numbers) : ieee_float::fp32,
              largest_magnitude(tensor));
  const std::uint64_t elements = element_count(tensor);
  const packing packed = packing_of(tensor);
  const bool is_weight = parsed.rule != nullptr && parsed.rule->kind == "weights";
  if (packed == packing::ternary || (is_weight && tensor.dtype == tensor_dtype::i8)) {
    check_ternary(trace.path(), tensor);
    result.ternary_codes += elements;
  }
  result.mask_bits += packed == packing::mask ? elements : 0;
  result.float_values += tensor.dtype == tensor_dtype::f32 || tensor.dtype == tensor_dtype::f16 ? elements : 0;
}

}  // namespace

trace_check_result check_trace(const std::string& path, const operand_formats& numbers) {
  const safetensors_file trace(path);
  trace_check_result result;
  std::map<std::string_view, std::uint64_t> layers;
  for (const auto& entry : trace.tensors()) {
    const parsed_name parsed = parse(entry.first);
    trace.reading([&] { check_tensor(trace, entry.second, parsed, numbers, result); });
    ++layers[parsed.layer];
  }
  result.layers = layers.size();
  return result;
}

}  // namespace dlac
