#pragma once
// Number formats: what one element of an operand, of a sum or of an output is made of. A format is a value; what it
// makes of a tensor is in tensor_conversion.h, how a file tells it in number_format_json.h, and where each rule comes
// from in docs/numbers.md.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sim/core/error.h"

namespace dlac {

/// IEEE 754 binary floating point, known by its name: nearest even, with subnormals.
/// bf16 is the upper half of an fp32.
enum class ieee_float { fp32, fp16, bf16 };
inline constexpr std::array ieee_floats = {ieee_float::fp32, ieee_float::fp16, ieee_float::bf16};

/// -1, 0 and +1, as they stand: a sign and whether there is one.
struct ternary_codes {
  friend bool operator==(const ternary_codes&, const ternary_codes&) = default;
};

/// What the codes of the largest exponent are: all of them numbers; but one, a NaN, a sign; or infinity and NaNs.
enum class special_codes { none, nan, ieee };

/// Floating point of any widths.
struct minifloat {
  std::uint32_t exponent_bits = 4;
  std::uint32_t mantissa_bits = 3;
  std::int32_t bias = 7;
  bool subnormals = true;
  special_codes specials = special_codes::none;
  bool saturate = true;  ///< what rounds beyond the largest number becomes it; else it is no number of the format
  friend bool operator==(const minifloat&, const minifloat&) = default;
};

/// code * 2^-fraction_bits; without fraction bits they follow from the tensor's largest magnitude (dynamic fixed
/// point).
struct fixed_point {
  std::uint32_t bits = 8;
  std::optional<std::int32_t> fraction_bits = {};
  bool is_signed = true;
  friend bool operator==(const fixed_point&, const fixed_point&) = default;
};

/// scale * (code - zero point), by the rules of gemmlowp, of the largest magnitude, and of TensorFlow's two modes.
enum class affine_rule { gemmlowp, absmax, tf_min_first, tf_min_combined };
struct affine {
  std::uint32_t bits = 8;
  affine_rule rule = affine_rule::gemmlowp;
  bool per_filter = false;  ///< of absmax: a scale for each n of [n, c, h, w]
  friend bool operator==(const affine&, const affine&) = default;
};

/// A sign and an exponent.
struct power_of_two {
  std::int32_t min_exponent = -8;
  std::int32_t max_exponent = -1;
  bool has_zero = true;
  friend bool operator==(const power_of_two&, const power_of_two&) = default;
};

/// -1, 0 and +1 made of numbers: 0 up to threshold * mean magnitude, above it the sign.
struct ternary_rule {
  double threshold = 0.7;
  bool per_filter = false;
  bool scales_by_mean = true;  ///< by the mean magnitude of what is kept; else by 1
  friend bool operator==(const ternary_rule&, const ternary_rule&) = default;
};

/// Signs. 0 counts as +.
struct binary_signs {
  bool scales_by_mean = true;  ///< by the mean magnitude of the filter; else by 1
  friend bool operator==(const binary_signs&, const binary_signs&) = default;
};

/// fp32 without its lowest mantissa bits.
struct truncated_float {
  std::uint32_t mantissa_bits = 7;
  friend bool operator==(const truncated_float&, const truncated_float&) = default;
};

/// The nearest of a list of values, which are ordered and distinct; of two as near the smaller magnitude.
struct codebook {
  std::vector<double> values = {};
  bool scales_by_largest = false;  ///< values are shares of the tensor's largest magnitude
  friend bool operator==(const codebook&, const codebook&) = default;
};

/// Weights by their tanh, activations clamped to [0, 1].
struct dorefa {
  std::uint32_t bits = 8;
  friend bool operator==(const dorefa&, const dorefa&) = default;
};

/// Clamped to [0, alpha].
struct pact {
  std::uint32_t bits = 8;
  double alpha = 6;
  friend bool operator==(const pact&, const pact&) = default;
};

/// Integers with a scale for each group of elements: the tensor, or a slice [n, c].
enum class group_kind { tensor, slice };
enum class group_scale { real, power, same_mantissa, simple_mantissa };
struct grouped {
  std::uint32_t bits = 8;
  group_kind group = group_kind::slice;
  group_scale scale = group_scale::power;
  std::uint32_t shift = 0;  ///< elements below the scale * 2^-shift have steps as much finer; 0: none
  friend bool operator==(const grouped&, const grouped&) = default;
};

/// Microscaling: `block` channels share a power of two.
struct microscaling {
  minifloat element;
  std::uint32_t block = 32;
  friend bool operator==(const microscaling&, const microscaling&) = default;
};

/// An integer format of an even number of bits whose codes are two of half the bits: high * 2^h + low.
enum class parts_split { balanced, floor };
struct integer_parts {
  std::variant<fixed_point, affine, grouped> whole;
  parts_split split = parts_split::balanced;  ///< the low part is signed, or it is not
  friend bool operator==(const integer_parts&, const integer_parts&) = default;
};

enum class rounding { nearest_even, nearest_away, toward_zero, stochastic };

struct rounding_rule {
  rounding kind = rounding::nearest_even;
  std::uint64_t seed = 0;  ///< of stochastic
  friend bool operator==(const rounding_rule&, const rounding_rule&) = default;
};

struct value_range {
  float min = 0;
  float max = 0;
  friend bool operator==(const value_range&, const value_range&) = default;
};

struct number_format {
  using kinds =
      std::variant<ieee_float, ternary_codes, minifloat, fixed_point, affine, power_of_two, ternary_rule, binary_signs,
                   truncated_float, codebook, dorefa, pact, grouped, microscaling, integer_parts>;

