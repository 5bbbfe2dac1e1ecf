#pragma once
// The pointwise operations after a layer (struct pt_wise_op), as the reference computes them: each rounds once, to the
// accumulator's named float or fp32, and mul-add is fused. Every operand is rounded to that format first; a threshold
// goes there from double in one rounding.

#include <span>
#include <vector>

#include "sim/numbers/number_format.h"
#include "sim/workload/network.h"

namespace dlac {

/// Applies the epilogue of `l` in place to its output [n, cout, oh, ow]. `scale` and `bias` hold one value per output
/// channel, and are empty where no operation reads them; `tensors` holds, at the place of each operation that names a
/// tensor, that in layer::operand_shape(), and anything (or nothing) at those of the others.
/// `sign_scales`, one or one a channel, are of weights that are signs: they multiply the scale of a mul-add that the
/// epilogue begins with, or else the sums, in a mul-add (scale, 0) before it.
/// Throws simulation_error if an operand is missing or has not the elements that it should.
void apply_reference_epilogue(const layer& l, ieee_float format, std::span<float> output, std::span<const float> scale,
                              std::span<const float> bias, std::span<const std::vector<float>> tensors,
                              std::span<const float> sign_scales = {});

/// x * scale + 0 of sums whose channel the scale is of, rounded once.
void apply_reference_sign_scales(ieee_float format, std::span<float> sums, std::span<const float> sign_scales,
                                 std::size_t channels, std::size_t pixels);

}  // namespace dlac
