// What number formats make of tensors, worked out by hand.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "sim/core/error.h"
#include "sim/numbers/format_values.h"
#include "sim/numbers/number_format_json.h"
#include "sim/numbers/tensor_conversion.h"
#include "tests/unit/bad_input.h"
#include "tests/unit/held_tensors.h"

namespace dlac::test {

TEST_CASE("conversion: numbers by hand") {
  CHECK(held(R"({"float": {"exponent_bits": 4, "mantissa_bits": 3}})", {504}) == floats{480});
  CHECK(held("fp8-e4m3", {448, 464, 1000, -470}) == floats{448, 448, 448, -448});
  CHECK(held("bf16", {1 + 0x1p-8F, 1 + 0x1.8p-7F, 0x1.8p-133F}) == floats{1, 1 + 0x1p-6F, 0x1p-132F});
  // Magnitudes below 2^-bias, before rounding, become 0; what rounds to it becomes the next.
  const std::string flushing = R"({"float": {"exponent_bits": 4, "mantissa_bits": 3, "subnormals": false}})";
  CHECK(held(flushing, {0x1p-7F, 0x1.0fp-7F, 0x1.ffp-8F, -0x1p-7F, 0x1.2p-7F}) ==
        floats{0x1.2p-7F, 0x1.2p-7F, 0, -0x1.2p-7F, 0x1.2p-7F});
  CHECK(held(R"({"truncated": {"mantissa_bits": 7}})", {1.9875F, 2 - 0x1p-23F, -1.9875F}) ==
        floats{1.984375F, 1.9921875F, -1.984375F});
  // The square root of 2 lies between two floats.
  CHECK(held(R"({"power_of_two": {"min_exponent": -8, "max_exponent": 2}})",
             {std::nextafter(std::sqrt(2.0F), 0.0F), std::nextafter(std::sqrt(2.0F), 2.0F), 0x1.6ap-9F, 0x1.7p-9F,
              100}) == floats{1, 2, 0, 0x1p-8F, 4});
  CHECK(held(R"({"power_of_two": {"min_exponent": -8, "max_exponent": -1, "zero": false}})",
             {0, -0.0F, -1e-9F, 0.5F}) == floats{0x1p-8F, 0x1p-8F, -0x1p-8F, 0.5F});
  CHECK(held(R"({"affine": {"rule": "tf-min-combined"}})", {-10, 10, 30})[1] ==
        doctest::Approx(10.078431).epsilon(1e-7));
  CHECK(held(R"({"codebook": {"values": [-1, 1, 2]}})", {0, 1.5F, 9, -9}) == floats{-1, 1, 2, -1});
  CHECK(held(R"({"codebook": {"values": [-1, 0, 0.5], "scale": "absmax"}})", {4, 1.1F, -4}) == floats{2, 2, -4});
  CHECK(held(R"({"pact": {"bits": 2, "alpha": 6}})", {-1, 1, 3, 3.1F, 9}) == floats{0, 0, 4, 4, 6});
  CHECK(held(R"({"dorefa": {"bits": 2}})", {}).empty());
}

TEST_CASE("conversion: dynamic fixed point has a bit more of fraction for activations") {
  // The largest magnitude is in (4, 8]: three bits above the point.
  const floats values = {-8, 7.9F, 0.26F, 4.01F};
  const auto weights = convert_all(R"({"fixed": {"bits": 8}})", values);
  CHECK(weights.scales == floats{0x1p-4F});
  CHECK(weights.values == floats{-8, 7.875F, 0.25F, 4});
  CHECK(weights.saturated == 0);
  const auto activations = convert_all(R"({"fixed": {"bits": 8}})", values, tensor_role::activations);
  CHECK(activations.scales == floats{0x1p-5F});
  CHECK(activations.values == floats{-4, 3.96875F, 0.25F, 3.96875F});
  CHECK(activations.saturated == 3);
  CHECK(convert_all(R"({"fixed": {"bits": 8}})", {0, 0}).scales == floats{0x1p-7F});
  CHECK(convert_all(R"({"fixed": {"bits": 8}, "range": [-1, 0.5]})", values).scales == floats{0x1p-7F});
}

TEST_CASE("conversion: gemmlowp's zero point is a code, and zero stays zero") {
  const auto result = convert_all(R"({"affine": {}})", {-1, 0, 3, 0.0078F});
  CHECK(result.scales == floats{4.0F / 255});
  CHECK(result.zero_point == 64);  // 63.75
  CHECK(result.codes == std::vector<std::int32_t>{0, 64, 255, 64});
  CHECK(result.values[1] == 0);
  CHECK(result.zeros_made == 1);
  // A range that does not hold zero is widened to it.
  CHECK(convert_all(R"({"affine": {}})", {1, 3}).zero_point == 0);
  CHECK(convert_all(R"({"affine": {}})", {-3, -1}).zero_point == 255);
  CHECK(convert_all(R"({"affine": {}})", {0, 0}).values == floats{0, 0});
  // Halves away: 0.5 of a step above the zero point.
  CHECK(convert_all(R"({"affine": {}, "range": [0, 255]})", {0.5F, 2.5F, 300, -4}).codes ==
        std::vector<std::int32_t>{1, 3, 255, 0});
  CHECK(convert_all(R"({"affine": {}, "range": [0, 255]})", {0.5F, 2.5F, 300, -4}).saturated == 2);
  CHECK(convert_all(R"({"affine": {}, "rounding": "nearest-even", "range": [0, 255]})", {0.5F, 2.5F}).codes ==
        std::vector<std::int32_t>{0, 2});
}

TEST_CASE("conversion: the largest magnitude of a tensor, or of each filter, is the largest code") {
  const floats values = {1, -4, 0.5F, 0.3F};
  CHECK(convert_all(R"({"affine": {"bits": 4, "rule": "absmax"}})", values).codes ==
        std::vector<std::int32_t>{2, -7, 1, 1});
  const auto filters = convert_all(R"({"affine": {"bits": 4, "rule": "absmax", "per": "filter"}})", values,
                                   tensor_role::weights, {2, 2, 1, 1});
  CHECK(filters.codes == std::vector<std::int32_t>{2, -7, 7, 4});
  CHECK(filters.scales == floats{4.0F / 7, 0.5F / 7});
}

TEST_CASE("conversion: TensorFlow's rounded minimum comes first") {
  const auto result = convert_all(R"({"affine": {"rule": "tf-min-first"}})", {-1, 0, 2.3F});
  const float scale = 255 / 3.3F;
  CHECK(result.scales == floats{scale});
  CHECK(result.zero_point == 77);  // round(-77.27)
  CHECK(result.codes == std::vector<std::int32_t>{0, 77, 255});
  CHECK(result.values == floats{-77 / scale, 0, 178 / scale});
  // A range without a width gets a hundredth.
  CHECK(convert_all(R"({"affine": {"rule": "tf-min-first"}})", {0, 0}).scales == floats{255 / 0.01F});
}

TEST_CASE("conversion: a ternary weight is kept above the threshold, strictly") {
  // Mean 1, threshold 0.7 as a float.
  const float threshold = 0.7F;
  const float above = std::nextafter(threshold, 1.0F);
  const floats values = {threshold, above, -2, static_cast<float>(2.0 - threshold - above)};
  const auto result = convert_all(R"({"ternary": {}})", values);
  CHECK(result.codes == std::vector<std::int32_t>{0, 1, -1, 0});
  CHECK(result.scales.size() == 1);
  CHECK(result.values[2] == -result.scales[0]);
  CHECK(result.scales[0] == doctest::Approx((0.7 + 2) / 2));
  CHECK(convert_all(R"({"ternary": {"scale": "one"}})", values).values == floats{0, 1, -1, 0});
  const auto filters =
      convert_all(R"({"ternary": {"per": "filter"}})", {1, 0.1F, 100, 10}, tensor_role::weights, {2, 2, 1, 1});
  CHECK(filters.values == floats{1, 0, 100, 0});
  CHECK(convert_all(R"({"ternary": {}})", {0, 0}).scales == floats{1});
  CHECK(message_of([] {
          convert_all("ternary", {1, 0, 0.5F});
        }) == R"(t[2]: found 0.5, expected -1, 0 or 1; {"ternary": {}} makes them of other numbers)");
}

TEST_CASE("conversion: binary signs are scaled by the mean of their filter") {
  const auto result = convert_all(R"({"binary": {}})", {1, -3, 0, -0.0F}, tensor_role::weights, {2, 2, 1, 1});
  CHECK(result.values == floats{2, -2, 1, 1});
  CHECK(held(R"({"binary": {"scale": "none"}})", {1, -3, 0, -0.0F}, tensor_role::activations) == floats{1, -1, 1, 1});
  CHECK(message_of([] { convert_all(R"({"binary": {}})", {1}, tensor_role::activations); }).find("found activations") !=
        std::string::npos);
}

TEST_CASE("conversion: group scales by hand") {
  // Two slices with largest magnitudes 0.9 and 3, of a tensor whose largest is 3.
  const floats values = {0.9F, -0.3F, 3, 0.2F};
  const shape_4d shape = {1, 2, 1, 2};
  const auto scales = [&](const std::string& scale) {
    return convert_all(R"({"grouped": {"bits": 4, "scale": ")" + scale + R"("}})", values, tensor_role::activations,
                       shape)
        .scales;
  };
  CHECK(scales("float") == floats{0.9F / 7, 3.0F / 7});
  CHECK(scales("power") == floats{1.0F / 8, 4.0F / 8});
  CHECK(scales("same-mantissa") == floats{1.5F / 8, 3.0F / 8});    // 3, halved while it is not below 0.9
  CHECK(scales("simple-mantissa") == floats{1.0F / 8, 3.0F / 8});  // 1, 1.5, 2, 3, ...
  const auto power = convert_all(R"({"grouped": {"bits": 4}})", values, tensor_role::activations, shape);
  CHECK(power.codes == std::vector<std::int32_t>{7, -2, 6, 0});
  CHECK(power.zeros_made == 1);
  // With a shift of 2 what is below a quarter of the scale has a quarter of the step.
  const auto shifted = convert_all(R"({"grouped": {"bits": 4, "shift": 2}})", values, tensor_role::activations, shape);
  CHECK(shifted.shifted == std::vector<std::uint8_t>{0, 0, 0, 1});
  CHECK(shifted.codes == std::vector<std::int32_t>{7, -2, 6, 2});
  CHECK(shifted.values == floats{0.875F, -0.25F, 3, 0.25F});
  // One element a slice: the group is what has one n.
  CHECK(convert_all(R"({"grouped": {"bits": 4}})", values, tensor_role::activations, {2, 2, 1, 1}).scales ==
        scales("power"));
  CHECK(convert_all(R"({"grouped": {"bits": 4, "group": "tensor"}})", values, tensor_role::activations, shape)
            .scales.size() == 1);
  CHECK(convert_all(R"({"grouped": {"bits": 4}})", {0, 0, 1, 1}, tensor_role::activations, shape).codes ==
        std::vector<std::int32_t>{0, 0, 7, 7});
}

TEST_CASE("conversion: channels of a block share a power of two") {
  // Blocks of two channels over two pixels; the largest exponent of fp4-e2m1 is 2.
  const floats values = {8, 1, 0.75F, 0.3F, 5, 0};
  const auto result =
      convert_all(R"({"mx": {"of": "fp4-e2m1", "block": 2}})", values, tensor_role::activations, {1, 3, 1, 2});
  // Pixel 0: 8 and 0.75 by 2^1; pixel 1: 1 and 0.3 by 2^-2; then channel 2 alone: 5 by 2^0; 0.
  CHECK(result.scales == floats{2, 0.25F, 1, 1});
  CHECK(result.values == floats{8, 1, 1, 0.25F, 4, 0});
}

TEST_CASE("conversion: balanced parts hold a little less, and are the code") {
  const auto result =
      convert_all(R"({"parts": {"of": {"fixed": {"bits": 4, "fraction_bits": 0}}}})", {7, 6, 5, -8, -1});
  CHECK(result.codes == std::vector<std::int32_t>{5, 5, 5, -8, -1});
  CHECK(result.values == floats{5, 5, 5, -8, -1});
  CHECK(result.saturated == 2);
  CHECK(convert_all(R"({"parts": {"of": {"fixed": {"bits": 4, "fraction_bits": 0}}, "split": "floor"}})", {7, -8})
            .values == floats{7, -8});
  for (const format_value& row :
       values_of(parse_number_format(R"({"parts": {"of": {"fixed": {"bits": 8, "fraction_bits": 0}}}})", ""),
                 tensor_role::weights)) {
    const int high = std::stoi(row.code);
    const int low = std::stoi(row.code.substr(row.code.find(',') + 1));
    CHECK(high * 16 + low == row.value);
    CHECK(std::abs(low * 2 + 1) <= 16);
    CHECK(std::abs(high * 2 + 1) <= 16);
  }
}

TEST_CASE("conversion: weights by their tanh, activations by their clamp") {
  const floats values = {-2, 0.1F, 1};
  const auto weights = held(R"({"dorefa": {"bits": 2}})", values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double place = std::tanh(double{values[i]}) / (2 * std::tanh(2.0)) + 0.5;
    CHECK(weights[i] == static_cast<float>(2 * std::nearbyint(3 * place) / 3 - 1));
  }
  CHECK(held(R"({"dorefa": {"bits": 2}})", values, tensor_role::activations) == floats{0, 0, 1});
  CHECK(message_of([] { convert_all(R"({"dorefa": {"bits": 2}})", {1}, tensor_role::gradients); }) ==
        "t: found gradients in dorefa, expected weights or activations, which it has rules for");
}

TEST_CASE("conversion: stochastic results are of seed, name and place alone") {
  const floats values = random_floats(1000);
  const std::string format = R"({"fixed": {"bits": 6, "fraction_bits": 2}, "rounding": "stochastic", "seed": 4})";
  const floats all = held(format, values);
  const floats first(values.begin(), values.begin() + 100);
  CHECK(held(format, first) == floats(all.begin(), all.begin() + 100));
  CHECK(convert_all(format, values, tensor_role::weights, {}, "u").values != all);
  CHECK(held(R"({"fixed": {"bits": 6, "fraction_bits": 2}, "rounding": "stochastic", "seed": 5})", values) != all);
  double bias = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(std::fabs(all[i] - values[i]) < (std::fabs(values[i]) > 7.75F ? 100 : 0.25F));
    bias += std::fabs(values[i]) < 7.75F ? all[i] - values[i] : 0;
  }
  CHECK(std::fabs(bias) < 5 * 0.125 * std::sqrt(1000.0));
}