  kinds kind = ieee_float::fp32;
  std::optional<rounding_rule> rounds = {};  ///< none: as the format does by itself
  std::optional<value_range> range = {};     ///< in place of the tensor's own

  number_format() = default;
  /// Any of them is a format; implicit, as is usual for a variant.
  template <class Kind>
  requires std::is_constructible_v<kinds, Kind> number_format(Kind of_this) : kind(std::move(of_this)) {}

  friend bool operator==(const number_format&, const number_format&) = default;
};

/// The names that stand for a format, in the order in which they are listed: "fp32", "fp8-e4m3", "ternary".
const std::vector<std::pair<std::string_view, number_format>>& named_formats();

/// The one that stands for this format, if one does.
std::optional<std::string_view> given_name(const number_format& format);

std::string_view to_string(ieee_float format);
/// Its name, or else its JSON.
std::string name_of(const number_format& format);

/// Bits of an element, in buffers and off chip.
std::uint32_t bits_of(ieee_float format);
std::uint32_t bits_of(const number_format& format);

bool is_ternary(const number_format& format);
bool is_float(const number_format& format, ieee_float of_name);

/// Whether a product with such an element takes a multiplier, or only an adder and a shifter.
bool needs_multiplier(const number_format& format);

/// Whether an element is an integer code with a scale (and a zero point) of its tensor or filter, or signs.
bool is_integer(const number_format& format);
/// Whether it is integers, or parts of such, with scales of groups.
bool is_grouped(const number_format& format);
/// Whether an element is two parts, which are multiplied one after the other.
bool has_parts(const number_format& format);
/// Whether it is signs whose mean scale is kept apart from them: ternary and binary weights.
bool has_sign_scale(const number_format& format);
/// Whether each filter has a scale of its own.
bool scales_filters(const number_format& format);
/// Whether a small number other than zero may be held as zero, or zero as another: the zeros that are skipped are then
/// known from the values only. Of the floats known by name the stored number counts.
bool changes_zeros(const number_format& format);
/// Whether what becomes of an element hangs on others of its tensor: on its range, its mean, its group.
bool needs_whole_tensor(const number_format& format);

/// The rounding that a format has where none is said.
rounding_rule rounding_of(const number_format& format);

/// Whether the rounding can be chosen; of the others the rule itself says what becomes of a number.
bool takes_rounding(const number_format& format);
/// Whether it depends on the smallest and the largest value of the tensor.
bool takes_range(const number_format& format);

/// The largest number of a floating-point format.
double largest_of(const minifloat& format);

/// Whether a value of this magnitude is held as a finite number. In fp16 that ends at 65520, half a unit above the
/// largest half. No format holds a NaN.
bool is_in_range(float magnitude, const number_format& format);

/// The error of a value that is not, at `where` in `file`; `why` follows the format's name.
input_error not_held(std::string_view file, std::string_view where, float value, const number_format& format,
                     std::string_view why = "");

/// Replaces every value by what a float holds of it; values of ternary operands are codes already. Other formats depend
/// on the tensor: see tensor_conversion.h.
void quantise(const number_format& format, std::span<float> values);

/// The value of `format` nearest to `x`, in one rounding.
float rounded(ieee_float format, double x);

/// For visitors of variants.
template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;

}  // namespace dlac
