#pragma once
// Formats whose elements are integers with a scale: fixed point, affine, grouped.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sim/numbers/number_format.h"
#include "sim/numbers/rounding.h"
#include "sim/numbers/tensor_conversion.h"

namespace dlac {

/// `use` of the rule's rounding, its noise being the tensor's in its pass.
template <class Use>
auto with_rounding(const rounding_rule& rule, const source_tensor& tensor, const Use& use) {
  switch (rule.kind) {
    case rounding::nearest_away:
      return use(to_nearest_away());
    case rounding::toward_zero:
      return use(to_zero());
    case rounding::stochastic:
      return use(by_chance{element_noise(rule.seed, tensor.name, 0, 0, static_cast<std::uint32_t>(tensor.pass))});
    case rounding::nearest_even:
      break;
  }
  return use(to_nearest_even());
}

/// Of the range, or of the elements where there is none.
float largest_magnitude(const std::optional<value_range>& range, std::span<const float> values);

/// How many elements share a scale: those of a filter, or all.
std::size_t sharing_elements(const source_tensor& tensor, bool per_filter);

held_tensor convert_fixed(const source_tensor& tensor, const fixed_point& format,
                          const std::optional<value_range>& range, const rounding_rule& rounds);

held_tensor convert_affine(const source_tensor& tensor, const affine& format, const std::optional<value_range>& range,
                           const rounding_rule& rounds);

held_tensor convert_grouped(const source_tensor& tensor, const grouped& format, const rounding_rule& rounds);

/// Codes of `bits` bits in two signed parts: the largest is that of the largest of both.
void keep_what_parts_hold(held_tensor& held, std::uint32_t bits);

}  // namespace dlac
