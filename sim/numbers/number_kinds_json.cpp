#include "sim/numbers/number_kinds_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/core/text.h"
#include "sim/numbers/minifloat.h"

namespace dlac {
namespace {

using nlohmann::ordered_json;

constexpr std::uint64_t fewest_bits = 2;
constexpr std::uint64_t most_bits = 16;
constexpr std::int64_t most_exponent = 127;  ///< of a fraction, of a power of two; -128 is the least
constexpr std::uint64_t most_values = 65536;

json_format<std::uint32_t> bits_format() {
  return integer_format<std::uint32_t>(fewest_bits, most_bits);
}

/// A whole number that may be negative.
json_format<std::int32_t> signed_format(std::int64_t minimum, std::int64_t maximum) {
  const std::string expected = fmt::format("an integer from {} to {}", minimum, maximum);
  return {.expected = expected,
          .schema =
              [=] {
                return ordered_json{{"type", "integer"}, {"minimum", minimum}, {"maximum", maximum}};
              },
          .read =
              [=](const json_value& value) {
                const auto least = static_cast<double>(minimum);
                const auto most = static_cast<double>(maximum);
                const double number = value.raw().is_number_integer() ? value.raw().get<double>()
                                                                      : std::numeric_limits<double>::quiet_NaN();
                if (!(number >= least && number <= most)) {
                  value.fail(expected);
                }
                return static_cast<std::int32_t>(number);
              },
          .write = [](std::int32_t value) { return ordered_json(value); }};
}

json_format<std::optional<std::int32_t>> fraction_format() {
  auto number = signed_format(-most_exponent - 1, most_exponent);
  const std::string expected = "\"auto\" or " + number.expected;
  return auto_or_format(std::move(number), expected, &json_value::is_number);
}

/// One of two words, as a flag of the second.
json_format<bool> word_format(std::string off, std::string on) {
  const std::vector<std::string> words = {std::move(off), std::move(on)};
  const std::vector<std::string_view> views(words.begin(), words.end());
  const std::string expected = choice_expectation(views);
  return {.expected = expected,
          .schema =
              [=] {
                return ordered_json{{"enum", words}};
              },
          .read =
              [=](const json_value& value) {
                return value.choice(std::vector<std::string_view>(words.begin(), words.end())) == 1;
              },
          .write = [=](bool is_on) { return ordered_json(words[is_on ? 1 : 0]); }};
}

void check_minifloat(const minifloat& f, const json_value& value) {
  const auto fail = [&](std::string_view key, const std::string& found, const std::string& expected) {
    value.find(key).value_or(value).fail(found, expected);
  };
  if (!f.subnormals && f.mantissa_bits == 0) {
    fail("mantissa_bits", "0", "at least 1 without subnormals: the code of the smallest power is that of zero");
  }
  if (!f.subnormals && f.specials != special_codes::none) {
    fail("specials", in_quotes(to_string(f.specials)), "\"none\" without subnormals");
  }
  if (f.specials == special_codes::ieee && (f.mantissa_bits == 0 || f.exponent_bits < 2)) {
    fail("specials", "\"ieee\"", "2 exponent bits and a mantissa bit at least for them");
  }
  if (f.specials == special_codes::none && !f.saturate) {
    fail("saturate", "false", "true where every code is a number");
  }
  constexpr std::int64_t least_float = -149;  // exponent of the smallest fp32
  if (largest_of(f) == 0 || 1 - std::int64_t{f.bias} - f.mantissa_bits < least_float ||
      largest_of(f) > std::numeric_limits<float>::max()) {
    fail("bias", std::to_string(f.bias), "one with which every number is an fp32 other than zero");
  }
}

}  // namespace

json_format<minifloat> minifloat_format() {
  constexpr std::int32_t no_bias = std::numeric_limits<std::int32_t>::min();
  const json_format<std::int32_t> bias = signed_format(-255, 255);
  auto format =
      object_format<minifloat>("Floating point.", {.bias = no_bias})
          .required("exponent_bits", &minifloat::exponent_bits, integer_format<std::uint32_t>(1, 8), "Exponent bits.")
          .required("mantissa_bits", &minifloat::mantissa_bits, integer_format<std::uint32_t>(0, 23),
                    "Mantissa bits, without the hidden one.")
          .defaulted("bias", &minifloat::bias,
                     json_format<std::int32_t>{.expected = bias.expected,
                                               .schema = bias.schema,
                                               .read = bias.read,
                                               .write =
                                                   [](std::int32_t value) {
                                                     return value == no_bias ? ordered_json("2^(exponent_bits - 1) - 1")
                                                                             : ordered_json(value);
                                                   }},
                     "What is subtracted from the exponent's code.")
          .defaulted("subnormals", &minifloat::subnormals, boolean_format(),
                     "Whether exponent code 0 has numbers without a hidden bit; else magnitudes below 2^-bias are 0.")
          .defaulted("specials", &minifloat::specials,
                     enum_format<special_codes>({special_codes::none, special_codes::nan, special_codes::ieee}),
                     "What the largest exponent has beside numbers: nothing, a NaN, or infinity and NaNs.")
          .defaulted("saturate", &minifloat::saturate, boolean_format(),
                     "Whether what rounds beyond the largest number becomes it; else it is an error.")
          .format();
  auto read = std::move(format.read);
  format.read = [read = std::move(read)](const json_value& value) {
    minifloat result = read(value);
    if (result.bias == no_bias) {
      result.bias = (1 << (result.exponent_bits - 1)) - 1;
    }
    check_minifloat(result, value);
    return result;
  };
  return format;
}

json_format<fixed_point> fixed_format() {
  return object_format<fixed_point>("Fixed point.")
      .required("bits", &fixed_point::bits, bits_format(), "Bits, with the sign.")
      .defaulted("fraction_bits", &fixed_point::fraction_bits, fraction_format(),
                 "Bits behind the point; \"auto\": from the largest magnitude of the tensor.")
      .defaulted("signed", &fixed_point::is_signed, boolean_format(), "Whether there are negative numbers.")
      .format();
}

json_format<affine> affine_format() {
  using enum affine_rule;
  return checked(
      object_format<affine>("Integers with a scale and a zero point.")
          .defaulted("bits", &affine::bits, bits_format(), "Bits of a code.")
          .defaulted("rule", &affine::rule, enum_format<affine_rule>({gemmlowp, absmax, tf_min_first, tf_min_combined}),
                     "How scale and zero point follow from the values.")
          .defaulted("per", &affine::per_filter, word_format("tensor", "filter"), "What shares a scale.")
          .format(),
      [](const affine& f, const json_value& value) {
        if (f.per_filter && f.rule != absmax) {
          value.member("per", "").fail("\"filter\"", "\"tensor\" for a rule other than absmax");
        }
      });
}

json_format<power_of_two> power_format() {
  const auto exponent = signed_format(-most_exponent + 1, most_exponent);  // of normal fp32
  return checked(object_format<power_of_two>("A sign and an exponent.")
                     .defaulted("min_exponent", &power_of_two::min_exponent, exponent, "Of the smallest magnitude.")
                     .defaulted("max_exponent", &power_of_two::max_exponent, exponent, "Of the largest.")
                     .defaulted("zero", &power_of_two::has_zero, boolean_format(), "Whether there is a zero.")
                     .format(),
                 [](const power_of_two& f, const json_value& value) {
                   if (f.min_exponent > f.max_exponent) {
                     value.find("min_exponent")
                         .value_or(value)
                         .fail(std::to_string(f.min_exponent),
                               fmt::format("at most {}, the largest exponent", f.max_exponent));
                   }
                 });
}

json_format<ternary_rule> ternary_format() {
  return object_format<ternary_rule>("-1, 0 and +1 made of numbers.")
      .defaulted("threshold", &ternary_rule::threshold, decimal_format(0, 1000),
                 "Of the mean magnitude: what is not above it becomes 0.")
      .defaulted("per", &ternary_rule::per_filter, word_format("layer", "filter"), "What shares threshold and scale.")
      .defaulted("scale", &ternary_rule::scales_by_mean, word_format("one", "mean"),
                 "The mean magnitude of what is kept, or one.")
      .format();
}

json_format<binary_signs> binary_format() {
  return object_format<binary_signs>("Signs; 0 counts as +.")
      .defaulted("scale", &binary_signs::scales_by_mean, word_format("none", "mean"),
                 "The mean magnitude of a filter, or none.")
      .format();
}

json_format<truncated_float> truncated_format() {
  return object_format<truncated_float>("fp32 without its lowest mantissa bits.")
      .required("mantissa_bits", &truncated_float::mantissa_bits, integer_format<std::uint32_t>(0, 23), "Those left.")
      .format();
}

json_format<codebook> codebook_format() {
  return checked(object_format<codebook>("The nearest of a list of values.")
                     .required("values", &codebook::values,
                               list_format(decimal_format(-largest_number, largest_number), 2, most_values),
                               "In increasing order.")
                     .defaulted("scale", &codebook::scales_by_largest, word_format("none", "absmax"),
                                "Whether they are shares of the largest magnitude.")
                     .format(),
                 [](const codebook& f, const json_value& value) {
                   const auto after = std::adjacent_find(f.values.begin(), f.values.end(), std::greater_equal<>());
                   if (after != f.values.end()) {
                     const auto place = static_cast<std::size_t>(after - f.values.begin()) + 1;
                     value.member("values", "")
                         .elements(2, most_values)[place]
                         .fail(fmt::format("{} after {}", f.values[place], *after), "values in increasing order");
                   }
                 });
}

json_format<dorefa> dorefa_format() {
  return object_format<dorefa>("Weights by their tanh, activations clamped to [0, 1].")
      .required("bits", &dorefa::bits, bits_format(), "Bits of a code.")
      .format();
}

json_format<pact> pact_format() {
  return object_format<pact>("Clamped to [0, alpha].")
      .required("bits", &pact::bits, bits_format(), "Bits of a code.")
      .required("alpha", &pact::alpha, decimal_format(1e-30, 1e30), "The largest value.")
      .format();
}

json_format<grouped> grouped_format() {
  using enum group_scale;
  return checked(
      object_format<grouped>("Integers with a scale for each group of elements.")
          .required("bits", &grouped::bits, bits_format(), "Bits of a code.")
          .defaulted("group", &grouped::group, enum_format<group_kind>({group_kind::tensor, group_kind::slice}),
                     "The tensor, or a slice: a channel of an image, an input channel of a filter.")
          .defaulted("scale", &grouped::scale, enum_format<group_scale>({real, power, same_mantissa, simple_mantissa}),
                     "Of a group: any number, a power of two, the tensor's mantissa, or 1 or 1.5 times a power of two.")
          .defaulted("shift", &grouped::shift, integer_format<std::uint32_t>(0, most_bits - 1),
                     "Elements so many powers of two below the scale have as much finer steps, and a flag; 0: none.")
          .format(),
      [](const grouped& f, const json_value& value) {
        if (f.shift >= f.bits) {
          value.member("shift", "")
              .fail(std::to_string(f.shift), fmt::format("at most {}, with {} bits", f.bits - 1, f.bits));
        }
      });
}

}  // namespace dlac
