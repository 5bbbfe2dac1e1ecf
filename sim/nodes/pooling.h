#pragma once
// The pixels under the windows of pooling.

#include <algorithm>
#include <cstdint>

#include "sim/nodes/map_shape.h"

namespace dlac {

/// One side of a window: pixels first, first + step, ... before end.
struct window_side {
  std::int64_t first = 0;
  std::int64_t end = 0;
  std::int64_t step = 1;
  std::int64_t padded = 0;  ///< positions with those of the padding
};

inline window_side side_of_window(std::uint64_t window, std::uint64_t side, std::uint64_t before, std::uint64_t after,
                                  std::uint64_t kernel, std::uint64_t stride, std::uint64_t dilation) {
  const auto length = static_cast<std::int64_t>(side);
  const auto step = static_cast<std::int64_t>(dilation);
  const auto begin = static_cast<std::int64_t>(window * stride) - static_cast<std::int64_t>(before);
  const auto end = begin + static_cast<std::int64_t>(dilation * (kernel - 1)) + 1;
  const auto last = std::min(end, length + static_cast<std::int64_t>(after));
  const auto skipped = begin < 0 ? (-begin + step - 1) / step : 0;
  return {begin + skipped * step, std::min(end, length), step, (last - begin + step - 1) / step};
}

/// take(plane, rows, columns) for every window of every plane, in the order of the outputs.
template <class Take>
void for_each_window(const pool_window& window, size_2d size, std::uint64_t planes, const Take& take) {
  const size_2d pooled = pooled_size(window, size);
  const size_2d stride = stride_of(window);
  for (std::uint64_t plane = 0; plane < planes; ++plane) {
    for (std::uint64_t y = 0; y < pooled.h; ++y) {
      const window_side rows = side_of_window(y, size.h, window.padding.top, window.padding.bottom, window.kernel.h,
                                              stride.h, window.dilation.h);
      for (std::uint64_t x = 0; x < pooled.w; ++x) {
        take(plane, rows,
             side_of_window(x, size.w, window.padding.left, window.padding.right, window.kernel.w, stride.w,
                            window.dilation.w));
      }
    }
  }
}

}  // namespace dlac
