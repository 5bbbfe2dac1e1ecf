#include "sim/numbers/number_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "sim/numbers/bfloat16.h"
#include "sim/numbers/half.h"
#include "sim/numbers/minifloat.h"
#include "sim/numbers/number_format_json.h"

namespace dlac {
namespace {

constexpr std::uint32_t ternary_bits = 2;

/// Bits that tell `count` codes apart.
std::uint32_t bits_for(std::uint64_t count) {
  return static_cast<std::uint32_t>(std::bit_width(count - 1));
}

}  // namespace

const std::vector<std::pair<std::string_view, number_format>>& named_formats() {
  static const std::vector<std::pair<std::string_view, number_format>> all = {
      {"fp32", ieee_float::fp32},
      {"fp16", ieee_float::fp16},
      {"bf16", ieee_float::bf16},
      {"fp8-e4m3", minifloat{.exponent_bits = 4, .mantissa_bits = 3, .bias = 7, .specials = special_codes::nan}},
      {"fp8-e5m2", minifloat{.exponent_bits = 5, .mantissa_bits = 2, .bias = 15, .specials = special_codes::ieee}},
      {"fp4-e2m1", minifloat{.exponent_bits = 2, .mantissa_bits = 1, .bias = 1, .specials = special_codes::none}},
      {"ternary", ternary_codes()}};
  return all;
}

std::string_view to_string(ieee_float format) {
  switch (format) {
    case ieee_float::fp32:
      return "fp32";
    case ieee_float::fp16:
      return "fp16";
    case ieee_float::bf16:
      return "bf16";
  }
  throw std::logic_error("no such ieee_float");
}

std::optional<std::string_view> given_name(const number_format& format) {
  const auto& all = named_formats();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& named) { return named.second == format; });
  return found == all.end() ? std::nullopt : std::optional(found->first);
}

std::string name_of(const number_format& format) {
  const auto name = given_name(format);
  return name ? std::string(*name) : json_text_of(format);
}

std::uint32_t bits_of(ieee_float format) {
  switch (format) {
    case ieee_float::fp32:
      return 32;
    case ieee_float::fp16:
    case ieee_float::bf16:
      return 16;
  }
  throw std::logic_error("no such ieee_float");
}

std::uint32_t bits_of(const number_format& format) {
  return std::visit(
      overloaded{
          [](ieee_float f) { return bits_of(f); },
          [](const ternary_codes&) { return ternary_bits; },
          [](const minifloat& f) { return 1 + f.exponent_bits + f.mantissa_bits; },
          [](const power_of_two& f) {
            const auto exponents = static_cast<std::uint64_t>(std::int64_t{f.max_exponent} - f.min_exponent + 1);
            return bits_for(2 * exponents + (f.has_zero ? 1 : 0));
          },
          [](const ternary_rule&) { return ternary_bits; },
          [](const binary_signs&) { return 1U; },
          [](const truncated_float& f) { return 9 + f.mantissa_bits; },
          [](const codebook& f) { return bits_for(f.values.size()); },
          [](const grouped& f) { return f.bits + (f.shift > 0 ? 1 : 0); },
          [](const microscaling& f) { return bits_of(number_format(f.element)); },
          [](const integer_parts& f) { return std::visit([](const auto& whole) { return whole.bits; }, f.whole); },
          [](const auto& f) { return f.bits; },
      },
      format.kind);
}

bool is_ternary(const number_format& format) {
  return std::holds_alternative<ternary_codes>(format.kind) || std::holds_alternative<ternary_rule>(format.kind);
}

bool is_float(const number_format& format, ieee_float of_name) {
  const auto* const named = std::get_if<ieee_float>(&format.kind);
  return named != nullptr && *named == of_name;
}

bool needs_multiplier(const number_format& format) {
  return !is_ternary(format) && !std::holds_alternative<binary_signs>(format.kind) &&
         !std::holds_alternative<power_of_two>(format.kind);
}

bool is_integer(const number_format& format) {
  return std::visit(overloaded{[](const ternary_codes&) { return true; }, [](const ternary_rule&) { return true; },
                               [](const binary_signs&) { return true; }, [](const fixed_point&) { return true; },
                               [](const power_of_two&) { return true; }, [](const grouped&) { return true; },
                               [](const integer_parts&) { return true; },
                               [](const affine& f) { return f.rule != affine_rule::tf_min_combined; },
                               [](const auto&) { return false; }},
                    format.kind);
}

bool is_grouped(const number_format& format) {
  const auto* const parts = std::get_if<integer_parts>(&format.kind);
  return std::holds_alternative<grouped>(format.kind) ||
         (parts != nullptr && std::holds_alternative<grouped>(parts->whole));
}

bool has_parts(const number_format& format) {
  return std::holds_alternative<integer_parts>(format.kind);
}

