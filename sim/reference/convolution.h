#pragma once
// The plain reference that the simulated values of a convolution are compared with: loops, no tiles, no skipping, no
// code of the processing elements.
//
// Contract section 8: every output starts from +0 and accumulates its products in the order k = (cin, ky, kx), kx
// fastest, with one rounding per step. All products count here, those with zero operands and the padding's as well:
// that they change nothing is what the comparison shows. Only the sign of a zero could tell: a product that underflows
// can leave -0, which a later zero product would turn into +0 if it is not skipped. So a finished accumulation of
// zero is +0 by definition, whatever was skipped.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/core/types.h"
#include "sim/numbers/operand_formats.h"

namespace dlac {

/// What the lanes multiply of a tensor: its elements, or the low and the high part of each. Of every step k's parts the
/// products are added up in the order (low, low), (low, high), (high, low), (high, high) of the row operand's and the
/// column operand's; without those of an operand that has none.
struct reference_operand {
  std::span<const float> low;  ///< or all of it
  std::span<const float> high = {};

  reference_operand(const std::vector<float>& elements) : low(elements) {}
  reference_operand(std::span<const float> elements) : low(elements) {}
  reference_operand(std::span<const float> low_parts, std::span<const float> high_parts)
      : low(low_parts), high(high_parts) {}

  [[nodiscard]] std::size_t parts() const { return high.empty() ? 1 : 2; }
  [[nodiscard]] std::span<const float> part(std::size_t index) const { return index == 0 ? low : high; }
};

/// The layer as its tensors show it. A linear layer is a 1x1 convolution on a 1x1 image.
struct reference_layer {
  pass_formats formats;
  shape_4d input;    ///< [n, cin, h, w]
  shape_4d weights;  ///< [cout, cin / groups, kh, kw]
  size_2d stride;
  padding_2d padding = {};
  std::uint32_t groups = 1;
  std::span<const float> sum_scales = {};  ///< of integer sums: one, or one a channel of the output; empty: 1
  size_2d dilation{1, 1};
  std::uint64_t* saturated = nullptr;  ///< counts integer sums that went beyond their bits, where it is asked for
};

/// [n, cout, oh, ow]. Throws simulation_error if the shapes do not fit together.
[[nodiscard]] shape_4d reference_output_shape(const reference_layer& layer);

/// The convolution, [n, cout, oh, ow], before the epilogue. Operands of fp16 are rounded to it first, of other formats
/// they are what the lanes multiply (sim/reference/held_numbers.h); every sum is held as the accumulator does. Ternary
/// weights are -1, 0 and 1. Finite operands are assumed. Throws simulation_error if an operand has not the elements of
/// its shape.
[[nodiscard]] std::vector<float> reference_convolution(const reference_layer& layer,
                                                       const reference_operand& activations,
                                                       const reference_operand& weights);

}  // namespace dlac
