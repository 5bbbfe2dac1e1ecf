#pragma once
// The pointwise operations after a layer (struct pt_wise_op), as the reference computes them: each rounds once, to the
// mode's float, and mul-add is fused. In fp16 mode every operand is rounded to half first; a threshold goes from
// double to the mode's float in one rounding.

#include <span>
#include <vector>

#include "sim/core/types.h"
#include "sim/workload/network.h"

namespace dlac {

/// Applies the epilogue of `l` in place to its output [n, cout, oh, ow]. `scale` and `bias` hold one value per output
/// channel, and are empty where no operation reads them; `streamed` holds, at the place of each operation with a
/// feature-map operand, that tensor in the output's shape, and anything (or nothing) at those of the others.
/// Throws simulation_error if an operand is missing or has not the elements that it should.
void apply_reference_epilogue(const layer& l, machine_mode mode, std::span<float> output, std::span<const float> scale,
                              std::span<const float> bias, std::span<const std::vector<float>> streamed);

}  // namespace dlac
