#pragma once
// How a mmOp reads the feature map behind its row operand: position (image, p, q) and offset (dy, dx) meet source pixel
// (p * stride.h + dy, q * stride.w + dx); outside the feature map that is padding. In the forward pass the source are
// the activations and the offsets kernel positions less padding; in backward-data the source is the gradient of the
// outputs, the stride 1 and the offsets those of one phase; backward-weight reads the forward pass's window the other
// way round.

#include <cstdint>
#include <vector>

#include "sim/core/types.h"

namespace dlac {

struct row_window {
  shape_4d source;                  ///< [n, c, h, w]
  std::uint32_t first_channel = 0;  ///< the group's channels of the source
  std::uint32_t channels = 0;
  size_2d positions;  ///< P x Q
  size_2d stride;
  std::vector<std::int64_t> y_offsets;
  std::vector<std::int64_t> x_offsets;

  [[nodiscard]] std::uint64_t images() const { return source.n; }
  [[nodiscard]] std::uint64_t offsets() const { return y_offsets.size() * x_offsets.size(); }
  [[nodiscard]] std::uint64_t all_positions() const { return images() * positions.h * positions.w; }
};

}  // namespace dlac