TEST_CASE("conversion: what is no number, and what no number is for, is an error at its element") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(message_of([] { convert_all("bf16", {1, std::nanf("")}); }) == "t[1]: found NaN, expected a finite number");
  CHECK(message_of([] { convert_all(R"({"fixed": {"bits": 8}})", {-infinity}); }) ==
        "t[0]: found -infinity, expected a finite number");
  CHECK(message_of([] {
          convert_all("fp16", {65519.9F, 65520});
        }) == "t[1]: found 65520, expected a number that fp16 holds");
  CHECK(message_of([] { convert_all("bf16", {std::numeric_limits<float>::max()}); }) ==
        "t[0]: found 3.4028235e+38, expected a number that bf16 holds");
  const std::string strict =
      R"({"float": {"exponent_bits": 5, "mantissa_bits": 2, "specials": "ieee", "saturate": false}})";
  CHECK(held(strict, {61439}) == floats{57344});
  CHECK(message_of([&] { convert_all(strict, {61440}); }).starts_with("t[0]: found 61440, expected a number that {"));
}

TEST_CASE("conversion: affine codes of the largest numbers, and of ranges as wide as fp32") {
  constexpr float most = std::numeric_limits<float>::max();
  for (const std::string rule : {"gemmlowp", "absmax", "tf-min-first", "tf-min-combined"}) {
    CAPTURE(rule);
    const auto ends = convert_all(R"({"affine": {"rule": ")" + rule + R"("}, "range": [-1, 1]})", {-most, -1, 1, most});
    // 1 and -1 are 127.5 codes from 0, and halves go away from it: 256 codes apart, one too many.
    CHECK(ends.saturated == (rule == "tf-min-first" ? 3 : 2));
    CHECK(ends.values[0] == ends.values[1]);
    CHECK(ends.values[3] == ends.values[2]);
  }
  for (const std::string rule : {"gemmlowp", "tf-min-first", "tf-min-combined"}) {
    const std::string text = R"({"affine": {"rule": ")" + rule + R"("}})";
    CHECK(message_of([&] {
            convert_all(text, {-most, most});
          }).find("expected a width of at most") != std::string::npos);
  }
  CHECK(held(R"({"affine": {}})", {-1e38F, 0, 1e38F})[1] == 0);
  CHECK(message_of([] {
          convert_all(R"({"affine": {"rule": "tf-min-combined"}})", {-1e38F, 1e38F});
        }).starts_with("t: found a range from -1e+38 to 1e+38, expected a width of at most 1.33e+36"));
}

TEST_CASE("conversion: signal to noise") {
  CHECK(signal_to_noise_db(floats{3, 4}, floats{3, 4.5F}) == doctest::Approx(20));
  CHECK(std::isinf(signal_to_noise_db(floats{3, 4}, floats{3, 4})));
  CHECK(signal_to_noise_db(floats{0, 0}, floats{1, 1}) == 0);
}

}  // namespace dlac::test
