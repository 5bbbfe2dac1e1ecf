#pragma once
// Formats whose elements are integers with a scale: fixed point, affine, grouped.

#include <cstdint>
#include <optional>

#include "sim/numbers/number_format.h"
#include "sim/numbers/tensor_conversion.h"

namespace dlac {

/// Codes of one power of two.
struct code_range {
  std::int32_t exponent = 0;  ///< a step is 2^exponent
  std::int32_t least = 0;
  std::int32_t most = 0;
};

/// `range` in place of the tensor's own values, which `largest` of the tensor otherwise stands for.
struct fixed_codes {
  fixed_codes(const fixed_point& of_format, tensor_role of_role, const std::optional<value_range>& of_range)
      : format(of_format), role(of_role), range(of_range) {}
  [[nodiscard]] code_range codes_for(float largest) const;

  fixed_point format;
  tensor_role role;
  std::optional<value_range> range;
};

held_tensor convert_codes(const source_tensor& tensor, const fixed_codes& codes, const rounding_rule& rounds);

held_tensor convert_affine(const source_tensor& tensor, const affine& format, const std::optional<value_range>& range,
                           const rounding_rule& rounds);

held_tensor convert_grouped(const source_tensor& tensor, const grouped& format, const rounding_rule& rounds);

/// Codes of `bits` bits in two signed parts: the largest is that of the largest of both.
void keep_what_parts_hold(held_tensor& held, std::uint32_t bits);

}  // namespace dlac
