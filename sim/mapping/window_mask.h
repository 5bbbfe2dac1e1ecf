#pragma once
// The row operand of a mmOp as a bit mask: whole rows of pixels are shifted into place, never gathered one by one.

#include <memory>

#include "sim/core/bits.h"
#include "sim/mapping/row_window.h"
#include "sim/workload/operands.h"

namespace dlac {

/// Makes masks of windows; what does not change from group to group, those that differ in their first channel alone, is
/// kept.
class window_view {
 public:
  window_view();
  ~window_view();

  /// As window_mask().
  [[nodiscard]] bit_matrix mask(const row_window& window, const tensor_mask& source);

 private:
  class plan;
  std::unique_ptr<plan> plan_;  ///< of the last window
};

/// Rows (channel, y offset, x offset) of the window's channels; bits (image, p, q). `source` has the window's shape.
bit_matrix window_mask(const row_window& window, const tensor_mask& source);

}  // namespace dlac
