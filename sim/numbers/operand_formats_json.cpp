#include "sim/numbers/operand_formats_json.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "sim/core/text.h"
#include "sim/numbers/number_format_json.h"
#include "sim/numbers/number_kinds_json.h"

namespace dlac {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view int32_name = "int32";
constexpr std::size_t most_formats = 64;

json_format<integer_sum> sum_format() {
  return object_format<integer_sum>("An integer of so many bits, which saturates.")
      .required("bits", &integer_sum::bits, integer_format<std::uint32_t>(2, 32), "Bits, with the sign.")
      .format();
}

const std::vector<json_alternative<accumulator_format::kinds>>& object_accumulators() {
  static const std::vector<json_alternative<accumulator_format::kinds>> all = {
      as<accumulator_format::kinds>("truncated", truncated_format()),
      as<accumulator_format::kinds>("fixed", sum_format())};
  return all;
}

std::vector<std::pair<std::string_view, accumulator_format>> named_accumulators() {
  std::vector<std::pair<std::string_view, accumulator_format>> all;
  all.reserve(ieee_floats.size() + 1);
  for (const ieee_float f : ieee_floats) {
    all.emplace_back(to_string(f), f);
  }
  all.emplace_back(int32_name, integer_sum());
  return all;
}

std::vector<std::string_view> accumulator_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, format] : named_accumulators()) {
    names.push_back(name);
  }
  return names;
}

std::string expected_accumulator() {
  return quoted_list(accumulator_names()) + R"(, or an object with one of the keys "truncated" and "fixed")";
}

ordered_json accumulator_schema() {
  ordered_json alternatives = ordered_json::array({{{"enum", accumulator_names()}}});
  for (const auto& kind : object_accumulators()) {
    alternatives.push_back(single_key_schema(kind.key, kind.format.schema()));
  }
  return {{"anyOf", std::move(alternatives)}};
}

accumulator_format read_accumulator(const json_value& value) {
  if (value.is_string()) {
    return named_accumulators()[value.choice(accumulator_names())].second;
  }
  const auto* const chosen = value.is_object() ? alternative_in(object_accumulators(), value) : nullptr;
  if (chosen == nullptr) {
    value.fail(expected_accumulator());
  }
  value.check_keys({chosen->key});
  accumulator_format format;
  format.kind = chosen->format.read(*value.find(chosen->key));
  return format;
}

ordered_json write_accumulator(const accumulator_format& format) {
  for (const auto& [name, named] : named_accumulators()) {
    if (named == format) {
      return name;
    }
  }
  const auto& kind = alternative_of(object_accumulators(), format.kind);
  return {{kind.key, kind.format.write(format.kind)}};
}

/// "tensor", the default, or the path of a file of ranges.
json_format<std::string> ranges_format() {
  const std::string expected = "\"tensor\", or the path of a file of ranges";
  return {.expected = expected,
          .schema =
              [] {
                return ordered_json{{"type", "string"}};
              },
          .read =
              [=](const json_value& value) {
                std::string word = value.text();
                if (word == "calibrated") {
                  value.fail("\"calibrated\", and no file of ranges", expected);
                }
                return word;
              },
          .write = [](const std::string& word) { return ordered_json(word); }};
}

object_format<given_numbers> common_keys(std::string description) {
  const auto& format = number_format_json();
  object_format<given_numbers> table(std::move(description));
  table.omittable("activations", &given_numbers::activations, format, "What a layer's input is held in.")
      .omittable("weights", &given_numbers::weights, format,
                 "What weights are held in: in a config those of layers in full precision, in a layer its own.")
      .omittable("gradients", &given_numbers::gradients, format, "What gradients are held in.")
      .omittable("accumulator", &given_numbers::accumulator, accumulator_json(), "What products are added up in.")
      .omittable("output", &given_numbers::output, format, "What a forward pass writes.")
      .omittable("operation", &given_numbers::operation,
                 enum_format<product_rounding>({product_rounding::fused, product_rounding::separate}),
                 "Whether a product is rounded once, into the sum, or before it, too.");
  return table;
}

}  // namespace

const json_format<accumulator_format>& accumulator_json() {
  static const json_format<accumulator_format> format = {.expected = expected_accumulator(),
                                                         .schema = accumulator_schema,
                                                         .read = read_accumulator,
                                                         .write = write_accumulator};
  return format;
}

const json_format<given_numbers>& numbers_json() {
  static const json_format<given_numbers> format =
      common_keys("Number formats; what is missing is the mode's.")
          .omittable("formats", &given_numbers::formats, list_format(number_format_json(), 0, most_formats),
                     "What layers may use beside these, and the units are built for; without it the mode's.")
          .omittable("ranges", &given_numbers::ranges_file, ranges_format(),
                     "Smallest and largest values of activations, gradients and outputs: \"tensor\", each one's own, "
                     "or the path of a file that has them.")
          .format();
  return format;
}

const json_format<given_numbers>& layer_numbers_json() {
  static const json_format<given_numbers> format =
      common_keys("Number formats of this layer, of those that the config lists.").format();
  return format;
}

known_ranges read_ranges(const std::string& path) {
  const json_document document(path, json_document::load(path));
  const json_value root = document.root();
  if (!root.is_object()) {
    root.fail("an object: tensor names to [min, max]");
  }
  known_ranges ranges;
  for (const auto& [name, node] : root.raw().items()) {
    if (!is_remark(name)) {
      ranges[name] = value_range_json().read(*root.find(name));
    }
  }
  return ranges;
}

std::string json_text_of(const accumulator_format& format) {
  const ordered_json written = write_accumulator(format);
  return written.is_string() ? written.get<std::string>() : written.dump();
}

}  // namespace dlac
