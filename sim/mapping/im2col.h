#pragma once
// im2col on bit masks: whole rows of pixels are shifted into place, never gathered element by element.

#include <cstdint>

#include "sim/core/bits.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// Rows (cin, ky, kx) for the `channels` input channels from `first_channel` on; bits (image, oy, ox).
bit_matrix im2col_mask(const layer& l, const feature_map_mask& activations, std::uint32_t first_channel,
                       std::uint32_t channels);

/// Rows [first, first + count) of `matrix` become the columns of the result.
bit_matrix transpose(const bit_matrix& matrix, std::uint64_t first, std::uint64_t count);

}  // namespace dlac
