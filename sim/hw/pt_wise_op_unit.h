#pragma once
// The pointwise instruction <op, val1, val2, val3> on one output (contract sections 6 and 8).

#include <cstddef>
#include <cstdint>

#include "sim/mapping/values.h"

namespace dlac::hw {

/// Applies operation `op` of the epilogue to output (m, n), whose accumulator holds `x`; rounded once.
float apply_pt_wise_op(const mm_op_values& values, std::size_t op, std::uint64_t m, std::uint64_t n, float x);

}  // namespace dlac::hw
