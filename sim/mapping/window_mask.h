#pragma once
// The row operand of a mmOp as a bit mask: whole rows of pixels are shifted into place, never gathered one by one.

#include <cstdint>

#include "sim/core/bits.h"
#include "sim/mapping/row_window.h"
#include "sim/workload/operands.h"

namespace dlac {

/// Rows (channel, y offset, x offset) of the window's channels; bits (image, p, q). `source` has the window's shape.
bit_matrix window_mask(const row_window& window, const tensor_mask& source);

}  // namespace dlac
