#pragma once
// The zeros of a synthetic tensor that have a structure: N of M, blocks, channels. The rules are in
// synthetic_operands.h.

#include <string_view>

#include "sim/core/bits.h"
#include "sim/core/types.h"
#include "sim/workload/operand_source.h"

namespace dlac {

// Of a source with a structure; laid out as a tensor_mask.

/// [n, c, h, w]; blocks there are none.
bit_matrix structured_feature_map(const synthetic_source& source, std::string_view name, const shape_4d& shape);
/// [cout, cin / groups, kh, kw].
bit_matrix structured_weights(const synthetic_source& source, std::string_view name, const shape_4d& shape);

}  // namespace dlac
