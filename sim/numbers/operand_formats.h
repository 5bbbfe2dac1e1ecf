#pragma once
// The formats of a machine's numbers: of what it multiplies, of its sums and of its outputs; and what each pass makes
// of them.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sim/core/types.h"
#include "sim/numbers/number_format.h"

namespace dlac {

/// Sums of integer codes, which saturate after every product.
struct integer_sum {
  std::uint32_t bits = 32;
  friend bool operator==(const integer_sum&, const integer_sum&) = default;
};

/// What products are added up in.
struct accumulator_format {
  using kinds = std::variant<ieee_float, truncated_float, integer_sum>;
  kinds kind = ieee_float::fp32;

  accumulator_format() = default;
  /// Any of them is one; implicit, as is usual for a variant.
  template <class Kind>
  requires std::is_constructible_v<kinds, Kind> accumulator_format(Kind of_this) : kind(std::move(of_this)) {}

  /// Integer sums take codes, floats take q(x).
  [[nodiscard]] bool is_integer() const { return std::holds_alternative<integer_sum>(kind); }
  /// What pointwise operations compute in: the accumulator's own named float, or else fp32.
  [[nodiscard]] ieee_float pointwise() const;

  friend bool operator==(const accumulator_format&, const accumulator_format&) = default;
};
std::uint32_t bits_of(const accumulator_format& format);
/// Its name, or else its JSON.
std::string name_of(const accumulator_format& format);

/// How a product gets into a float sum: rounded once, into it; or after the multiplication, and after the addition.
enum class product_rounding { fused, separate };
std::string_view to_string(product_rounding operation);

/// [min, max] of tensors by their names, for formats that follow from a tensor's range.
using known_ranges = std::map<std::string, value_range, std::less<>>;

struct operand_formats {
  number_format activations;
  number_format weights;  ///< of layers in full precision
  number_format ternary_weights = ternary_codes();
  number_format gradients;
  accumulator_format accumulator;
  product_rounding operation = product_rounding::fused;
  number_format output;                        ///< of the forward pass
  std::shared_ptr<const known_ranges> ranges;  ///< of activations, gradients and outputs; none: their own

  friend bool operator==(const operand_formats&, const operand_formats&) = default;
};

/// What a config, or a layer, says of its numbers; the rest is as it was.
struct given_numbers {
  std::optional<number_format> activations = {};
  std::optional<number_format> weights = {};
  std::optional<number_format> gradients = {};
  std::optional<accumulator_format> accumulator = {};
  std::optional<number_format> output = {};
  std::optional<product_rounding> operation = {};
  std::optional<std::vector<number_format>> formats = {};  ///< of a config: what layers may use beside its own
  std::optional<std::string> ranges_file = {};             ///< of a config, as it has it
  std::shared_ptr<const known_ranges> ranges = {};         ///< what is in it

  friend bool operator==(const given_numbers&, const given_numbers&) = default;
};

/// A config's numbers over those of its mode. Ternary layers keep their weights.
operand_formats with(operand_formats numbers, const given_numbers& of_config);
/// A layer's own numbers, where it has such, win over all, its weight format's included.
operand_formats with_layer(operand_formats numbers, const given_numbers* of_layer);

/// All of them the same.
operand_formats uniform_formats(ieee_float format);

/// Presets of the formats: fp32 throughout, or fp16 operands and accumulation.
enum class machine_mode { fp32_training, fp16_inference };
inline constexpr std::array machine_modes = {machine_mode::fp32_training, machine_mode::fp16_inference};
std::string_view to_string(machine_mode mode);

operand_formats formats_of(machine_mode mode);
/// Whether its machines run training passes.
bool trains(machine_mode mode);

/// The formats of one pass of a layer.
struct pass_formats {
  number_format rows = {};
  number_format columns = {};
  accumulator_format accumulator = {};
  product_rounding operation = product_rounding::fused;
  number_format output = {};
  ieee_float pointwise = ieee_float::fp32;  ///< what the epilogue computes in
  /// Whether the weights are signs whose scale, of the layer or of each filter, multiplies the finished sum.
  bool scales_sums = false;
  bool knows_ranges = false;  ///< those of outputs are known before the layer

  /// Whether codes are added up as integers, slice by slice, and only the sums of slices scaled: both operands are
  /// integers, one at least with scales of groups, and the accumulator is a float.
  [[nodiscard]] bool sums_slices() const;
  /// Whether lanes multiply codes; else q(x).
  [[nodiscard]] bool multiplies_codes() const { return accumulator.is_integer() || sums_slices(); }
  /// Of the integer that a slice is summed up in, with room for longest_slice steps.
  [[nodiscard]] std::uint32_t slice_sum_bits() const;
  /// Whether products are sums and differences, which the adders make beside the FMA units.
  [[nodiscard]] bool adds_only() const { return !needs_multiplier(rows) || !needs_multiplier(columns); }
  /// Whether the outputs leave as the epilogue's float and are converted when all of them are there.
  [[nodiscard]] bool requantises() const {
    return needs_whole_tensor(output) && !(knows_ranges && takes_range(output));
  }
  /// Of an element as it leaves the grid.
  [[nodiscard]] std::uint32_t drained_bits() const { return requantises() ? bits_of(pointwise) : bits_of(output); }
};

/// Steps of a slice, at most.
inline constexpr std::uint64_t longest_slice = std::uint64_t{1} << 20U;

/// What a slice's sum takes to get into the accumulator: a mul-add by a scale that is any float; an addition, where
/// scales are powers of two or the mantissa waits for the end; or two, of scales whose products are 1, 1.5 and 2.25
/// times such.
struct slice_scaling {
  std::uint32_t operations = 1;
  bool multiplies = false;
  bool has_mantissa = false;  ///< the finished sums are multiplied by it
};
slice_scaling slice_scaling_of(const pass_formats& formats);

/// What a layer's weights are held in.
const number_format& weights_of(const operand_formats& numbers, weight_format weights);

pass_formats formats_of(const operand_formats& numbers, pass_kind pass, weight_format weights);

/// Whether backward-data has the weights' scales multiplied into the gradients, because they run along k.
bool scales_gradients(const operand_formats& numbers, weight_format weights);

/// "found" and "expected" of a message.
struct format_misfit {
  std::string found;
  std::string expected;
};
/// Why a machine cannot compute with these, in the passes that it runs, with either weights or those of one layer.
std::optional<format_misfit> misfit_of(const operand_formats& numbers, bool trains,
                                       std::optional<weight_format> weights = {});

/// Bits of an element in queues, on buses and in multipliers: of codes with a zero point one more, because feeders
/// subtract it; of parts those of one.
std::uint32_t operand_bits(const number_format& format);
/// Of an integer code in steps of its scale, its sign included: a shift makes codes longer.
std::uint32_t code_bits(const number_format& format);

}  // namespace dlac
