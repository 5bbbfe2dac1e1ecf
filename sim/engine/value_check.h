#pragma once
// Holds a layer's simulated output against the plain reference, bit by bit, and against what the trained network itself
// recorded, within the tolerance of the machine's format.

#include <vector>

#include "sim/numbers/operand_formats.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// `output` is that of a pass of `l`, a layer of `net`. Adds to `checked` what was compared, and the numbers that
/// overflowed on the way: an accumulator that is infinite or NaN at the end of its sum, or a result that is. Throws
/// simulation_error naming the layer, the pass, the place and both values.
void check_values(const network& net, const layer& l, pass_kind pass, const operand_formats& numbers,
                  const std::vector<float>& output, const operand_provider& operands, checked_numbers& checked);

}  // namespace dlac
