#include "sim/numbers/format_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "sim/core/error.h"
#include "sim/numbers/half.h"
#include "sim/numbers/minifloat.h"

namespace dlac {
namespace {

using rows = std::vector<format_value>;

constexpr std::uint32_t most_listed_bits = 16;

std::string hex(std::uint32_t code, std::uint32_t bits) {
  return fmt::format("0x{:0{}x}", code, (bits + 3) / 4);
}

rows codes_from(std::int32_t least, std::int32_t most, const auto& value_of) {
  rows result;
  for (std::int32_t code = least; code <= most; ++code) {
    result.push_back({std::to_string(code), value_of(code)});
  }
  return result;
}

/// What a floating-point code of these bits is, NaN and infinity included.
template <class Decode>
rows floats_of(std::uint32_t bits, const Decode& decode) {
  rows result;
  for (std::uint32_t code = 0; code < (1U << bits); ++code) {
    // The code of -0 is held by nothing.
    if (const double value = decode(code); std::isfinite(value) && !(value == 0 && std::signbit(value))) {
      result.push_back({hex(code, bits), value});
    }
  }
  return result;
}

double decoded(const minifloat& format, std::uint32_t code) {
  const std::uint32_t mantissas = 1U << format.mantissa_bits;
  const std::uint32_t mantissa = code & (mantissas - 1);
  const std::uint32_t exponent = code >> format.mantissa_bits & ((1U << format.exponent_bits) - 1);
  const bool is_negative = (code >> (format.mantissa_bits + format.exponent_bits)) != 0;
  const bool is_subnormal = exponent == 0 && format.subnormals;
  const std::int64_t power = is_subnormal ? 1 - std::int64_t{format.bias} : std::int64_t{exponent} - format.bias;
  double magnitude = (is_subnormal ? mantissa : mantissas + mantissa) * power_of_2(power - format.mantissa_bits);
  if (exponent == 0 && mantissa == 0) {
    magnitude = 0;
  }
  if (magnitude > largest_of(format)) {
    return std::nan("");
  }
  return is_negative ? -magnitude : magnitude;
}

class listing {
 public:
  listing(const number_format& format, tensor_role role) : format_(format), role_(role) {}

