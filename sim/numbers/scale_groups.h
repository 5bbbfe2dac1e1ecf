#pragma once
// Which elements of a tensor share a scale, where scales are told apart by place: what travels with a chunk beside its
// elements, and where a sum of codes has to be scaled before it goes on (docs/numbers.md).

#include <cstdint>

#include "sim/core/types.h"
#include "sim/numbers/number_format.h"

namespace dlac {

/// What has one scale: the tensor [n, c, h, w]; each n; each [n, c]; or a block of channels of one pixel.
enum class scale_sharing { tensor, filter, plane, channel_block };

struct scale_groups {
  scale_sharing sharing = scale_sharing::tensor;
  std::uint32_t block = 1;  ///< channels of a channel block
  /// Of a scale that travels with its elements. 0: it stays in a register, as those of a tensor and of a filter do.
  std::uint32_t bits = 0;
};

/// Of a tensor whose planes [n, c] have so many elements. A slice of one element is all channels of its n.
scale_groups groups_of(const number_format& format, std::uint64_t plane_elements);

/// Of all scales of a tensor of this shape, and of a zero point beside them.
std::uint64_t scale_bits(const number_format& format, const shape_4d& shape);

/// Blocks of `block` neighbours that a run of channels touches.
constexpr std::uint64_t touched_blocks(std::uint64_t first, std::uint64_t channels, std::uint64_t block) {
  return channels == 0 ? 0 : (first + channels - 1) / block - first / block + 1;
}

}  // namespace dlac
