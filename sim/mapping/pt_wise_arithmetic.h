#pragma once
// The pointwise instruction <op, val1, val2, val3> on one output (contract sections 6 and 8).

#include <span>

#include "sim/core/types.h"
#include "sim/mapping/values.h"

namespace dlac {

/// The instruction's result, rounded once, to `format`.
float apply_pt_wise_op(pt_wise_kind op, ieee_float format, const pt_wise_operands& operands);

/// The same on many outputs, each of which is val1: `operands` has the other two, which are the same for all. Not for
/// select, whose val1 is a condition.
void apply_pt_wise_op(pt_wise_kind op, ieee_float format, const pt_wise_operands& operands, std::span<float> outputs);

}  // namespace dlac
