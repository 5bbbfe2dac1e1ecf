#include "sim/numbers/operand_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "sim/numbers/operand_formats_json.h"
#include "sim/numbers/scale_groups.h"

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
  switch (weights) {
    case weight_format::ternary:
      return numbers.ternary_weights;
    case weight_format::full:
      return numbers.weights;
    case weight_format::feature_map:
      return numbers.activations;
  }
  throw std::logic_error("no such weight_format");
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
      formats.rows = numbers.activations;
      formats.columns = numbers.gradients;
      if (weights == weight_format::feature_map) {
        formats.output = numbers.gradients;
        return formats;
      }
      // Master weights, whatever the operands are.
      formats.output = ieee_float::fp32;
      formats.pointwise = ieee_float::fp32;
      return formats;
  }
  throw std::logic_error("no such pass_kind");
}

bool pass_formats::sums_slices() const {
  return !accumulator.is_integer() && is_integer(rows) && is_integer(columns) &&
         (is_grouped(rows) || is_grouped(columns));
}

std::uint32_t pass_formats::slice_sum_bits() const {
  return code_bits(rows) + code_bits(columns) - 1 + static_cast<std::uint32_t>(std::bit_width(longest_slice) - 1);
}

namespace {

/// Of the scales of an operand, which may be those of a whole.
struct scale_kind {
  bool is_any_float = false;
  bool is_simple = false;
  bool has_mantissa = false;

  explicit scale_kind(const number_format& format) {
    std::visit(
        overloaded{[&](const integer_parts& f) { std::visit(*this, f.whole); }, [&](const auto& f) { (*this)(f); }},
        format.kind);
  }
  void operator()(const grouped& format) {
    is_any_float = format.scale == group_scale::real;
    is_simple = format.scale == group_scale::simple_mantissa;
    has_mantissa = format.scale == group_scale::same_mantissa;
  }
  void operator()(const affine& /*format*/) { is_any_float = true; }
  template <class Other>
  void operator()(const Other& /*format*/) {}
};

}  // namespace

slice_scaling slice_scaling_of(const pass_formats& formats) {
  const scale_kind rows(formats.rows);
  const scale_kind columns(formats.columns);
  const bool multiplies = rows.is_any_float || columns.is_any_float;
  return {.operations = !multiplies && (rows.is_simple || columns.is_simple) ? 2U : 1U,
          .multiplies = multiplies,
          .has_mantissa = rows.has_mantissa || columns.has_mantissa};
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

/// Codes whose scales change within a sum.
bool has_scales_in_sums(const number_format& format) {
  constexpr std::uint64_t some_plane = 2;
  return is_integer(format) && groups_of(format, some_plane).sharing == scale_sharing::plane;
}

std::optional<format_misfit> misfit_of(const number_format& operand, const accumulator_format& accumulator) {
  constexpr std::int64_t most_exponents = 32;
  const auto* const power = std::get_if<power_of_two>(&operand.kind);
  const bool is_wide = power != nullptr && std::int64_t{power->max_exponent} - power->min_exponent >= most_exponents;
  if (accumulator.is_integer() && (!is_integer(operand) || is_wide)) {
    return format_misfit{fmt::format("{} into {}", name_of(operand), name_of(accumulator)),
                         fmt::format("integers (fixed, affine but tf-min-combined, ternary, binary, power of two over "
                                     "at most {} exponents), or a float accumulator",
                                     most_exponents)};
  }
  if (accumulator.is_integer() && has_scales_in_sums(operand)) {
    return format_misfit{fmt::format("{} into {}", name_of(operand), name_of(accumulator)),
                         R"("group": "tensor", or a float accumulator: scales of slices differ within a sum)"};
  }
  return std::nullopt;
}

/// Sums of slices that are longer than the integer of a PE.
std::optional<format_misfit> misfit_of_slices(const pass_formats& formats) {
  constexpr std::uint32_t most_bits = 63;
  if (formats.sums_slices() && formats.slice_sum_bits() > most_bits) {
    return format_misfit{
        fmt::format("{} times {}, a sum of {} bits", name_of(formats.rows), name_of(formats.columns),
                    formats.slice_sum_bits()),
        fmt::format("codes whose sums over {} products have at most {} bits", longest_slice, most_bits)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<format_misfit> misfit_of(const operand_formats& numbers, bool trains,
                                       std::optional<weight_format> weights) {
  const auto kinds = weights ? std::vector{*weights} : std::vector{weight_format::ternary, weight_format::full};
  std::vector<const number_format*> operands = {&numbers.activations};
  for (const weight_format kind : kinds) {
    operands.push_back(&weights_of(numbers, kind));
  }
  if (trains) {
    operands.push_back(&numbers.gradients);
  }
  for (const number_format* const operand : operands) {
    if (auto misfit = misfit_of(*operand, numbers.accumulator)) {
      return misfit;
    }
  }
  for (const pass_kind pass : passes_of(trains ? run_kind::training : run_kind::forward)) {
    for (const weight_format kind : kinds) {
      if (auto misfit = misfit_of_slices(formats_of(numbers, pass, kind))) {
        return misfit;
      }
    }
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
  if (has_parts(format)) {
    return bits_of(format) / 2;
  }
  const auto* const codes = std::get_if<affine>(&format.kind);
  const bool has_zero_point =
      codes != nullptr && (codes->rule == affine_rule::gemmlowp || codes->rule == affine_rule::tf_min_first);
  return bits_of(format) + (has_zero_point ? 1 : 0);
}

std::uint32_t code_bits(const number_format& format) {
  constexpr std::uint32_t sign_bits = 2;  // -1, 0, 1
  return std::visit(
      overloaded{[](const grouped& f) { return f.bits + f.shift; },
                 [](const fixed_point& f) { return f.bits + (f.is_signed ? 0 : 1); },
                 [](const power_of_two& f) {
                   return static_cast<std::uint32_t>(std::int64_t{f.max_exponent} - f.min_exponent) + 2;
                 },
                 [](const binary_signs&) { return sign_bits; }, [&](const integer_parts&) { return bits_of(format); },
                 [&](const auto&) { return operand_bits(format); }},
      format.kind);
}

}  // namespace dlac
