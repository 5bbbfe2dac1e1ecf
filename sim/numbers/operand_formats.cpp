#include "sim/numbers/operand_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "sim/numbers/operand_formats_json.h"

namespace dlac {

ieee_float accumulator_format::pointwise() const {
  const auto* const named = std::get_if<ieee_float>(&kind);
  return named != nullptr ? *named : ieee_float::fp32;
}

std::uint32_t bits_of(const accumulator_format& format) {
  return std::visit(overloaded{[](const integer_sum& sum) { return sum.bits; },
                               [](const auto& f) { return bits_of(number_format(f)); }},
                    format.kind);
}

std::string name_of(const accumulator_format& format) {
  return json_text_of(format);
}

std::string_view to_string(product_rounding operation) {
  switch (operation) {
    case product_rounding::fused:
      return "fused";
    case product_rounding::separate:
      return "separate";
  }
  throw std::logic_error("no such product_rounding");
}

namespace {

template <class Value>
void take(Value& value, const std::optional<Value>& given) {
  if (given) {
    value = *given;
  }
}

}  // namespace

operand_formats with(operand_formats numbers, const given_numbers& of_config) {
  take(numbers.activations, of_config.activations);
  take(numbers.weights, of_config.weights);
  take(numbers.gradients, of_config.gradients);
  take(numbers.accumulator, of_config.accumulator);
  take(numbers.output, of_config.output);
  take(numbers.operation, of_config.operation);
  if (of_config.ranges) {
    numbers.ranges = of_config.ranges;
  }
  return numbers;
}

operand_formats with_layer(operand_formats numbers, const given_numbers* of_layer) {
  if (of_layer == nullptr) {
    return numbers;
  }
  take(numbers.ternary_weights, of_layer->weights);
  return with(std::move(numbers), *of_layer);
}

std::string_view to_string(machine_mode mode) {
  switch (mode) {
    case machine_mode::fp32_training:
      return "fp32-training";
    case machine_mode::fp16_inference:
      return "fp16-inference";
  }
  throw std::logic_error("no such machine_mode");
}

operand_formats uniform_formats(ieee_float format) {
  operand_formats numbers;
  numbers.activations = format;
  numbers.weights = format;
  numbers.gradients = format;
  numbers.accumulator = format;
  numbers.output = format;
  return numbers;
}

operand_formats formats_of(machine_mode mode) {
  switch (mode) {
    case machine_mode::fp32_training:
      return uniform_formats(ieee_float::fp32);
    case machine_mode::fp16_inference:
      return uniform_formats(ieee_float::fp16);
  }
  throw std::logic_error("no such machine_mode");
}

bool trains(machine_mode mode) {
  switch (mode) {
    case machine_mode::fp32_training:
      return true;
    case machine_mode::fp16_inference:
      return false;
  }
  throw std::logic_error("no such machine_mode");
}

const number_format& weights_of(const operand_formats& numbers, weight_format weights) {
  return weights == weight_format::ternary ? numbers.ternary_weights : numbers.weights;
}

pass_formats formats_of(const operand_formats& numbers, pass_kind pass, weight_format weights) {
  const number_format& held = weights_of(numbers, weights);
  pass_formats formats{.accumulator = numbers.accumulator,
                       .operation = numbers.operation,
                       .pointwise = numbers.accumulator.pointwise(),
                       .knows_ranges = numbers.ranges != nullptr};
  switch (pass) {
    case pass_kind::forward:
      formats.rows = numbers.activations;
      formats.columns = held;
      formats.output = numbers.output;
      formats.scales_sums = has_sign_scale(held);
      return formats;
    case pass_kind::backward_data:
      formats.rows = numbers.gradients;
      formats.columns = held;
      formats.output = numbers.gradients;
      formats.scales_sums = has_sign_scale(held) && !scales_filters(held);  // of filters: in the gradients already
      return formats;
    case pass_kind::backward_weight:
      // Master weights, whatever the operands are.
      formats.rows = numbers.activations;
      formats.columns = numbers.gradients;
      formats.output = ieee_float::fp32;
      formats.pointwise = ieee_float::fp32;
      return formats;
  }
  throw std::logic_error("no such pass_kind");
}

bool scales_gradients(const operand_formats& numbers, weight_format weights) {
  const number_format& format = weights_of(numbers, weights);
  return scales_filters(format) && (has_sign_scale(format) || numbers.accumulator.is_integer());
}

namespace {

/// Scales that only weights can have: they go into the sum when it is finished, or into the gradients before.
std::optional<format_misfit> weights_only(const number_format& format, std::string_view what) {
  if (has_sign_scale(format)) {
    return format_misfit{fmt::format("{} with a scale for {}", name_of(format), what),
                         R"("scale": "one" of ternary and "none" of binary formats: only weights have another)"};
  }
  if (scales_filters(format)) {
    return format_misfit{fmt::format("{} for {}", name_of(format), what),
                         R"("per": "tensor": only weights have filters)"};
  }
  if (std::holds_alternative<dorefa>(format.kind) && what == "gradients") {
    return format_misfit{"dorefa for gradients", "a format that has a rule for them"};
  }
  return std::nullopt;
}

/// Scales of groups, and parts.
std::optional<format_misfit> not_simulated(const number_format& format) {
  if (std::holds_alternative<grouped>(format.kind) || std::holds_alternative<integer_parts>(format.kind) ||
      std::holds_alternative<microscaling>(format.kind)) {
    return format_misfit{name_of(format),
                         "a format that machines compute in: scales of groups and parts are converted (dlac numbers "
                         "convert), but not simulated"};
  }
  return std::nullopt;
}

std::optional<format_misfit> misfit_of(const number_format& operand, const accumulator_format& accumulator) {
  constexpr std::int64_t most_exponents = 32;
  if (auto misfit = not_simulated(operand)) {
    return misfit;
  }
  const auto* const power = std::get_if<power_of_two>(&operand.kind);
  const bool is_wide = power != nullptr && std::int64_t{power->max_exponent} - power->min_exponent >= most_exponents;
  if (accumulator.is_integer() && (!is_integer(operand) || is_wide)) {
    return format_misfit{fmt::format("{} into {}", name_of(operand), name_of(accumulator)),
                         fmt::format("integers (fixed, affine but tf-min-combined, ternary, binary, power of two over "
                                     "at most {} exponents), or a float accumulator",
                                     most_exponents)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<format_misfit> misfit_of(const operand_formats& numbers, bool trains,
                                       std::optional<weight_format> weights) {
  std::vector<const number_format*> operands = {&numbers.activations};
  for (const weight_format kind : {weight_format::ternary, weight_format::full}) {
    if (weights.value_or(kind) == kind) {
      operands.push_back(&weights_of(numbers, kind));
    }
  }
  if (trains) {
    operands.push_back(&numbers.gradients);
  }
  for (const number_format* const operand : operands) {
    if (auto misfit = misfit_of(*operand, numbers.accumulator)) {
      return misfit;
    }
  }
  if (auto misfit = not_simulated(numbers.output)) {
    return misfit;
  }
  for (const auto& [format, what] :
       {std::pair(&numbers.activations, "activations"), std::pair(&numbers.output, "outputs"),
        std::pair(&numbers.gradients, "gradients")}) {
    if (trains || format != &numbers.gradients) {
      if (auto misfit = weights_only(*format, what)) {
        return misfit;
      }
    }
  }
  if (numbers.operation == product_rounding::separate && numbers.accumulator.is_integer()) {
    return format_misfit{fmt::format("\"separate\" into {}", name_of(numbers.accumulator)),
                         "\"fused\": products of integers are exact"};
  }
  return std::nullopt;
}

std::uint32_t operand_bits(const number_format& format) {
  const auto* const codes = std::get_if<affine>(&format.kind);
  const bool has_zero_point =
      codes != nullptr && (codes->rule == affine_rule::gemmlowp || codes->rule == affine_rule::tf_min_first);
  return bits_of(format) + (has_zero_point ? 1 : 0);
}

}  // namespace dlac
