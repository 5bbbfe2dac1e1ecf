#pragma once
// How a mmOp reads the feature map behind its row operand: position (image, p, q) and offset (dy, dx) meet source pixel
// (p * stride.h + dy, q * stride.w + dx); outside the feature map that is padding. In the forward pass the source are
// the activations and the offsets kernel positions, dilated, less padding; in backward-data the source is the gradient
// of the outputs, the stride 1 and the offsets those of one phase; backward-weight reads the forward pass's window the
// other way round. A transposed convolution has it forwards as backward-data has here, and backwards as the forward
// pass.

#include <cstdint>
#include <optional>

#include "sim/core/shared_list.h"
#include "sim/core/types.h"

namespace dlac {

struct row_window {
  shape_4d source;                  ///< [n, c, h, w]
  std::uint32_t first_channel = 0;  ///< the group's channels of the source
  std::uint32_t channels = 0;
  size_2d positions;  ///< P x Q
  size_2d stride;
  shared_list<std::int64_t> y_offsets;
  shared_list<std::int64_t> x_offsets;
  std::optional<std::uint64_t> only_image = {};  ///< of a matmul, whose images have columns of their own

  [[nodiscard]] std::uint64_t images() const { return only_image ? 1 : source.n; }
  [[nodiscard]] std::uint64_t first_image() const { return only_image.value_or(0); }
  [[nodiscard]] std::uint64_t offsets() const { return y_offsets.size() * x_offsets.size(); }
  /// Where row y of channel c of the source begins in its image.
  [[nodiscard]] std::uint64_t first_pixel(std::uint64_t c, std::uint64_t y) const {
    return (c * source.h + y) * source.w;
  }
  [[nodiscard]] std::uint64_t all_positions() const { return images() * positions.h * positions.w; }
};

}  // namespace dlac
