// Number formats over all halves, and against two oracles that share nothing with the code: MPFR for floating point,
// SystemC's fixed-point types for fixed point.

// SystemC's fixed-point types are behind this word.
#define SC_INCLUDE_FX

#include <doctest/doctest.h>
#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <systemc>
#include <vector>

#include "sim/numbers/format_values.h"
#include "sim/numbers/half.h"
#include "tests/unit/held_tensors.h"

namespace dlac::test {
namespace {

/// Every finite half, in increasing order.
floats halves() {
  floats values;
  for (std::uint32_t code = 0; code < 0x7C00; ++code) {
    values.push_back(half_to_float(static_cast<std::uint16_t>(code)));
    if (code != 0) {
      values.push_back(-values.back());
    }
  }
  std::sort(values.begin(), values.end());
  return values;
}

const std::vector<std::string>& static_formats() {
  static const std::vector<std::string> all = {
      "fp16",
      "bf16",
      "fp8-e4m3",
      "fp8-e5m2",
      "fp4-e2m1",
      R"({"float": {"exponent_bits": 4, "mantissa_bits": 3}})",
      R"({"float": {"exponent_bits": 4, "mantissa_bits": 3, "subnormals": false}})",
      R"({"float": {"exponent_bits": 5, "mantissa_bits": 4}, "rounding": "toward-zero"})",
      R"({"float": {"exponent_bits": 3, "mantissa_bits": 0}, "rounding": "nearest-away"})",
      R"({"float": {"exponent_bits": 1, "mantissa_bits": 2, "specials": "nan"}})",
      R"({"fixed": {"bits": 8, "fraction_bits": 3}})",
      R"({"fixed": {"bits": 12, "fraction_bits": 5}, "rounding": "nearest-away"})",
      R"({"fixed": {"bits": 6, "fraction_bits": -2, "signed": false}, "rounding": "toward-zero"})",
      R"({"fixed": {"bits": 2, "fraction_bits": 0}})",
      R"({"power_of_two": {}})",
      R"({"power_of_two": {"min_exponent": -3, "max_exponent": 4, "zero": false}})",
      R"({"truncated": {"mantissa_bits": 7}})",
      R"({"codebook": {"values": [-2, -0.5, 0, 0.25, 1, 7]}})",
      R"({"pact": {"bits": 3, "alpha": 6}})",
      R"({"binary": {"scale": "none"}})"};
  return all;
}

/// Of what a format makes of ordered numbers: no more of them than it has codes, in order, and no -0.
std::set<float> check_codes(const number_format& format, const floats& results) {
  CHECK(std::is_sorted(results.begin(), results.end()));
  CHECK(std::none_of(results.begin(), results.end(), [](float x) { return x == 0 && std::signbit(x); }));
  std::set<float> distinct(results.begin(), results.end());
  CHECK(distinct.size() <= std::size_t{1} << bits_of(format));
  return distinct;
}

/// Those that the program lists.
std::set<float> listed_values(const number_format& format) {
  std::set<float> listed;
  for (const format_value& row : values_of(format, tensor_role::weights)) {
    listed.insert(static_cast<float>(row.value));
  }
  return listed;
}

}  // namespace

TEST_CASE(
    "conversion: formats with fixed numbers have no others, keep their own, and keep the order, over all halves") {
  const floats inputs = halves();
  for (const std::string& text : static_formats()) {
    CAPTURE(text);
    const number_format format = parse_number_format(text, "FORMAT");
    const floats results = held(text, inputs);
    const std::set<float> distinct = check_codes(format, results);
    CHECK(held(text, results) == results);
    // The listed values are kept, and nothing else comes out.
    const std::set<float> listed = listed_values(format);
    const floats own(listed.begin(), listed.end());
    CHECK(held(text, own) == own);
    CHECK(std::includes(listed.begin(), listed.end(), distinct.begin(), distinct.end()));
  }
}

TEST_CASE("conversion: formats of a range, the same") {
  const floats inputs = halves();
  for (const std::string kind :
       {R"("fixed": {"bits": 8})", R"("affine": {})", R"("affine": {"rule": "absmax"})",
        R"("affine": {"rule": "tf-min-first"})", R"("affine": {"rule": "tf-min-combined"})",
        R"("affine": {"bits": 5}, "rounding": "toward-zero")", R"("parts": {"of": {"fixed": {"bits": 6}}})",
        R"("codebook": {"values": [-1, -0.25, 0, 0.5, 1], "scale": "absmax"})"}) {
    const std::string text = "{" + kind + R"(, "range": [-3, 10.5]})";
    const std::string of_tensor = "{" + kind + "}";
    CAPTURE(text);
    check_codes(parse_number_format(of_tensor, "FORMAT"), held(of_tensor, inputs));
    const number_format format = parse_number_format(text, "FORMAT");
    const floats results = held(text, inputs);
    const std::set<float> distinct = check_codes(format, results);
    if (kind.find("codebook") == std::string::npos) {
      const std::set<float> listed = listed_values(format);
      CHECK(distinct == listed);  // every code comes out
      if (kind.find("toward-zero") == std::string::npos) {
        CHECK(held(text, results) == results);
      }
    }
  }
}

TEST_CASE("conversion: floating point is MPFR's, to the nearest and towards zero") {
  struct width {
    std::uint32_t exponent;
    std::uint32_t mantissa;
    std::int32_t bias;
  };
  floats inputs = halves();
  for (const float x : random_floats(20000, 7)) {
    inputs.push_back(x);
    inputs.push_back(x * 0x1p-20F);
  }
  for (const auto& [exponent, mantissa, bias] : {width{4, 3, 7}, width{5, 2, 15}, width{2, 1, 1}, width{3, 5, 0},
                                                 width{6, 9, 31}, width{1, 3, 0}, width{5, 0, 20}}) {
    for (const bool is_nearest : {true, false}) {
      const std::string text = R"({"float":{"exponent_bits":)" + std::to_string(exponent) + R"(,"mantissa_bits":)" +
                               std::to_string(mantissa) + R"(,"bias":)" + std::to_string(bias) + R"(},"rounding":")" +
                               (is_nearest ? "nearest-even" : "toward-zero") + R"("})";
      CAPTURE(text);
      const floats results = held(text, inputs);
      const double largest = largest_of(std::get<minifloat>(parse_number_format(text, "").kind));
      // MPFR's significands are in [1/2, 1), and its precision is at least 2 in older versions.
      const mpfr_prec_t precision = mantissa + 1;
      const mpfr_rnd_t mode = is_nearest ? MPFR_RNDN : MPFR_RNDZ;
      const auto old_least = mpfr_get_emin();
      mpfr_t number;
      mpfr_init2(number, precision);
      std::uint64_t differences = 0;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        mpfr_set_emin(2 - bias - static_cast<std::int32_t>(mantissa));
        int ternary = mpfr_set_d(number, static_cast<double>(inputs[i]), mode);
        ternary = mpfr_subnormalize(number, ternary, mode);
        static_cast<void>(ternary);
        const double expected = std::clamp(mpfr_get_d(number, MPFR_RNDN), -largest, largest);
        differences += results[i] == static_cast<float>(expected) ? 0 : 1;
        mpfr_set_emin(old_least);
      }
      mpfr_clear(number);
      CHECK(differences == 0);
    }
  }
}

