// Number formats as values: what files tell of them, what they are called, and which numbers they have.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "sim/core/error.h"
#include "sim/numbers/format_values.h"
#include "sim/numbers/integer_codes.h"
#include "sim/numbers/number_format.h"
#include "sim/numbers/number_format_json.h"
#include "sim/numbers/rounding.h"
#include "tests/unit/bad_input.h"

namespace dlac::test {
namespace {

number_format format_of(const std::string& text) {
  return parse_number_format(text, "FORMAT");
}

std::string mistake_in(const std::string& text) {
  return message_of([&] { format_of(text); });
}

std::vector<double> numbers_of(const std::string& text, tensor_role role = tensor_role::weights) {
  std::vector<double> values;
  for (const format_value& row : values_of(format_of(text), role)) {
    values.push_back(row.value);
  }
  return values;
}

}  // namespace

TEST_CASE("number formats: what is written is read again, names included") {
  for (
      const std::string text :
      {R"("fp32")",
       R"("fp16")",
       R"("bf16")",
       R"("fp8-e4m3")",
       R"("fp8-e5m2")",
       R"("fp4-e2m1")",
       R"("ternary")",
       R"({"float":{"exponent_bits":5,"mantissa_bits":0,"bias":3,"subnormals":true,"specials":"nan","saturate":false}})",
       R"({"fixed":{"bits":8,"fraction_bits":-3,"signed":false},"rounding":"toward-zero"})",
       R"({"fixed":{"bits":16,"fraction_bits":"auto","signed":true},"rounding":"stochastic","seed":7})",
       R"({"affine":{"bits":8,"rule":"absmax","per":"filter"}})",
       R"({"affine":{"bits":4,"rule":"tf-min-combined","per":"tensor"},"range":[-1.0,2.5]})",
       R"({"power_of_two":{"min_exponent":-8,"max_exponent":-1,"zero":false}})",
       R"({"ternary":{"threshold":0.5,"per":"filter","scale":"one"}})",
       R"({"binary":{"scale":"none"}})",
       R"({"truncated":{"mantissa_bits":7}})",
       R"({"codebook":{"values":[-1.0,0.0,0.5],"scale":"absmax"}})",
       R"({"dorefa":{"bits":3}})",
       R"({"pact":{"bits":4,"alpha":2.5}})",
       R"({"grouped":{"bits":4,"group":"slice","scale":"same-mantissa","shift":2},"rounding":"nearest-away"})",
       R"({"mx":{"of":"fp8-e4m3","block":16}})",
       R"({"mx":{"of":{"float":{"exponent_bits":3,"mantissa_bits":2,"bias":3,"subnormals":true,"specials":"none","saturate":true}},"block":32}})",
       R"({"parts":{"of":{"grouped":{"bits":8,"group":"tensor","scale":"float","shift":0}},"split":"floor"}})"}) {
    CAPTURE(text);
    const number_format format = format_of(text);
    CHECK(json_text_of(format) == text);
    CHECK(format_of(json_text_of(format)) == format);
  }
  CHECK(format_of("fp16") == number_format(ieee_float::fp16));
  CHECK(name_of(format_of("\"bf16\"")) == "bf16");
}

TEST_CASE("number formats: what is left out") {
  CHECK(format_of(R"({"float": {"exponent_bits": 4, "mantissa_bits": 3}})") == number_format(minifloat()));
  CHECK(format_of(R"({"float": {"exponent_bits": 5, "mantissa_bits": 2}})") ==
        number_format(minifloat{.exponent_bits = 5, .mantissa_bits = 2, .bias = 15}));
  CHECK(format_of(R"({"fixed": {"bits": 8}})") == number_format(fixed_point()));
  CHECK(format_of(R"({"ternary": {}})") == number_format(ternary_rule()));
  CHECK(format_of(R"({"grouped": {"bits": 8}})") == number_format(grouped()));
  CHECK(rounding_of(format_of(R"({"fixed": {"bits": 8}})")).kind == rounding::nearest_even);
  CHECK(rounding_of(format_of(R"({"affine": {"rule": "absmax"}})")).kind == rounding::nearest_even);
  CHECK(rounding_of(format_of(R"({"affine": {}})")).kind == rounding::nearest_away);
  CHECK(rounding_of(format_of(R"({"affine": {"rule": "tf-min-first"}})")).kind == rounding::nearest_away);
}

TEST_CASE("number formats: mistakes are one line at their place") {
  const std::vector<std::array<std::string, 2>> mistakes = {
      {"fp12", R"(found "fp12", expected one of "fp32", "fp16", "bf16")"},
      {"3", R"(found "3", expected one of)"},
      {"{", "line 1, column 2"},
      {"{}", "found an object without a format"},
      {"[1]", "found an array of 1 element, expected the name of a number format"},
      {R"({"fixd": {"bits": 8}})", R"(did you mean "fixed")"},
      {R"({"fixed": {"bits": 8}, "pact": {"bits": 2, "alpha": 1}})",
       R"(the keys "fixed" and "pact", expected one format)"},
      {R"({"fixed": {"bits": 0}})", "/fixed/bits: found 0, expected an integer from 2 to 16"},
      {R"({"fixed": {"bits": 33}})", "/fixed/bits: found 33"},
      {R"({"fixed": {"bits": 8, "fraction_bits": 128}})",
       "/fixed/fraction_bits: found 128, expected an integer from -128 to 127"},
      {R"({"fixed": {"bits": 8, "fraction_bits": 1.5}})", "/fixed/fraction_bits: found 1.5"},
      {R"({"fixed": {"bits": 8, "fraction_bits": "all"}})", R"(/fixed/fraction_bits: found "all", expected "auto" or)"},
      {R"({"float": {"exponent_bits": 12, "mantissa_bits": 3}})",
       "/float/exponent_bits: found 12, expected an integer from 1 to 8"},
      {R"({"float": {"exponent_bits": 8, "mantissa_bits": 3}})", "expected one with which every number is an fp32"},
      {R"({"float": {"exponent_bits": 4, "mantissa_bits": 3, "bias": 200}})", "/float/bias: found 200"},
      {R"({"float": {"exponent_bits": 4, "mantissa_bits": 0, "subnormals": false}})", "/float/mantissa_bits: found 0"},
      {R"({"float": {"exponent_bits": 1, "mantissa_bits": 3, "specials": "ieee"}})", "/float/specials"},
      {R"({"float": {"exponent_bits": 4, "mantissa_bits": 3, "saturate": false}})", "/float/saturate: found false"},
      {R"({"affine": {"rule": "best"}})", R"(/affine/rule: found "best", expected one of "gemmlowp", "absmax")"},
      {R"({"affine": {"per": "filter"}})", R"(/affine/per: found "filter", expected "tensor")"},
      {R"({"power_of_two": {"min_exponent": 0, "max_exponent": -1}})",
       "/power_of_two/min_exponent: found 0, expected at most -1"},
      {R"({"codebook": {"values": [1]}})", "/codebook/values: found an array of 1 element"},
      {R"({"codebook": {"values": [1, 2, 2]}})", "/codebook/values/2: found 2 after 2"},
      {R"({"grouped": {"bits": 4, "shift": 4}})", "/grouped/shift: found 4, expected at most 3"},
      {R"({"mx": {"of": "fp16"}})", R"(/mx/of: found "fp16", expected "fp8-e4m3")"},
      {R"({"parts": {"of": {"parts": {}}}})", "/parts/of: found an object, expected an object with one of the keys"},
      {R"({"parts": {"of": {"fixed": {"bits": 5}}}})", "/parts/of: found 5 bits, expected an even number"},
      {R"({"parts": {"of": {"affine": {"bits": 8}}}})", R"(/parts/of: found the rule "gemmlowp", expected "absmax")"},
      {R"({"parts": {"of": {"fixed": {"bits": 8, "signed": false}}}})", "/parts/of: found numbers without a sign"},
      {R"({"parts": {"of": {"grouped": {"bits": 8, "shift": 1}}}})", "/parts/of: found a shift"},
      {R"({"fixed": {"bits": 8}, "rounding": "up"})", R"(/rounding: found "up", expected one of "nearest-even")"},
      {R"({"binary": {}, "rounding": "nearest-even"})", "/rounding: found a rounding, expected none"},
      {R"({"fixed": {"bits": 8}, "seed": 1})", "/seed: found a seed"},
      {R"({"fixed": {"bits": 8, "fraction_bits": 2}, "range": [0, 1]})", "/range: found a range, expected none"},
      {R"({"fixed": {"bits": 8}, "range": [1, 0]})", "/range: found an array of 2 elements, expected [min, max]"},
      {R"({"fixed": {"bits": 8}, "range": [0]})", "/range: found an array of 1 element"},
  };
  for (const auto& [text, piece] : mistakes) {
    CAPTURE(text);
    const std::string message = mistake_in(text);
    CHECK_MESSAGE(message.find(piece) != std::string::npos, message);
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("number formats: bits of an element") {
  const std::vector<std::pair<std::string, std::uint32_t>> bits = {
      {"fp32", 32},
      {"bf16", 16},
      {"fp8-e5m2", 8},
      {"fp4-e2m1", 4},
      {"ternary", 2},
      {R"({"ternary": {}})", 2},
      {R"({"binary": {}})", 1},
      {R"({"truncated": {"mantissa_bits": 7}})", 16},
      {R"({"fixed": {"bits": 5}})", 5},
      {R"({"power_of_two": {}})", 5},                                      // 16 powers and a zero
      {R"({"power_of_two": {"zero": false}})", 4},                         // 16 powers
      {R"({"power_of_two": {"min_exponent": 3, "max_exponent": 3}})", 2},  // two powers and a zero
      {R"({"codebook": {"values": [0, 1, 2, 3]}})", 2},
      {R"({"codebook": {"values": [0, 1, 2, 3, 4]}})", 3},
      {R"({"grouped": {"bits": 4}})", 4},
      {R"({"grouped": {"bits": 4, "shift": 1}})", 5},
      {R"({"mx": {"of": "fp4-e2m1"}})", 4},
      {R"({"parts": {"of": {"fixed": {"bits": 8}}}})", 8}};
  for (const auto& [text, count] : bits) {
    CAPTURE(text);
    CHECK(bits_of(format_of(text)) == count);
    CHECK(needs_multiplier(format_of(text)) ==
          (text.find("ternary") == std::string::npos && text.find("binary") == std::string::npos &&
           text.find("power_of_two") == std::string::npos));
  }
}

TEST_CASE("number formats: the values of some, by hand") {
  CHECK(numbers_of("fp4-e2m1") == std::vector<double>{-6, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 6});
  CHECK(numbers_of("fp8-e4m3").back() == 448);
  CHECK(numbers_of("fp8-e4m3").size() == 253);  // two NaNs, and -0
  CHECK(numbers_of("fp8-e5m2").back() == 57344);
  CHECK(numbers_of(R"({"float": {"exponent_bits": 4, "mantissa_bits": 3}})").back() == 480);
  // Without subnormals the code of 2^-bias is zero.
  CHECK(numbers_of(R"({"float": {"exponent_bits": 2, "mantissa_bits": 1, "subnormals": false}})") ==
        std::vector<double>{-6, -4, -3, -2, -1.5, -1, -0.75, 0, 0.75, 1, 1.5, 2, 3, 4, 6});
  CHECK(numbers_of(R"({"fixed": {"bits": 3, "fraction_bits": 1}})") ==
        std::vector<double>{-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5});
  CHECK(numbers_of(R"({"fixed": {"bits": 2, "fraction_bits": -1, "signed": false}})") ==
        std::vector<double>{0, 2, 4, 6});
  CHECK(numbers_of(R"({"power_of_two": {"min_exponent": -1, "max_exponent": 1}})") ==
        std::vector<double>{-2, -1, -0.5, 0, 0.5, 1, 2});
  CHECK(numbers_of(R"({"pact": {"bits": 2, "alpha": 6}})") == std::vector<double>{0, 2, 4, 6});
  CHECK(numbers_of(R"({"dorefa": {"bits": 2}})") ==
        std::vector<double>{-1, static_cast<float>(-1.0 / 3), static_cast<float>(1.0 / 3), 1});
  // Seed of a table of 8 bits, -10 to 30.
  const auto table = numbers_of(R"({"affine": {"rule": "tf-min-combined"}, "range": [-10, 30]})");
  CHECK(table.size() == 256);
  CHECK(table[0] == -10);
  CHECK(table[128] == doctest::Approx(10.078431).epsilon(1e-7));
  CHECK(table[255] == 30);
  const auto parts =
      values_of(format_of(R"({"parts": {"of": {"fixed": {"bits": 4, "fraction_bits": 0}}}})"), tensor_role::weights);
  CHECK(parts.size() == 14);  // 6 and 7 are more than two parts of two bits hold
  CHECK(parts[7].code == "0, -1");
  CHECK(parts[7].value == -1);
  CHECK(message_of([] { numbers_of("fp32"); }).find("32 bits, expected at most 16") != std::string::npos);
  CHECK(message_of([] { numbers_of(R"({"affine": {}})"); }).find(R"(expected a "range")") != std::string::npos);
}

TEST_CASE("Philox4x32-10 gives its authors' numbers") {
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == 0x6627e8d5);
  CHECK(philox({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}) == 0x408f276d);
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) == 0xd16cfe09);
}

