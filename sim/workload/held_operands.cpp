#include "sim/workload/held_operands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/trace/tensor_data.h"

namespace dlac {
namespace {

bool is_known_float(const number_format& format) {
  return std::holds_alternative<ieee_float>(format.kind);
}

/// Of floats known by name, in place: noise is what the rounding took.
held_operand hold_float(const number_format& format, std::vector<float> values) {
  held_operand held;
  if (is_float(format, ieee_float::fp32)) {
    held.values = std::move(values);
    held.figures.sqnr_db = std::numeric_limits<double>::infinity();
    return held;
  }
  held.values = values;
  quantise(format, held.values);
  held.figures.sqnr_db = signal_to_noise_db(values, held.values);
  return held;
}

/// A power of two as a multiple of the smallest.
void count_in_smallest(const power_of_two& format, held_operand& held) {
  const auto smallest = static_cast<float>(std::ldexp(1.0, format.min_exponent));
  for (float& value : held.values) {
    value /= smallest;
  }
  held.scales = {smallest};
}

/// In finest steps, of which an element that is not shifted has 2^shift to each of its own.
void take_codes(const grouped& format, const held_tensor& converted, held_operand& held) {
  const auto coarse = static_cast<float>(1U << format.shift);
  for (std::size_t i = 0; i < held.values.size(); ++i) {
    const bool is_coarse = format.shift > 0 && converted.shifted[i] == 0;
    held.values[i] = static_cast<float>(converted.codes[i]) * (is_coarse ? coarse : 1.0F);
  }
  held.scales = converted.scales;
  for (float& scale : held.scales) {
    scale /= coarse;
  }
  if (format.scale == group_scale::same_mantissa) {
    held.shares_mantissa = true;
    held.mantissa = converted.mantissa;
  }
}

/// The scale of a code: TensorFlow's first rule has its inverse.
void take_codes(const number_format& format, const held_tensor& converted, held_operand& held) {
  if (const auto* const of_groups = std::get_if<grouped>(&format.kind)) {
    return take_codes(*of_groups, converted, held);
  }
  const auto* const parts = std::get_if<integer_parts>(&format.kind);
  if (const auto* const of_groups = parts != nullptr ? std::get_if<grouped>(&parts->whole) : nullptr) {
    return take_codes(*of_groups, converted, held);
  }
  std::transform(converted.codes.begin(), converted.codes.end(), held.values.begin(),
                 [&](std::int32_t code) { return static_cast<float>(code - converted.zero_point); });
  held.scales = converted.scales;
  const auto* const rule = std::get_if<affine>(&format.kind);
  if (rule != nullptr && rule->rule == affine_rule::tf_min_first) {
    held.scales = {1.0F / converted.scales.front()};
  }
}

/// Both parts of every element, as codes or times the scale of its group.
held_parts parts_of(const integer_parts& format, const held_tensor& converted, bool codes) {
  const auto half = static_cast<std::int32_t>(1U << (bits_of(number_format(format)) / 2));
  const std::int32_t least = format.split == parts_split::balanced ? -half / 2 : 0;
  const std::size_t group = converted.codes.size() / converted.scales.size();
  held_parts parts{std::vector<float>(converted.codes.size()), std::vector<float>(converted.codes.size())};
  for (std::size_t i = 0; i < converted.codes.size(); ++i) {
    const std::int32_t low = ((converted.codes[i] - least) & (half - 1)) + least;
    const double scale = codes ? 1 : converted.scales[i / group];
    parts.low[i] = static_cast<float>(low * scale) + 0.0F;
    parts.high[i] = static_cast<float>((converted.codes[i] - low) * scale) + 0.0F;
  }
  return parts;
}

/// q(x), which it takes from `converted`, of these numbers.
held_operand held_as_values(held_tensor& converted, const std::vector<float>& values) {
  const double sqnr_db = signal_to_noise_db(values, converted.values);
  return {.values = std::move(converted.values),
          .parts = {},
          .scales = {},
          .sign_scales = {},
          .figures = {converted.zeros_made, converted.saturated, sqnr_db}};
}

bool is_signs(const number_format& format) {
  return std::holds_alternative<ternary_rule>(format.kind) || std::holds_alternative<binary_signs>(format.kind);
}

}  // namespace

held_operand hold(const number_format& format, source_tensor tensor, std::vector<float> values, bool codes) {
  tensor.values = values;
  if (is_known_float(format)) {
    return hold_float(format, std::move(values));
  }
  held_tensor converted = convert(format, tensor);
  held_operand held = held_as_values(converted, values);
  if (is_signs(format)) {
    std::copy(converted.codes.begin(), converted.codes.end(), held.values.begin());
    held.sign_scales = has_sign_scale(format) ? std::move(converted.scales) : std::vector<float>();
  } else if (const auto* const power = std::get_if<power_of_two>(&format.kind); codes && power != nullptr) {
    count_in_smallest(*power, held);
  } else if (codes && is_integer(format) && !converted.scales.empty()) {
    take_codes(format, converted, held);
  }
  if (const auto* const parts = std::get_if<integer_parts>(&format.kind)) {
    held.parts = parts_of(*parts, converted, codes);
  }
  return held;
}

held_operand hold_values(const number_format& format, source_tensor tensor, std::vector<float> values) {
  tensor.values = values;
  if (!is_known_float(format)) {
    held_tensor converted = convert(format, tensor);
    return held_as_values(converted, values);
  }
  held_operand held = hold_float(format, std::move(values));
  for (float& value : held.values) {
    value += 0.0F;  // -0 becomes +0
  }
  return held;
}

std::vector<float> kept_from_zero(const number_format& format, source_tensor tensor, std::vector<float> values) {
  const float largest = largest_magnitude(values);
  for (bool is_settled = false; !is_settled;) {
    tensor.values = values;
    const std::vector<float> held = convert(format, tensor).values;
    is_settled = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] == 0 || held[i] != 0) {
        continue;
      }
      if (values[i] == largest) {
        throw input_error(
            one_line(tensor.name, 200), "",
            fmt::format("nothing but zeros in {} of synthetic numbers up to {}", name_of(format), largest),
            "a format that holds them");
      }
      values[i] = largest;
      is_settled = false;
    }
  }
  return values;
}

