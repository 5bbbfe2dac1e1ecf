#include "sim/mapping/chunk_meter.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

namespace dlac {
namespace {

/// Sets the bits of source columns that positions [first, last] of a row reach, through any offset.
void touch_columns(std::span<std::uint64_t> row, const row_window& window, std::uint64_t first, std::uint64_t last) {
  const std::int64_t stride = window.stride.w;
  const auto width = static_cast<std::int64_t>(window.source.w);
  for (const auto offset : window.x_offsets) {
    const auto begin = static_cast<std::int64_t>(first) * stride + offset;
    const auto end = std::min(static_cast<std::int64_t>(last) * stride + offset + 1, width);
    if (stride == 1) {
      set_bits(row, static_cast<std::uint64_t>(std::max<std::int64_t>(begin, 0)),
               static_cast<std::uint64_t>(std::max<std::int64_t>(end, 0)));
      continue;
    }
    for (auto x = begin; x < end; x += stride) {
      if (x >= 0) {
        const auto column = static_cast<std::uint64_t>(x);
        row[column / bits_per_word] |= std::uint64_t{1} << (column % bits_per_word);
      }
    }
  }
}

/// Calls `use(y)` for every source row that position row `p` reaches.
template <typename UseRow>
void for_touched_rows(const row_window& window, std::uint64_t p, UseRow use) {
  for (const auto offset : window.y_offsets) {
    const auto y = static_cast<std::uint64_t>(static_cast<std::int64_t>(p * window.stride.h) + offset);
    if (y < window.source.h) {
      use(y);
    }
  }
}

/// A K-group is a source channel: every group of a tile touches the same pixels.
class channel_meter : public chunk_meter {
 public:
  channel_meter(const row_window& window, const tensor_mask* mask, const tiled_dimension& rows,
                const scale_groups& scales)
      : window_(window),
        mask_(mask),
        rows_(rows),
        scales_(scales),
        reached_columns_(1, window.source.w),
        touched_(window.images() * window.source.h, window.source.w) {}

  void open_tile(std::uint64_t mt) override {
    clear_touched();
    const auto last_position = rows_.first(mt) + rows_.valid(mt) - 1;
    const std::uint64_t width = window_.positions.w;
    for (auto m = rows_.first(mt); m <= last_position; m += width - m % width) {
      const auto image = m / width / window_.positions.h;
      const auto last_in_row = std::min(last_position, m + (width - 1 - m % width));
      reach_columns(m % width, last_in_row % width);
      for_touched_rows(window_, m / width % window_.positions.h, [&](std::uint64_t y) {
        const auto row = image * window_.source.h + y;
        std::transform(reached_columns_.row(0).begin(), reached_columns_.row(0).end(), touched_.row(row).begin(),
                       touched_.row(row).begin(), std::bit_or{});
        first_touched_ = std::min(first_touched_, row);
        end_touched_ = std::max(end_touched_, row + 1);
      });
    }
    std::uint64_t last_image = window_.images();
    for (auto row = first_touched_; row < end_touched_; ++row) {
      const std::uint64_t pixels = touched_.count(row);
      const std::uint64_t image = row / window_.source.h;
      images_ += pixels > 0 && image != last_image ? 1 : 0;
      last_image = pixels > 0 ? image : last_image;
      pixels_ += pixels;
    }
    begin_chunk();
  }
  void begin_chunk() override {
    chunk_ = {};
    channels_ = 0;
  }
  chunk_elements with(std::uint64_t group) override {
    const auto channel = window_.first_channel + group;
    const bool has_scales = scales_.sharing != scale_sharing::tensor;
    return {chunk_.elements + pixels_, chunk_.nonzeros + nonzeros(channel),
            has_scales ? touched_source{images_, pixels_, channel - channels_, channels_ + 1}.scales(scales_) : 0};
  }
  void add(std::uint64_t group) override {
    chunk_ = with(group);
    ++channels_;
  }

 private:
  /// Most rows of positions are whole, and reach the columns of the one before.
  void reach_columns(std::uint64_t first, std::uint64_t last) {
    if (reaches_ && *reaches_ == std::pair{first, last}) {
      return;
    }
    std::fill(reached_columns_.row(0).begin(), reached_columns_.row(0).end(), 0);
    touch_columns(reached_columns_.row(0), window_, first, last);
    reaches_ = {first, last};
  }
  void clear_touched() {
    for (auto row = first_touched_; row < end_touched_; ++row) {
      std::fill(touched_.row(row).begin(), touched_.row(row).end(), 0);
    }
    first_touched_ = touched_.rows();
    end_touched_ = 0;
    pixels_ = 0;
    images_ = 0;
  }
  [[nodiscard]] std::uint64_t nonzeros(std::uint64_t channel) const {
    std::uint64_t sum = 0;
    for (auto row = first_touched_; mask_ != nullptr && row < end_touched_; ++row) {
      const auto image = row / window_.source.h;
      const auto y = row % window_.source.h;
      sum += count_common_from(touched_.row(row), mask_->bits.row(window_.first_image() + image),
                               window_.first_pixel(channel, y));
    }
    return sum;
  }

