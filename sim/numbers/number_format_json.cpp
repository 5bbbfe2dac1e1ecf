#include "sim/numbers/number_format_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "sim/core/text.h"
#include "sim/numbers/number_kinds_json.h"

namespace dlac {
namespace {

using nlohmann::ordered_json;

constexpr double largest_value = std::numeric_limits<float>::max();

using kinds = number_format::kinds;

/// Of a kind that is an object.
std::string_view key_of(const kinds& kind) {
  return std::visit(
      overloaded{[](ieee_float) { return ""; }, [](const bfloat16&) { return ""; },
                 [](const ternary_codes&) { return ""; }, [](const minifloat&) { return "float"; },
                 [](const fixed_point&) { return "fixed"; }, [](const affine&) { return "affine"; },
                 [](const power_of_two&) { return "power_of_two"; }, [](const ternary_rule&) { return "ternary"; },
                 [](const binary_signs&) { return "binary"; }, [](const truncated_float&) { return "truncated"; },
                 [](const codebook&) { return "codebook"; }, [](const dorefa&) { return "dorefa"; },
                 [](const pact&) { return "pact"; }, [](const grouped&) { return "grouped"; },
                 [](const microscaling&) { return "mx"; }, [](const integer_parts&) { return "parts"; }},
      kind);
}

const json_format<kinds>& object_kind(std::string_view key) {
  const auto& all = object_kinds();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.key == key; });
  if (found == all.end()) {
    throw std::logic_error("number formats: no such key");
  }
  return found->format;
}

std::vector<std::string_view> format_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, format] : named_formats()) {
    names.push_back(name);
  }
  return names;
}

std::vector<std::string_view> object_keys_of_kinds() {
  std::vector<std::string_view> keys;
  for (const auto& [key, format] : object_kinds()) {
    keys.push_back(key);
  }
  return keys;
}

std::string expected_format() {
  return "the name of a number format (" + quoted_list(format_names()) + "), or an object with one of the keys " +
         quoted_list(object_keys_of_kinds());
}

json_format<rounding> rounding_format() {
  using enum rounding;
  return enum_format<rounding>({nearest_even, nearest_away, toward_zero, stochastic});
}

json_format<value_range> range_format() {
  const auto number = decimal_format(-largest_value, largest_value);
  const std::string expected = "[min, max], two numbers in order";
  return {
      .expected = expected,
      .schema =
          [schema = number.schema] {
            return ordered_json{{"type", "array"}, {"items", schema()}, {"minItems", 2}, {"maxItems", 2}};
          },
      .read =
          [=](const json_value& value) {
            if (!value.is_array() || value.raw().size() != 2) {
              value.fail(expected);
            }
            const auto ends = value.elements(2, 2);
            const value_range range{static_cast<float>(number.read(ends[0])), static_cast<float>(number.read(ends[1]))};
            if (range.min > range.max) {
              value.fail(expected);
            }
            return range;
          },
      .write =
          [](const value_range& range) {
            return ordered_json::array({range.min, range.max});
          }};
}

void read_beside(const json_value& value, number_format& format) {
  if (const auto word = value.find("rounding")) {
    if (!takes_rounding(format)) {
      word->fail("a rounding", "none: the format's rule says what becomes of a number");
    }
    format.rounds = rounding_rule{.kind = rounding_format().read(*word)};
  }
  if (const auto seed = value.find("seed")) {
    if (!format.rounds || format.rounds->kind != rounding::stochastic) {
      seed->fail("a seed", R"("rounding": "stochastic" beside it)");
    }
    format.rounds->seed = seed->integer(0, std::numeric_limits<std::int64_t>::max());
  }
  if (const auto range = value.find("range")) {
    if (!takes_range(format)) {
      range->fail("a range", "none: the format does not follow from the tensor's smallest and largest value");
    }
    format.range = range_format().read(*range);
  }
}

number_format read_object(const json_value& value) {
  std::vector<std::string_view> known = object_keys_of_kinds();
  known.insert(known.end(), {"rounding", "seed", "range"});
  value.check_keys(known);
  std::optional<std::string_view> chosen;
  for (const std::string_view key : object_keys_of_kinds()) {
    if (!value.find(key)) {
      continue;
    }
    if (chosen) {
      value.fail(fmt::format("the keys {} and {}", in_quotes(*chosen), in_quotes(key)), "one format");
    }
    chosen = key;
  }
  if (!chosen) {
    value.fail("an object without a format", expected_format());
  }
  number_format format;
  format.kind = object_kind(*chosen).read(*value.find(*chosen));
  read_beside(value, format);
  return format;
}

number_format read_format(const json_value& value) {
  if (value.is_object()) {
    return read_object(value);
  }
  if (!value.is_string()) {
    value.fail(expected_format());
  }
  return named_formats()[value.choice(format_names())].second;
}

ordered_json write_format(const number_format& format) {
  for (const auto& [name, named] : named_formats()) {
    if (named == format) {
      return name;
    }
  }
  const std::string_view key = key_of(format.kind);
  ordered_json result = {{key, object_kind(key).write(format.kind)}};
  if (format.rounds) {
    result["rounding"] = to_string(format.rounds->kind);
    if (format.rounds->kind == rounding::stochastic) {
      result["seed"] = format.rounds->seed;
    }
  }
  if (format.range) {
    result["range"] = range_format().write(*format.range);
  }
  return result;
}

ordered_json format_schema() {
  ordered_json properties;
  ordered_json alternatives = ordered_json::array();
  for (const auto& [key, format] : object_kinds()) {
    properties[key] = format.schema();
    alternatives.push_back({{"required", {key}}});
  }
  properties["rounding"] = rounding_format().schema();
  properties["rounding"]["description"] = "nearest-even where it is missing; nearest-away of gemmlowp and tf rules";
  properties["seed"] = integer_format<std::uint64_t>(0, std::numeric_limits<std::int64_t>::max()).schema();
  properties["seed"]["description"] = "Of stochastic rounding.";
  properties["range"] = range_format().schema();
  properties["range"]["description"] = "In place of the tensor's own smallest and largest value.";
  add_remarks(properties);
  ordered_json object = {{"type", "object"},
                         {"properties", std::move(properties)},
                         {"additionalProperties", false},
                         {"oneOf", std::move(alternatives)}};
  return {{"anyOf", ordered_json::array({{{"enum", format_names()}}, std::move(object)})}};
}

}  // namespace

const json_format<number_format>& number_format_json() {
  static const json_format<number_format> format = {
      .expected = expected_format(), .schema = format_schema, .read = read_format, .write = write_format};
  return format;
}

number_format parse_number_format(const std::string& text, const std::string& place) {
  const bool is_json = !text.empty() && (text.front() == '{' || text.front() == '"' || text.front() == '[');
  const json_document document(place, is_json ? parse_json(text, place) : nlohmann::json(text));
  return read_format(document.root());
}

std::string json_text_of(const number_format& format) {
  return write_format(format).dump();
}

}  // namespace dlac