number_format with_known_range(const number_format& format, std::string_view tensor, const known_ranges* ranges) {
  if (ranges == nullptr || format.range || !takes_range(format)) {
    return format;
  }
  const auto known = ranges->find(tensor);
  if (known == ranges->end()) {
    throw input_error("numbers.ranges", one_line(tensor, 200), "no range of this tensor",
                      "[min, max] of every tensor that is held in a format with a range");
  }
  number_format result = format;
  result.range = known->second;
  return result;
}

std::string output_name(const layer& l, pass_kind pass) {
  switch (pass) {
    case pass_kind::forward:
      return l.name + ".output";
    case pass_kind::backward_data:
      return l.name + ".input_gradients";
    case pass_kind::backward_weight:
      return l.name + (l.is_matmul() ? ".column_gradients" : ".updated_weights");
  }
  throw std::logic_error("no such pass_kind");
}

tensor_role output_role(pass_kind pass) {
  return pass == pass_kind::forward ? tensor_role::activations : tensor_role::gradients;
}

bool has_drawn_zeros(const operand_source& source, const number_format& format, tensor_role operand) {
  const bool is_drawn =
      !std::holds_alternative<trace_source>(source) && !std::holds_alternative<computed_source>(source);
  return is_drawn && holds_zero(format, operand);
}

number_format output_format(const operand_formats& numbers, const layer& l, pass_kind pass) {
  return with_known_range(formats_of(numbers, pass, l).output, output_name(l, pass), numbers.ranges.get());
}

number_format streamed_format(const operand_formats& numbers, std::string_view tensor) {
  return with_known_range(numbers.activations, tensor, numbers.ranges.get());
}

held_mask operand_provider::operand_mask(const layer& l, tensor_role operand, pass_kind pass) const {
  const number_format format = format_of(l, operand);
  const bool is_drawn = has_drawn_zeros(source_in(l, operand), format, l.held_role(operand)) && !has_parts(format);
  if (!changes_zeros(format) || is_drawn) {
    return {stored_mask(l, operand), {}};
  }
  const held_operand held = operand_values(l, operand, pass);
  const shape_4d shape = shape_of(l, operand);
  const auto mask_of = [&](const std::vector<float>& values) {
    return tensor_mask{shape, nonzero_bits(values, shape.c * shape.h * shape.w)};
  };
  held_mask result{mask_of(held.values), held.figures};
  if (held.parts.exist()) {
    result.parts = {mask_of(held.parts.low), mask_of(held.parts.high)};
  }
  return result;
}

held_operand operand_provider::operand_values(const layer& l, tensor_role operand, pass_kind pass) const {
  const std::string name = operand_name(l, operand);
  return hold(format_of(l, operand),
              {.name = name, .role = l.held_role(operand), .shape = shape_of(l, operand), .values = {}, .pass = pass},
              numbers_to_hold(l, operand, pass), formats_of(numbers_of(l), pass, l).multiplies_codes());
}

std::vector<float> operand_provider::numbers_to_hold(const layer& l, tensor_role operand, pass_kind pass) const {
  std::vector<float> values = stored_values(l, operand);
  if (operand == tensor_role::gradients && pass == pass_kind::backward_data &&
      scales_gradients(numbers_of(l), l.weights)) {
    const held_operand weights = operand_values(l, tensor_role::weights, pass);
    const auto& scales = weights.sign_scales.empty() ? weights.scales : weights.sign_scales;
    const std::uint64_t pixels = std::uint64_t{l.output_size().h} * l.output_size().w;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] *= scales[i / pixels % l.out_channels];
    }
  }
  const number_format format = format_of(l, operand);
  if (!changes_zeros(format) || !has_drawn_zeros(source_in(l, operand), format, l.held_role(operand))) {
    return values;
  }
  const std::string name = operand_name(l, operand);
  return kept_from_zero(
      format, {.name = name, .role = l.held_role(operand), .shape = shape_of(l, operand), .values = {}, .pass = pass},
      std::move(values));
}

const operand_source& operand_provider::source_in(const layer& l, tensor_role operand) {
  return operand == tensor_role::activations ? l.operands.activations
         : operand == tensor_role::weights   ? l.operands.weights
                                             : l.operands.gradients;
}

std::string operand_provider::operand_name(const layer& l, tensor_role operand) {
  const auto* const source = std::get_if<trace_source>(&source_in(l, operand));
  const bool is_columns = l.is_matmul() && operand == tensor_role::weights;
  return source != nullptr && source->tensor
             ? *source->tensor
             : fmt::format("{}.{}", l.name, is_columns ? std::string_view("columns") : to_string(operand));
}

number_format operand_provider::format_of(const layer& l, tensor_role operand) const {
  const operand_formats numbers = numbers_of(l);
  switch (operand) {
    case tensor_role::activations:
      return with_known_range(numbers.activations, operand_name(l, operand), numbers.ranges.get());
    case tensor_role::gradients:
      return with_known_range(numbers.gradients, operand_name(l, operand), numbers.ranges.get());
    case tensor_role::weights:
      break;
  }
  if (l.is_matmul()) {
    return with_known_range(numbers.activations, operand_name(l, operand), numbers.ranges.get());
  }
  return weights_of(numbers, l.weights);
}

}  // namespace dlac
