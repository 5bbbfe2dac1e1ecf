#pragma once
// How files tell each kind of number format: the keys of its object, their ranges and defaults.

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/json/json_format.h"
#include "sim/numbers/number_format.h"
#include "sim/numbers/number_words.h"

namespace dlac {

/// That a file can give: of fp32.
inline constexpr double largest_number = std::numeric_limits<float>::max();

json_format<minifloat> minifloat_format();
json_format<fixed_point> fixed_format();
json_format<affine> affine_format();
json_format<power_of_two> power_format();
json_format<ternary_rule> ternary_format();
json_format<binary_signs> binary_format();
json_format<truncated_float> truncated_format();
json_format<codebook> codebook_format();
json_format<dorefa> dorefa_format();
json_format<pact> pact_format();
json_format<grouped> grouped_format();
json_format<microscaling> microscaling_format();
json_format<integer_parts> parts_format();

/// One key of an object of alternatives, and what stands under it.
template <class Value>
struct json_alternative {
  std::string key;
  bool (*holds)(const Value& value);  ///< whether the value is this one
  json_format<Value> format;
};

template <class Value, class Kind>
json_alternative<Value> as(const std::string& key, const json_format<Kind>& format) {
  return {.key = key,
          .holds = [](const Value& value) { return std::holds_alternative<Kind>(value); },
          .format = {.expected = format.expected,
                     .schema = format.schema,
                     .read = [read = format.read](const json_value& value) { return Value(read(value)); },
                     .write = [write = format.write](const Value& value) { return write(std::get<Kind>(value)); }}};
}

/// The one of `value`; it has to be among them.
template <class Value>
const json_alternative<Value>& alternative_of(const std::vector<json_alternative<Value>>& all, const Value& value) {
  return *std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.holds(value); });
}

/// The one whose key stands in the object `value`, or nullptr.
template <class Value>
const json_alternative<Value>* alternative_in(const std::vector<json_alternative<Value>>& all,
                                              const json_value& value) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return value.find(one.key).has_value(); });
  return found == all.end() ? nullptr : &*found;
}

/// Schema of an object that has this key alone, whose value describes it.
nlohmann::ordered_json single_key_schema(const std::string& key, nlohmann::ordered_json value);

/// Those that are objects, by their keys, in the order of the documentation.
const std::vector<json_alternative<number_format::kinds>>& object_kinds();

/// `format`, and what its keys owe to each other.
template <class T, class Check>
json_format<T> checked(json_format<T> format, Check check) {
  auto read = std::move(format.read);
  format.read = [read = std::move(read), check](const json_value& value) {
    T result = read(value);
    check(result, value);
    return result;
  };
  return format;
}

}  // namespace dlac
