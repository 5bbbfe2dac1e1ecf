#pragma once
// The pointwise operations after a layer (struct pt_wise_op), as the reference computes them: each rounds once, to the
// accumulator's format, and mul-add is fused. Every operand is rounded to that format first; a threshold goes there
// from double in one rounding.

#include <span>
#include <vector>

#include "sim/numbers/number_format.h"
#include "sim/workload/network.h"

namespace dlac {

/// Applies the epilogue of `l` in place to its output [n, cout, oh, ow]. `scale` and `bias` hold one value per output
/// channel, and are empty where no operation reads them; `streamed` holds, at the place of each operation with a
/// feature-map operand, that tensor in the output's shape, and anything (or nothing) at those of the others.
/// Throws simulation_error if an operand is missing or has not the elements that it should.
void apply_reference_epilogue(const layer& l, ieee_float accumulator, std::span<float> output,
                              std::span<const float> scale, std::span<const float> bias,
                              std::span<const std::vector<float>> streamed);

}  // namespace dlac
