#pragma once
// The plain reference of sums of codes whose scales change along the sum: within a slice, where they do not, codes are
// added up as whole numbers, and the sum of each slice times its two scales goes into the accumulator like a product
// (docs/numbers.md). Codes are wholes here, whether the machine multiplies them in parts or not: nothing is rounded
// within a slice, so that this, too, is a check.

#include <optional>
#include <span>
#include <vector>

#include "sim/reference/convolution.h"

namespace dlac {

/// Codes of a tensor, and the scales of its groups in the order of their first elements: one, one for each n, or one
/// for each [n, c].
struct reference_codes {
  std::span<const float> codes;
  std::span<const float> scales;       ///< empty: 1
  std::optional<float> mantissa = {};  ///< that all scales have: it multiplies the finished sum instead
};

/// Its scales, without the mantissa that all have.
[[nodiscard]] std::vector<float> scales_in_sums(const reference_codes& operand);

/// Outputs from sums of slices: times the operands' mantissas, rounded once to `pointwise`.
[[nodiscard]] std::vector<float> finished_slices(std::vector<float> sums, const reference_codes& rows,
                                                 const reference_codes& columns, ieee_float pointwise);

/// The outputs of the passes before their pointwise operations, in the layouts of convolution.h and backward.h. The
/// layer's accumulator is a float.
[[nodiscard]] std::vector<float> reference_slices_forward(const reference_layer& layer,
                                                          const reference_codes& activations,
                                                          const reference_codes& weights);
[[nodiscard]] std::vector<float> reference_slices_backward_data(const reference_layer& layer,
                                                                const reference_codes& gradients,
                                                                const reference_codes& weights);
[[nodiscard]] std::vector<float> reference_slices_backward_weight(const reference_layer& layer,
                                                                  const reference_codes& activations,
                                                                  const reference_codes& gradients);

}  // namespace dlac
