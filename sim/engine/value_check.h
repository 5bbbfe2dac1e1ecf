#pragma once
// Holds a layer's simulated output against the plain reference, bit by bit, and against what the trained network itself
// recorded, within the tolerance of the machine's format.

#include <cstdint>
#include <vector>

#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// What came out of the machine.
struct simulated_outputs {
  const std::vector<float>& values;  ///< in the output's format
  std::uint64_t unreached = 0;       ///< that no mmOp made: not compared
  std::uint64_t saturated_sums = 0;
  bool are_all_computed = true;  ///< else those that ReLU's derivative zeroes were left out, and so were their sums
};

/// `simulated` is of a pass of `l`, a layer of `net`. Adds to `checked` what was compared, and the numbers that
/// overflowed on the way: an accumulator that is infinite or NaN at the end of its sum, or a result that is. Throws
/// simulation_error naming the layer, the pass, the place and both values.
void check_values(const network& net, const layer& l, pass_kind pass, const simulated_outputs& simulated,
                  const operand_provider& operands, checked_numbers& checked);

/// The forward pass of a layer by the reference alone, in the output's format; compared with what the network recorded,
/// but held against nothing.
std::vector<float> reference_output(const network& net, const layer& l, const operand_provider& operands,
                                    checked_numbers& checked);

/// What the epilogue of a layer makes of sums that are 0, in the epilogue's float.
std::vector<float> epilogue_of_zeros(const network& net, const layer& l, const pass_formats& formats,
                                     const operand_provider& operands);

}  // namespace dlac
