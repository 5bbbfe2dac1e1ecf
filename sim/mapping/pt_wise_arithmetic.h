#pragma once
// The pointwise instruction <op, val1, val2, val3> on one output (contract sections 6 and 8).

#include "sim/core/types.h"
#include "sim/mapping/values.h"

namespace dlac {

/// The instruction's result, rounded once, to `format`.
float apply_pt_wise_op(pt_wise_kind op, ieee_float format, const pt_wise_operands& operands);

}  // namespace dlac
