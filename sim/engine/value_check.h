#pragma once
// Holds a layer's simulated output against the plain reference, bit by bit, and in fp32 against what the trained
// network itself recorded.

#include "sim/mapping/values.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// Throws simulation_error naming the layer, the pass, the place and both values.
void check_values(const layer& l, pass_kind pass, const layer_values& values, const operand_provider& operands);

}  // namespace dlac
