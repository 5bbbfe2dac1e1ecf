// Number formats that are made of others: microscaling and parts.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/core/text.h"
#include "sim/numbers/number_kinds_json.h"

namespace dlac {
namespace {

using nlohmann::ordered_json;

/// Floating point: by a name, or as an object.
json_format<minifloat> element_format() {
  const std::string expected = R"("fp8-e4m3", "fp8-e5m2", "fp4-e2m1" or an object with the key "float")";
  const auto object = object_format<minifloat>("Floating point.")
                          .required(
                              "float", [](auto& f) -> auto& { return f; }, minifloat_format(), "Its widths.")
                          .format();
  return {.expected = expected,
          .schema =
              [object] {
                return ordered_json{{"anyOf", ordered_json::array({{{"enum", {"fp8-e4m3", "fp8-e5m2", "fp4-e2m1"}}},
                                                                   object.schema()})}};
              },
          .read =
              [=](const json_value& value) {
                if (!value.is_string()) {
                  return value.is_object() ? object.read(value) : (value.fail(expected), minifloat());
                }
                for (const auto& [name, named] : named_formats()) {
                  const auto* const found = std::get_if<minifloat>(&named.kind);
                  if (found != nullptr && name == value.text()) {
                    return *found;
                  }
                }
                value.fail(expected);
              },
          .write =
              [object](const minifloat& f) {
                const auto name = given_name(f);
                return name ? ordered_json(*name) : object.write(f);
              }};
}

using whole_part = decltype(integer_parts::whole);

const std::vector<json_alternative<whole_part>>& whole_parts() {
  static const std::vector<json_alternative<whole_part>> all = {as<whole_part>("fixed", fixed_format()),
                                                                as<whole_part>("affine", affine_format()),
                                                                as<whole_part>("grouped", grouped_format())};
  return all;
}

json_format<whole_part> whole_format() {
  const std::string expected = R"(an object with one of the keys "fixed", "affine" and "grouped")";
  return {.expected = expected,
          .schema =
              [] {
                ordered_json schemas = ordered_json::array();
                for (const auto& part : whole_parts()) {
                  schemas.push_back(single_key_schema(part.key, part.format.schema()));
                }
                return ordered_json{{"oneOf", schemas}};
              },
          .read =
              [=](const json_value& value) {
                const auto* const chosen = value.is_object() ? alternative_in(whole_parts(), value) : nullptr;
                if (chosen == nullptr) {
                  value.fail(expected);
                }
                value.check_keys({chosen->key});
                return chosen->format.read(*value.find(chosen->key));
              },
          .write =
              [](const whole_part& value) {
                const auto& part = alternative_of(whole_parts(), value);
                return ordered_json{{part.key, part.format.write(value)}};
              }};
}

void check_parts(const integer_parts& f, const json_value& value) {
  const json_value of = value.member("of", "");
  const std::uint32_t bits = std::visit([](const auto& whole) { return whole.bits; }, f.whole);
  if (bits % 2 != 0 || bits < 4) {
    of.fail(fmt::format("{} bits", bits), "an even number of bits from 4 on, half of them in each part");
  }
  if (const auto* const whole = std::get_if<affine>(&f.whole); whole != nullptr && whole->rule != affine_rule::absmax) {
    of.fail(fmt::format("the rule {}", in_quotes(to_string(whole->rule))), "\"absmax\": parts have no zero point");
  }
  if (const auto* const whole = std::get_if<fixed_point>(&f.whole); whole != nullptr && !whole->is_signed) {
    of.fail("numbers without a sign", "signed ones");
  }
  if (const auto* const whole = std::get_if<grouped>(&f.whole); whole != nullptr && whole->shift > 0) {
    of.fail("a shift", "none: parts have one step");
  }
}

}  // namespace

ordered_json single_key_schema(const std::string& key, ordered_json value) {
  const ordered_json description = value.at("description");
  ordered_json properties = {{key, std::move(value)}};
  add_remarks(properties);
  return {{"description", description},
          {"type", "object"},
          {"properties", std::move(properties)},
          {"required", ordered_json::array({key})},
          {"additionalProperties", false}};
}

json_format<microscaling> microscaling_format() {
  return object_format<microscaling>("Input channels that share a power of two.")
      .required("of", &microscaling::element, element_format(), "What an element is.")
      .defaulted("block", &microscaling::block, integer_format<std::uint32_t>(1, 65536), "Channels of a block.")
      .format();
}

json_format<integer_parts> parts_format() {
  return checked(object_format<integer_parts>("Codes of two parts.")
                     .required("of", &integer_parts::whole, whole_format(), "The format of the whole.")
                     .defaulted("split", &integer_parts::split,
                                enum_format<parts_split>({parts_split::balanced, parts_split::floor}),
                                "Whether the low part is signed (balanced) or not (floor).")
                     .format(),
                 check_parts);
}

const std::vector<json_alternative<number_format::kinds>>& object_kinds() {
  static const std::vector<json_alternative<number_format::kinds>> all = {
      as<number_format::kinds>("float", minifloat_format()),
      as<number_format::kinds>("fixed", fixed_format()),
      as<number_format::kinds>("affine", affine_format()),
      as<number_format::kinds>("power_of_two", power_format()),
      as<number_format::kinds>("ternary", ternary_format()),
      as<number_format::kinds>("binary", binary_format()),
      as<number_format::kinds>("truncated", truncated_format()),
      as<number_format::kinds>("codebook", codebook_format()),
      as<number_format::kinds>("dorefa", dorefa_format()),
      as<number_format::kinds>("pact", pact_format()),
      as<number_format::kinds>("grouped", grouped_format()),
      as<number_format::kinds>("mx", microscaling_format()),
      as<number_format::kinds>("parts", parts_format())};
  return all;
}

}  // namespace dlac