TEST_CASE("conversion: fixed point is SystemC's") {
  floats inputs = halves();
  const floats more = random_floats(5000, 3);
  inputs.insert(inputs.end(), more.begin(), more.end());
  const std::vector<std::pair<std::string, sc_dt::sc_q_mode>> modes = {
      {"nearest-even", sc_dt::SC_RND_CONV}, {"nearest-away", sc_dt::SC_RND_INF}, {"toward-zero", sc_dt::SC_TRN_ZERO}};
  for (const auto& [word, mode] : modes) {
    for (const auto& [bits, fraction] : std::vector<std::pair<int, int>>{{8, 4}, {4, 0}, {16, 12}, {6, -3}, {2, 5}}) {
      for (const bool is_signed : {true, false}) {
        const std::string text = R"({"fixed":{"bits":)" + std::to_string(bits) + R"(,"fraction_bits":)" +
                                 std::to_string(fraction) + R"(,"signed":)" + (is_signed ? "true" : "false") +
                                 R"(},"rounding":")" + word + R"("})";
        CAPTURE(text);
        const floats results = held(text, inputs);
        std::uint64_t differences = 0;
        sc_dt::sc_fix with_sign(bits, bits - fraction, mode, sc_dt::SC_SAT);
        sc_dt::sc_ufix without(bits, bits - fraction, mode, sc_dt::SC_SAT);
        for (std::size_t i = 0; i < inputs.size(); ++i) {
          double expected = 0;
          if (is_signed) {
            with_sign = static_cast<double>(inputs[i]);
            expected = with_sign.to_double();
          } else {
            without = static_cast<double>(inputs[i]);
            expected = without.to_double();
          }
          differences += results[i] == static_cast<float>(expected) ? 0 : 1;
        }
        CHECK(differences == 0);
      }
    }
  }
}

}  // namespace dlac::test
