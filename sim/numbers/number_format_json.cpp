#include "sim/numbers/number_format_json.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/core/text.h"
#include "sim/numbers/number_kinds_json.h"

namespace dlac {
namespace {

using nlohmann::ordered_json;

std::vector<std::string_view> format_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, format] : named_formats()) {
    names.push_back(name);
  }
  return names;
}

std::vector<std::string_view> object_keys_of_kinds() {
  std::vector<std::string_view> keys;
  for (const auto& kind : object_kinds()) {
    keys.push_back(kind.key);
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

json_format<value_range> make_range_format() {
  const auto number = decimal_format(-largest_number, largest_number);
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
    format.range = value_range_json().read(*range);
  }
}

number_format read_object(const json_value& value) {
  std::vector<std::string_view> known = object_keys_of_kinds();
  known.insert(known.end(), {"rounding", "seed", "range"});
  value.check_keys(known);
  const auto* const chosen = alternative_in(object_kinds(), value);
  if (chosen == nullptr) {
    value.fail("an object without a format", expected_format());
  }
  for (const auto& other : object_kinds()) {
    if (&other != chosen && value.find(other.key)) {
      value.fail(fmt::format("the keys {} and {}", in_quotes(chosen->key), in_quotes(other.key)), "one format");
    }
  }
  number_format format;
  format.kind = chosen->format.read(*value.find(chosen->key));
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
  if (const auto name = given_name(format)) {
    return *name;
  }
  const auto& kind = alternative_of(object_kinds(), format.kind);
  ordered_json result = {{kind.key, kind.format.write(format.kind)}};
  if (format.rounds) {
    result["rounding"] = to_string(format.rounds->kind);
    if (format.rounds->kind == rounding::stochastic) {
      result["seed"] = format.rounds->seed;
    }
  }
  if (format.range) {
    result["range"] = value_range_json().write(*format.range);
  }
  return result;
}

ordered_json format_schema() {
  ordered_json properties;
  ordered_json alternatives = ordered_json::array();
  for (const auto& kind : object_kinds()) {
    properties[kind.key] = kind.format.schema();
    alternatives.push_back({{"required", {kind.key}}});
  }
  properties["rounding"] = rounding_format().schema();
  properties["rounding"]["description"] = "nearest-even where it is missing; nearest-away of gemmlowp and tf rules";
  properties["seed"] = integer_format<std::uint64_t>(0, std::numeric_limits<std::int64_t>::max()).schema();
  properties["seed"]["description"] = "Of stochastic rounding.";
  properties["range"] = value_range_json().schema();
  properties["range"]["description"] = "In place of the tensor's own smallest and largest value.";
  add_remarks(properties);
  ordered_json object = {{"description", "A number format: one of its keys, and what goes beside it."},
                         {"type", "object"},
                         {"properties", std::move(properties)},
                         {"additionalProperties", false},
                         {"oneOf", std::move(alternatives)}};
  return {{"anyOf", ordered_json::array({{{"enum", format_names()}}, std::move(object)})}};
}

}  // namespace

const json_format<value_range>& value_range_json() {
  static const json_format<value_range> format = make_range_format();
  return format;
}

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