  const row_window& window_;
  const tensor_mask* mask_;
  tiled_dimension rows_;
  scale_groups scales_;
  bit_matrix reached_columns_;                                      ///< by a row of positions
  std::optional<std::pair<std::uint64_t, std::uint64_t>> reaches_;  ///< first and last position of that row
  bit_matrix touched_;                                              ///< row (image, y)
  std::uint64_t first_touched_ = 0;
  std::uint64_t end_touched_ = 0;
  std::uint64_t pixels_ = 0;
  std::uint64_t images_ = 0;  ///< that they are of
  chunk_elements chunk_;
  std::uint64_t channels_ = 0;  ///< of the chunk
};

struct pixel_row_chunk {
  chunk_elements sum = {};
  std::uint64_t images = 0;
  std::uint64_t last_image = 0;  ///< of the source's rows that it has
};

/// A K-group is a row of output pixels: it touches whole rows of pixels, over the whole kernel, of the tile's channels.
class pixel_row_meter : public chunk_meter {
 public:
  pixel_row_meter(const row_window& window, const tensor_mask* mask, const tiled_dimension& rows,
                  const scale_groups& scales)
      : window_(window), mask_(mask), rows_(rows), scales_(scales), touched_columns_(1, window.source.w) {
    touch_columns(touched_columns_.row(0), window_, 0, window_.positions.w - 1);
  }

  void open_tile(std::uint64_t mt) override {
    first_channel_ = window_.first_channel + rows_.first(mt) / window_.offsets();
    last_channel_ = window_.first_channel + (rows_.first(mt) + rows_.valid(mt) - 1) / window_.offsets();
    begin_chunk();
  }
  void begin_chunk() override {
    chunk_ = {.last_image = window_.images()};
    touched_rows_.assign(window_.images() * window_.source.h, false);
  }
  chunk_elements with(std::uint64_t group) override { return after(group).sum; }
  void add(std::uint64_t group) override {
    chunk_ = after(group);
    for_new_rows(group, [&](std::uint64_t row) { touched_rows_[row] = true; });
  }

 private:
  /// Calls `use(image * H + y)` for the source rows that output row `group` reaches and the chunk does not hold yet.
  template <typename UseRow>
  void for_new_rows(std::uint64_t group, UseRow use) {
    const auto image = group / window_.positions.h;
    for_touched_rows(window_, group % window_.positions.h, [&](std::uint64_t y) {
      if (!touched_rows_[image * window_.source.h + y]) {
        use(image * window_.source.h + y);
      }
    });
  }

  /// The chunk with `group` added. Groups come in the order of their images.
  [[nodiscard]] pixel_row_chunk after(std::uint64_t group) {
    auto chunk = chunk_;
    for_new_rows(group, [&](std::uint64_t row) {
      const auto more = row_elements(row);
      chunk.sum.elements += more.elements;
      chunk.sum.nonzeros += more.nonzeros;
      const auto image = row / window_.source.h;
      chunk.images += more.elements > 0 && image != chunk.last_image ? 1 : 0;
      chunk.last_image = image;
    });
    if (scales_.sharing != scale_sharing::tensor) {
      const auto channels = last_channel_ - first_channel_ + 1;
      chunk.sum.scales =
          touched_source{chunk.images, chunk.sum.elements / channels, first_channel_, channels}.scales(scales_);
    }
    return chunk;
  }

  [[nodiscard]] chunk_elements row_elements(std::uint64_t row) const {
    const auto image = row / window_.source.h;
    chunk_elements sum;
    sum.elements = (last_channel_ - first_channel_ + 1) * touched_columns_.count();
    for (auto channel = first_channel_; mask_ != nullptr && channel <= last_channel_; ++channel) {
      sum.nonzeros += count_common_from(touched_columns_.row(0), mask_->bits.row(window_.first_image() + image),
                                        window_.first_pixel(channel, row % window_.source.h));
    }
    return sum;
  }

  const row_window& window_;
  const tensor_mask* mask_;
  tiled_dimension rows_;
  scale_groups scales_;
  bit_matrix touched_columns_;
  std::uint64_t first_channel_ = 0;
  std::uint64_t last_channel_ = 0;
  std::vector<bool> touched_rows_;  ///< (image, y)
  pixel_row_chunk chunk_;
};

}  // namespace

std::uint64_t touched_source::scales(const scale_groups& groups) const {
  switch (groups.sharing) {
    case scale_sharing::tensor:
      return 0;
    case scale_sharing::filter:
      return channels > 0 ? images : 0;
    case scale_sharing::plane:
      return images * channels;
    case scale_sharing::channel_block:
      return pixels * touched_blocks(first_channel, channels, groups.block);
  }
  throw std::logic_error("no such scale_sharing");
}

std::unique_ptr<chunk_meter> make_chunk_meter(const mm_op_shape& shape, const tensor_mask* source_mask,
                                              const tiled_dimension& rows, const scale_groups& scales) {
  if (shape.positions_are_steps) {
    return std::make_unique<pixel_row_meter>(shape.window, source_mask, rows, scales);
  }
  return std::make_unique<channel_meter>(shape.window, source_mask, rows, scales);
}

}  // namespace dlac