  rows operator()(ieee_float format) const {
    switch (format) {
      case ieee_float::fp16:
        return floats_of(16, [](std::uint32_t code) { return half_to_float(static_cast<std::uint16_t>(code)); });
      case ieee_float::bf16:
        return floats_of(16, [](std::uint32_t code) { return std::bit_cast<float>(code << 16U); });
      case ieee_float::fp32:
        break;
    }
    return {};
  }
  rows operator()(const truncated_float& format) const {
    return floats_of(9 + format.mantissa_bits, [shift = 23 - format.mantissa_bits](std::uint32_t code) {
      return std::bit_cast<float>(code << shift);
    });
  }
  rows operator()(const minifloat& format) const {
    return floats_of(1 + format.exponent_bits + format.mantissa_bits,
                     [&](std::uint32_t code) { return decoded(format, code); });
  }
  rows operator()(const microscaling& format) const { return (*this)(format.element); }
  rows operator()(const ternary_codes&) const {
    return codes_from(-1, 1, [](std::int32_t code) { return double(code); });
  }
  rows operator()(const ternary_rule&) const { return (*this)(ternary_codes()); }
  rows operator()(const binary_signs&) const { return {{"-1", -1}, {"1", 1}}; }
  rows operator()(const power_of_two& format) const {
    rows result;
    for (std::int32_t k = format.max_exponent; k >= format.min_exponent; --k) {
      result.push_back({fmt::format("-2^{}", k), -power_of_2(k)});
    }
    if (format.has_zero) {
      result.push_back({"0", 0});
    }
    for (std::int32_t k = format.min_exponent; k <= format.max_exponent; ++k) {
      result.push_back({fmt::format("2^{}", k), power_of_2(k)});
    }
    return result;
  }
  rows operator()(const codebook& format) const {
    rows result;
    for (std::size_t i = 0; i < format.values.size(); ++i) {
      result.push_back({std::to_string(i), static_cast<float>(format.values[i])});
    }
    return result;
  }
  rows operator()(const dorefa& format) const {
    const std::int32_t most = (1 << format.bits) - 1;
    const bool is_weight = role_ == tensor_role::weights;
    return codes_from(0, most, [&](std::int32_t code) {
      return static_cast<float>(code * (is_weight ? 2.0 : 1.0) / most - (is_weight ? 1.0 : 0.0));
    });
  }
  rows operator()(const pact& format) const {
    const std::int32_t most = (1 << format.bits) - 1;
    return codes_from(0, most, [&](std::int32_t code) { return static_cast<float>(code * format.alpha / most); });
  }
  rows operator()(const fixed_point& format) const {
    if (!format.fraction_bits) {
      need_range();
    }
    return evenly_spaced(1U << format.bits);
  }
  rows operator()(const affine& format) const {
    need_range();
    return evenly_spaced((1U << format.bits) - (format.rule == affine_rule::absmax ? 1 : 0));
  }
  rows operator()(const grouped& format) const {
    const std::int32_t most = (1 << (format.bits - 1)) - 1;
    const double step = ends().scales.front();
    rows result = codes_from(-most, most, [&](std::int32_t code) { return static_cast<float>(code * step); });
    if (format.shift > 0) {
      const double fine = step * power_of_2(-std::int64_t{format.shift});
      for (const format_value& row : codes_from(-most, most, [&](std::int32_t code) { return code * fine; })) {
        result.push_back({row.code + " fine", row.value});
      }
    }
    return result;
  }
  rows operator()(const integer_parts& format) const {
    number_format whole = std::visit([](const auto& of) { return number_format(of); }, format.whole);
    whole.range = format_.range;
    const auto bits = std::visit([](const auto& of) { return of.bits; }, format.whole);
    const std::int32_t half = 1 << (bits / 2);
    rows result;
    for (const format_value& row : std::visit(listing(whole, role_), whole.kind)) {
      const std::int32_t code = std::stoi(row.code);
      const std::int32_t low_offset = format.split == parts_split::balanced ? half / 2 : 0;
      // floor((code + offset) / half), and what is left
      const std::int32_t high = (code + low_offset + (1 << 20)) / half - (1 << 20) / half;
      if (high < half / 2) {
        result.push_back({fmt::format("{}, {}", high, code - high * half), row.value});
      }
    }
    return result;
  }

 private:
  void need_range() const {
    if (!format_.range) {
      throw input_error("numbers table", "", name_of(format_) + ", whose values follow from a tensor",
                        "a \"range\": [min, max] beside the key");
    }
  }
  [[nodiscard]] held_tensor held_of(const number_format& format, const std::vector<float>& values) const {
    return convert(format, {"values", role_, {1, 1, 1, values.size()}, values});
  }
  /// What the format makes of a tensor whose largest magnitude is 1.
  [[nodiscard]] held_tensor ends() const { return held_of(format_, {-1, 1}); }
  /// All `count` values, in order, of a format that does not follow from the tensor: what it makes of numbers near
  /// them.
  [[nodiscard]] rows evenly_spaced(std::uint32_t count) const {
    number_format format = format_;
    format.rounds.reset();
    constexpr float most = std::numeric_limits<float>::max();
    const held_tensor ends = held_of(format, {-most, most});
    const double first = ends.values[0];
    const double step = (ends.values[1] - first) / (count - 1);
    std::vector<float> near(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      near[i] = static_cast<float>(first + i * step);
    }
    const held_tensor held = held_of(format, near);
    rows result;
    for (std::uint32_t i = 0; i < count; ++i) {
      result.push_back({std::to_string(held.codes[i]), held.values[i]});
    }
    return result;
  }

  const number_format& format_;
  tensor_role role_;
};

}  // namespace

std::vector<format_value> values_of(const number_format& format, tensor_role role) {
  if (bits_of(format) > most_listed_bits) {
    throw input_error("numbers table", "", fmt::format("{} of {} bits", name_of(format), bits_of(format)),
                      fmt::format("at most {}", most_listed_bits));
  }
  rows result = std::visit(listing(format, role), format.kind);
  std::stable_sort(result.begin(), result.end(),
                   [](const format_value& a, const format_value& b) { return a.value < b.value; });
  return result;
}

}  // namespace dlac
