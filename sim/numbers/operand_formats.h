#pragma once
// The formats of a machine's numbers: of what it multiplies, of its sums and of its outputs; and what each pass makes
// of them.

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/core/types.h"
#include "sim/numbers/number_format.h"

namespace dlac {

struct operand_formats {
  number_format activations;
  number_format weights;  ///< of layers in full precision
  number_format gradients;
  ieee_float accumulator = ieee_float::fp32;  ///< of the pointwise operations, too
  number_format output;                       ///< of the forward pass

  friend bool operator==(const operand_formats&, const operand_formats&) = default;
};

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
  number_format rows;
  number_format columns;
  ieee_float accumulator = ieee_float::fp32;
  number_format output;

  /// Whether products are sums and differences, which the adders make beside the FMA units.
  [[nodiscard]] bool adds_only() const { return !needs_multiplier(rows) || !needs_multiplier(columns); }
};

/// What a layer's weights are held in.
number_format weights_of(const operand_formats& numbers, weight_format weights);

pass_formats formats_of(const operand_formats& numbers, pass_kind pass, weight_format weights);

/// Bits of the widest operand of a row and of a column, over all passes and layers: what queues and buses are built
/// for.
std::uint32_t row_operand_bits(const operand_formats& numbers);
std::uint32_t column_operand_bits(const operand_formats& numbers);

}  // namespace dlac
