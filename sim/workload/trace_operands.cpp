#include "sim/workload/trace_operands.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/trace/tensor_data.h"

namespace dlac {

/// The first of `names` that the trace holds.
const tensor_view& trace_operands::find_one(const std::vector<std::string>& names, const std::string& expected) const {
  for (const std::string& name : names) {
    if (const tensor_view* const tensor = file_.find(name)) {
      return *tensor;
    }
  }
  std::vector<std::string_view> known;
  for (const auto& [name, tensor] : file_.tensors()) {
    known.push_back(name);
  }
  throw input_error(file_.path(), names.front(), "no tensor of this name",
                    expected + did_you_mean(names.front(), known));
}

void trace_operands::check_shape(const tensor_view& tensor, const std::vector<tensor_extents>& layouts,
                                 std::string_view addition) const {
  const tensor_extents& found = logical_shape(tensor);
  if (std::find(layouts.begin(), layouts.end(), found) == layouts.end()) {
    throw input_error(file_.path(), tensor.name, "shape " + shape_text(found),
                      shape_text(layouts.front()) + std::string(addition));
  }
}

void trace_operands::check_format(const tensor_view& tensor, const std::vector<std::string_view>& formats,
                                  const std::string& expected) const {
  if (std::find(formats.begin(), formats.end(), format_name(tensor)) == formats.end()) {
    throw input_error(file_.path(), tensor.name, fmt::format("format {}", format_name(tensor)), expected);
  }
}

const tensor_view& trace_operands::layer_feature_map(const layer& l, const std::string& name, std::string_view what,
                                                     const std::vector<tensor_extents>& layouts,
                                                     const number_format& format) const {
  const tensor_extents& expected = layouts.front();
  const tensor_view& tensor = find_one(
      {name, name + ".mask"}, fmt::format("the {0} {1} of layer {2}: {3} of F32 or F16, or {3}.mask, packed U8", what,
                                          shape_text(expected), in_quotes(l.name), one_line(name, 60)));
  check_format(tensor, {"F32", "F16", "mask"}, fmt::format("F32, F16 or a packed .mask for {}", what));
  const tensor_extents& found = logical_shape(tensor);
  const bool other_batch = !found.empty() && found.front() != expected.front();
  check_shape(tensor, layouts,
              other_batch ? fmt::format(", because the workload's batch is {}", expected.front() / l.products) : "");
  check_values(tensor, format);
  return tensor;
}

const tensor_view& trace_operands::activations(const layer& l, const trace_source& source, std::uint32_t batch) const {
  return layer_feature_map(l, source.tensor.value_or(l.name + ".activations"), "activations",
                           map_layouts(l, l.activation_shape(batch)), numbers_of(l).activations);
}

const tensor_view& trace_operands::gradients(const layer& l, const trace_source& source, std::uint32_t batch) const {
  return layer_feature_map(l, source.tensor.value_or(l.name + ".gradients"), "gradients",
                           map_layouts(l, l.output_shape(batch)), numbers_of(l).gradients);
}

const tensor_view& trace_operands::columns(const layer& l, const trace_source& source, std::uint32_t batch) const {
  return layer_feature_map(l, source.tensor.value_or(l.name + ".columns"), "columns",
                           column_layouts(l, l.column_shape(batch)), numbers_of(l).activations);
}

const tensor_view& trace_operands::weights(const layer& l, const trace_source& source) const {
  const std::string name = source.tensor.value_or(l.name + ".weights");
  const bool ternary = l.weights == weight_format::ternary;
  const auto layouts = column_layouts(l, l.weight_shape());
  // A trace may hold both forms: the one of the layer's format comes first.
  const bool packed_first = ternary && holds(name + ".t2");
  const tensor_view& tensor =
      find_one({packed_first ? name + ".t2" : name, name + ".t2"},
               fmt::format("the {0} weights {1} of layer {2}: {3} of {4}", to_string(l.weights),
                           shape_text(layouts.front()), in_quotes(l.name), one_line(name, 60),
                           ternary ? fmt::format("I8, or {}.t2, packed U8", one_line(name, 60)) : "F32 or F16"));
  if (ternary) {
    check_format(tensor, {"I8", "ternary"}, "I8 or a packed .t2, because the layer's weight_format is ternary");
  } else {
    check_format(tensor, {"F32", "F16"}, "F32 or F16, because the layer's weight_format is full");
  }
  check_shape(tensor, layouts);
  const number_format format = weights_of(numbers_of(l), l.weights);
  check_values(tensor, format);
  if (!ternary && std::holds_alternative<ternary_codes>(format.kind)) {
    check_ternary_values(tensor);
  }
  return tensor;
}

/// Of numbers that are to be held as the codes that they are.
void trace_operands::check_ternary_values(const tensor_view& tensor) const {
  const std::vector<float> found = values(tensor);
  const auto bad = std::find_if(found.begin(), found.end(), [](float x) { return x != 0 && x != 1 && x != -1; });
  if (bad != found.end()) {
    throw input_error(file_.path(), fmt::format("{}[{}]", tensor.name, bad - found.begin()), fmt::format("{}", *bad),
                      R"(-1, 0 or 1, as the weights are "ternary"; {"ternary": {}} makes them of other numbers)");
  }
}

const tensor_view& trace_operands::update_state(const layer& l, std::string_view kind) const {
  const tensor_view& tensor =
      find_one({fmt::format("{}.{}", l.name, kind)}, fmt::format("the {} of layer {}", kind, in_quotes(l.name)));
  check_format(tensor, {"F32", "F16"}, fmt::format("F32 or F16 for {}", kind));
  check_shape(tensor, column_layouts(l, l.weight_shape()));
  check_values(tensor, ieee_float::fp32);
  return tensor;
}

const tensor_view& trace_operands::channel_constants(const layer& l, std::string_view kind) const {
  const tensor_view& tensor =
      find_one({fmt::format("{}.{}", l.name, kind)},
               fmt::format("F32 [{}], the {} of layer {}", l.out_channels, kind, in_quotes(l.name)));
  check_format(tensor, {"F32"}, "F32");
  const std::vector<std::uint64_t> expected{l.out_channels};
  if (tensor.shape != expected) {
    throw input_error(file_.path(), tensor.name, "shape " + shape_text(tensor.shape), shape_text(expected));
  }
  check_values(tensor, numbers_of(l).accumulator.pointwise());
  return tensor;
}

const tensor_view& trace_operands::feature_map(const std::string& tensor, const layer& l, const shape_4d& shape,
                                               const number_format& format) const {
  auto layouts = map_layouts(l, shape);
  if (shape.h == 1 && shape.w == 1) {
    layouts.push_back({shape.n, shape.c});
  }
  const tensor_view& found =
      find_one({tensor, tensor + ".mask"}, fmt::format("a feature map {} of F32 or F16", shape_text(layouts.front())));
  check_format(found, {"F32", "F16", "mask"}, "F32 or F16 for a feature map");
  check_shape(found, layouts);
  check_values(found, format);
  return found;
}

const tensor_view& trace_operands::plain(const std::string& name, const tensor_extents& extents) const {
  const tensor_view& found = find_one({name}, fmt::format("F32 or F16 {}", shape_text(extents)));
  check_format(found, {"F32", "F16"}, "F32 or F16");
  check_shape(found, {extents});
  check_values(found, ieee_float::fp32);
  return found;
}

void trace_operands::check_values(const tensor_view& tensor, const number_format& format) const {
  const float largest = largest_of(tensor);
  if (!is_in_range(largest, format)) {
    file_.reading([&] { check_range(file_.path(), tensor, format, largest); });
  }
}

float trace_operands::largest_of(const tensor_view& tensor) const {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto known = largest_.find(&tensor); known != largest_.end()) {
      return known->second;
    }
  }
  const float largest = file_.reading([&] {
    if (tensor.dtype == tensor_dtype::i8 || packing_of(tensor) == packing::ternary) {
      check_ternary(file_.path(), tensor);
      return 1.0F;
    }
    return largest_magnitude(tensor);
  });
  const std::scoped_lock lock(mutex_);
  return largest_.emplace(&tensor, largest).first->second;
}