TEST_CASE("noise: of seed, tensor, element, use, step and pass") {
  // FNV-1a of "a" is 0xaf63dc4c8601ec8c.
  const element_noise noise(5, "a", 3, 2, 1);
  const double expected = philox({7, 1, 3, 9}, {0x8601ec8cU ^ 5U, 0xaf63dc4cU}) * 0x1p-32;
  CHECK(noise((std::uint64_t{1} << 32U) + 7) == expected);
}

TEST_CASE("roundings of numbers between and at the middle") {
  const auto of = [](rounding kind, double v) {
    return with_rounding({.kind = kind}, source_tensor{.name = "t", .shape = {}, .values = {}},
                         [&](const auto& round) { return round(v, 0); });
  };
  for (const auto& [v, even, away, zero] : std::vector<std::array<double, 4>>{{0.5, 0, 1, 0},
                                                                              {1.5, 2, 2, 1},
                                                                              {2.5, 2, 3, 2},
                                                                              {-0.5, 0, -1, 0},
                                                                              {-1.5, -2, -2, -1},
                                                                              {-2.5, -2, -3, -2},
                                                                              {0.49999999999999994, 0, 0, 0},
                                                                              {-2.500001, -3, -3, -2},
                                                                              {7, 7, 7, 7}}) {
    CAPTURE(v);
    CHECK(of(rounding::nearest_even, v) == even);
    CHECK(of(rounding::nearest_away, v) == away);
    CHECK(of(rounding::toward_zero, v) == zero);
  }
}

TEST_CASE("stochastic rounding goes up as often as the fraction says, of the signed number") {
  const by_chance round{element_noise(1, "t")};
  for (const double v : {0.25, -0.25, 3.75, -3.75, 2.0, -2.0}) {
    double sum = 0;
    const int count = 40000;
    bool is_neighbour = true;
    for (int i = 0; i < count; ++i) {
      const double result = round(v, static_cast<std::uint64_t>(i));
      is_neighbour = is_neighbour && (result == std::floor(v) || result == std::ceil(v));
      sum += result;
    }
    CAPTURE(v);
    CHECK(is_neighbour);
    CHECK(std::fabs(sum / count - v) < 5 * 0.5 / std::sqrt(count));
  }
  // Up iff fraction + u >= 1.
  const element_noise noise(1, "t");
  for (std::uint64_t i = 0; i < 1000; ++i) {
    CHECK(round(1 - noise(i), i) == (noise(i) == 0 ? 1 : 1));
    CHECK(round(std::nextafter(1 - noise(i), 0), i) == 0);
  }
}

}  // namespace dlac::test
