#pragma once
// Number formats: what one element of an operand, of a sum or of an output is made of. Whatever depends on it (bytes,
// lanes, area, energy, arithmetic, the range of a trace's values) asks the format.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace dlac {

/// IEEE 754 binary floating point, known by its name: nearest even, with subnormals.
enum class ieee_float { fp32, fp16 };
inline constexpr std::array ieee_floats = {ieee_float::fp32, ieee_float::fp16};

/// -1, 0 and +1: a sign and whether there is one.
struct ternary_codes {
  friend bool operator==(const ternary_codes&, const ternary_codes&) = default;
};

using number_format = std::variant<ieee_float, ternary_codes>;

std::string_view to_string(ieee_float format);  ///< "fp32"
std::string_view name_of(const number_format& format);

/// Bits of an element, in buffers and off chip.
std::uint32_t bits_of(ieee_float format);
std::uint32_t bits_of(const number_format& format);

bool is_ternary(const number_format& format);

/// Whether a product with such an element takes a multiplier, or only an adder.
bool needs_multiplier(const number_format& format);

/// Whether a value of this magnitude is held as a finite number. In fp16 that ends at 65520, half a unit above the
/// largest half. No format holds a NaN.
bool is_in_range(float magnitude, const number_format& format);

/// Replaces every value by what the format holds of it. Values of ternary operands are codes already.
void quantise(const number_format& format, std::span<float> values);

/// The value of `format` nearest to `x`, in one rounding.
float rounded(ieee_float format, double x);

}  // namespace dlac