bit_matrix trace_operands::map_nonzeros(const layer& l, const tensor_view& tensor, const shape_4d& shape) const {
  return map_in_order(l, shape, logical_shape(tensor),
                      file_.reading([&] { return nonzero_bits(tensor, shape.elements() / shape.n); }));
}

std::vector<float> trace_operands::map_values(const layer& l, const tensor_view& tensor, const shape_4d& shape) const {
  return map_in_order(l, shape, logical_shape(tensor), values(tensor));
}

bit_matrix trace_operands::column_nonzeros(const layer& l, const tensor_view& tensor, const shape_4d& shape) const {
  return columns_in_order(
      l, file_.reading([&] { return nonzero_bits(tensor, shape.elements() / column_rows(l, shape)); }));
}

std::vector<float> trace_operands::column_values(const layer& l, const tensor_view& tensor) const {
  return columns_in_order(l, values(tensor));
}

std::vector<float> trace_operands::values(const tensor_view& tensor) const {
  return file_.reading([&] { return float_values(with_values(tensor)); });
}

const tensor_view& trace_operands::with_values(const tensor_view& tensor) const {
  if (packing_of(tensor) == packing::mask) {
    throw input_error(file_.path(), tensor.name, "a mask, which tells zeros but no values",
                      "F32 or F16 when values are simulated, or a number format makes zeros");
  }
  return tensor;
}

}  // namespace dlac