bool has_sign_scale(const number_format& format) {
  return std::visit(
      overloaded{[](const ternary_rule& f) { return f.scales_by_mean; },
                 [](const binary_signs& f) { return f.scales_by_mean; }, [](const auto&) { return false; }},
      format.kind);
}

bool scales_filters(const number_format& format) {
  return std::visit(
      overloaded{[](const ternary_rule& f) { return f.scales_by_mean && f.per_filter; },
                 [](const binary_signs& f) { return f.scales_by_mean; }, [](const affine& f) { return f.per_filter; },
                 [](const integer_parts& f) {
                   const auto* const whole = std::get_if<affine>(&f.whole);
                   return whole != nullptr && whole->per_filter;
                 },
                 [](const auto&) { return false; }},
      format.kind);
}

bool changes_zeros(const number_format& format) {
  return !std::holds_alternative<ieee_float>(format.kind) && !std::holds_alternative<ternary_codes>(format.kind);
}

bool needs_whole_tensor(const number_format& format) {
  if (takes_range(format)) {
    return !format.range;
  }
  return std::visit(
      overloaded{[](const affine&) { return true; },  // the ranges of filters
                 [](const ternary_rule&) { return true; }, [](const binary_signs& f) { return f.scales_by_mean; },
                 [](const grouped&) { return true; }, [](const microscaling&) { return true; },
                 [](const integer_parts& f) { return !std::holds_alternative<fixed_point>(f.whole); },
                 [](const auto&) { return false; }},
      format.kind);
}

rounding_rule rounding_of(const number_format& format) {
  if (format.rounds) {
    return *format.rounds;
  }
  const auto* const rule = std::get_if<affine>(&format.kind);
  return {.kind =
              rule != nullptr && rule->rule != affine_rule::absmax ? rounding::nearest_away : rounding::nearest_even};
}

bool takes_rounding(const number_format& format) {
  return std::visit(overloaded{[](ieee_float) { return false; }, [](const ternary_codes&) { return false; },
                               [](const power_of_two&) { return false; }, [](const ternary_rule&) { return false; },
                               [](const binary_signs&) { return false; }, [](const truncated_float&) { return false; },
                               [](const codebook&) { return false; }, [](const auto&) { return true; }},
                    format.kind);
}

bool takes_range(const number_format& format) {
  return std::visit(
      overloaded{[](const fixed_point& f) { return !f.fraction_bits; }, [](const affine& f) { return !f.per_filter; },
                 [](const codebook& f) { return f.scales_by_largest; },
                 [](const integer_parts& f) {
                   return std::visit([](const auto& whole) { return takes_range(whole); }, f.whole);
                 },
                 [](const auto&) { return false; }},
      format.kind);
}

bool is_in_range(float magnitude, const number_format& format) {
  // No comparison with a NaN holds.
  constexpr float largest = std::numeric_limits<float>::max();
  return std::visit(overloaded{[&](ieee_float f) {
                                 return f == ieee_float::fp16   ? magnitude < smallest_infinite_half
                                        : f == ieee_float::bf16 ? magnitude < smallest_infinite_bfloat16
                                                                : magnitude <= largest;
                               },
                               [&](const minifloat& f) {
                                 return magnitude <= largest &&
                                        (f.saturate || minifloat_rounding(f).nearest(magnitude) <= largest_of(f));
                               },
                               [&](const auto&) { return magnitude <= largest; }},
                    format.kind);
}

input_error not_held(std::string_view file, std::string_view where, float value, const number_format& format,
                     std::string_view why) {
  if (!std::isfinite(value)) {
    return {file, where, std::isnan(value) ? "NaN" : value < 0 ? "-infinity" : "infinity", "a finite number"};
  }
  return {file, where, fmt::format("{}", value), fmt::format("a number that {} holds{}", name_of(format), why)};
}

void quantise(const number_format& format, std::span<float> values) {
  const auto* const held = std::get_if<ieee_float>(&format.kind);
  if (held == nullptr && format.kind != number_format::kinds(ternary_codes())) {
    throw std::logic_error("quantise: a format that depends on the tensor");
  }
  if (held != nullptr && *held == ieee_float::fp16) {
    round_to_half(values);
  }
  if (held != nullptr && *held == ieee_float::bf16) {
    std::transform(values.begin(), values.end(), values.begin(), [](float x) { return round_to_bfloat16(x); });
  }
}

float rounded(ieee_float format, double x) {
  switch (format) {
    case ieee_float::fp32:
      return static_cast<float>(x);
    case ieee_float::fp16:
      return round_to_half(x);
    case ieee_float::bf16:
      return round_to_bfloat16(x);
  }
  throw std::logic_error("no such ieee_float");
}

}  // namespace dlac
