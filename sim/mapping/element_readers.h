#pragma once
// Which number of a tensor is element (m, k) of a mmOp's row operand, and element (k, n) of its column operand.

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "sim/mapping/pass_shapes.h"

namespace dlac {

/// Row operands: what position (image, p, q) sees through an offset; zero outside the source.
class window_reader {
 public:
  explicit window_reader(const row_window& window) : window_(window) {}

  struct position {
    std::uint64_t image = 0;
    std::uint64_t top = 0;
    std::uint64_t left = 0;
  };
  [[nodiscard]] position at(std::uint64_t index) const {
    const auto row = index / window_.positions.w;
    return {window_.first_image() + row / window_.positions.h, row % window_.positions.h * window_.stride.h,
            index % window_.positions.w * window_.stride.w};
  }
  // Above or left of the source the sums wrap round to huge numbers: outside as well.

  /// The pixels of a row of the source; nullptr outside. `channel` counts within the window.
  [[nodiscard]] const float* row(const std::vector<float>& source, const position& place, std::uint64_t channel,
                                 std::int64_t y_offset) const {
    const auto y = place.top + static_cast<std::uint64_t>(y_offset);
    return y < window_.source.h ? source.data() + (plane(place, channel) * window_.source.h + y) * window_.source.w
                                : nullptr;
  }
  [[nodiscard]] float pixel(const float* row, const position& place, std::int64_t x_offset) const {
    const auto x = place.left + static_cast<std::uint64_t>(x_offset);
    return row != nullptr && x < window_.source.w ? row[x] : 0.0F;
  }
  /// The channel's number among those of all images.
  [[nodiscard]] std::uint64_t plane(const position& place, std::uint64_t channel) const {
    return place.image * window_.source.c + window_.first_channel + channel;
  }

 private:
  const row_window& window_;
};

/// Column operands: where element (k, n) stands in its tensor (column_order).
class column_reader {
 public:
  explicit column_reader(const mm_op_shape& shape)
      : order_(shape.order),
        plane_(shape.column_plane),
        first_image_(shape.window.first_image()),
        first_(shape.first_column()),
        places_(shape.kernel_places()) {
    const layer& l = *shape.of;
    const bool are_weights = shape.columns == tensor_role::weights && !l.is_matmul();
    channels_ = are_weights                               ? l.in_channels / l.groups
                : shape.columns == tensor_role::gradients ? l.out_channels
                                                          : l.in_channels;
    if (shape.order == column_order::transposed_filters) {
      first_ = std::uint64_t{shape.group} * (l.out_channels / l.groups);
    }
  }

  /// The plane [n, c], of all of the tensor's.
  [[nodiscard]] std::uint64_t plane(std::uint64_t k, std::uint64_t n) const {
    switch (order_) {
      case column_order::filters:
        return (first_ + n) * channels_ + k / places_.size();
      case column_order::transposed_filters:
        return (first_ + k / places_.size()) * channels_ + n;
      case column_order::pixels:
        return (first_image_ + k / plane_) * channels_ + first_ + n;
      case column_order::channels:
        return first_image_ * channels_ + k;
    }
    throw std::logic_error("no such column_order");
  }
  /// Steps of k that follow each other within a plane, and where in it column n of the `i`-th of them stands.
  [[nodiscard]] std::uint64_t steps_of_a_plane() const {
    return order_ == column_order::channels ? 1 : order_ == column_order::pixels ? plane_ : places_.size();
  }
  [[nodiscard]] std::uint64_t place(std::uint64_t i) const { return places_.empty() ? i : places_[i]; }
  /// Where the plane of step k, the first in it, begins for column n; of `channels` column n itself.
  [[nodiscard]] std::uint64_t plane_start(std::uint64_t k, std::uint64_t n) const {
    return plane(k, n) * plane_ + (order_ == column_order::channels ? n : 0);
  }
  /// From one column to the next.
  [[nodiscard]] std::uint64_t step() const {
    switch (order_) {
      case column_order::filters:
        return channels_ * plane_;
      case column_order::transposed_filters:
      case column_order::pixels:
        return plane_;
      case column_order::channels:
        return 1;
    }
    throw std::logic_error("no such column_order");
  }

 private:
  column_order order_;
  std::uint64_t plane_;
  std::uint64_t first_image_;
  std::uint64_t first_;     ///< filter or channel of the group
  std::uint64_t channels_;  ///< planes of an n
  std::vector<std::uint64_t> places_;
};

}  // namespace dlac
