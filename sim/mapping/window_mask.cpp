#include "sim/mapping/window_mask.h"

#include <algorithm>
#include <vector>

#include "sim/core/stop.h"
#include "sim/mapping/bit_transpose.h"

namespace dlac {
namespace {

/// Bits 0, 2, 4, ... of a word, side by side.
std::uint64_t even_bits(std::uint64_t word) {
  word &= 0x5555555555555555ULL;
  word = (word | (word >> 1U)) & 0x3333333333333333ULL;
  word = (word | (word >> 2U)) & 0x0F0F0F0F0F0F0F0FULL;
  word = (word | (word >> 4U)) & 0x00FF00FF00FF00FFULL;
  word = (word | (word >> 8U)) & 0x0000FFFF0000FFFFULL;
  return (word | (word >> 16U)) & 0x00000000FFFFFFFFULL;
}

/// Every `stride`-th bit of `source`, from bit `first` on, `count` of them, into `target`, which is zero.
void decimate_bits(std::span<std::uint64_t> target, std::span<const std::uint64_t> source, std::uint64_t first,
                   std::uint64_t stride, std::uint64_t count) {
  if (stride == 2) {  // bits past the end of a row are zero, and first is 0 or 1
    for (std::uint64_t word = 0; word < source.size() && word / 2 < target.size(); ++word) {
      target[word / 2] |= even_bits(source[word] >> first) << (word % 2 * (bits_per_word / 2));
    }
    return;
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto bit = first + i * stride;
    const auto value = (source[bit / bits_per_word] >> (bit % bits_per_word)) & 1U;
    target[i / bits_per_word] |= value << (i % bits_per_word);
  }
}

/// What an x offset makes of a row of pixels: positions [from, from + count) see, side by side, the pixels that are
/// `residue` modulo the stride, from the `first`-th of them on; the other positions see padding.
struct row_shift {
  std::uint64_t residue = 0;
  std::uint64_t first = 0;
  std::uint64_t from = 0;
  std::uint64_t count = 0;
};

/// How many of 0 .. extent - 1 are `residue` modulo `stride`.
std::int64_t pixels_of_residue(std::uint64_t extent, std::int64_t stride, std::int64_t residue) {
  return (static_cast<std::int64_t>(extent) - residue + stride - 1) / stride;
}

std::vector<row_shift> row_shifts(const row_window& window) {
  const std::int64_t stride = window.stride.w;
  std::vector<row_shift> shifts;
  for (const auto offset : window.x_offsets) {
    const auto residue = (offset % stride + stride) % stride;
    const auto shift = (offset - residue) / stride;  // position q sees pixel q + shift of the residue
    const auto pixels = pixels_of_residue(window.source.w, stride, residue);
    const auto from = std::max<std::int64_t>(0, -shift);
    const auto to = std::min<std::int64_t>(window.positions.w, pixels - shift);
    row_shift s{static_cast<std::uint64_t>(residue), 0, 0, 0};
    if (from < to) {
      s.first = static_cast<std::uint64_t>(from + shift);
      s.from = static_cast<std::uint64_t>(from);
      s.count = static_cast<std::uint64_t>(to - from);
    }
    shifts.push_back(s);
  }
  return shifts;
}

/// The rows of one channel of one image, as they are or split by residue modulo the horizontal stride.
class split_plane {
 public:
  /// A row's pixels begin at bit `first` of `words`.
  struct row_bits {
    std::span<const std::uint64_t> words;
    std::uint64_t first = 0;
  };

  split_plane(const row_window& window, const tensor_mask& source, const std::vector<row_shift>& shifts)
      : window_(window),
        source_(source),
        residues_(window.stride.w),
        wanted_(window.stride.w),
        whole_row_(1, residues_ == 1 ? 0 : window.source.w),
        rows_(residues_ == 1 ? 0 : window.source.h * residues_, (window.source.w + residues_ - 1) / residues_) {
    for (const auto& shift : shifts) {
      wanted_[shift.residue] = wanted_[shift.residue] || shift.count > 0;
    }
  }

  void load(std::uint64_t image, std::uint64_t channel) {
    image_ = source_.bits.row(image);
    channel_ = channel;
    for (std::uint64_t y = 0; residues_ > 1 && y < window_.source.h; ++y) {
      auto whole = whole_row_.row(0);
      std::fill(whole.begin(), whole.end(), 0);
      copy_bits(whole, 0, image_, window_.first_pixel(channel, y), window_.source.w);
      for (std::uint64_t residue = 0; residue < residues_; ++residue) {
        if (wanted_[residue]) {
          auto target = rows_.row(y * residues_ + residue);
          std::fill(target.begin(), target.end(), 0);
          decimate_bits(target, whole, residue, residues_,
                        static_cast<std::uint64_t>(
                            pixels_of_residue(window_.source.w, window_.stride.w, static_cast<std::int64_t>(residue))));
        }
      }
    }
  }
  [[nodiscard]] row_bits row(std::uint64_t y, std::uint64_t residue) const {
    return residues_ == 1 ? row_bits{image_, window_.first_pixel(channel_, y)}
                          : row_bits{rows_.row(y * residues_ + residue)};
  }

 private:
  const row_window& window_;
  const tensor_mask& source_;
  std::uint64_t residues_;
  std::vector<bool> wanted_;
  bit_matrix whole_row_;
  bit_matrix rows_;  ///< row (y, residue)
  std::span<const std::uint64_t> image_;
  std::uint64_t channel_ = 0;
};

/// Whether an offset sees rows of pixels as they lie in the plane, one behind the other.
bool sees_whole_rows(const row_window& window, const row_shift& shift) {
  return window.stride == size_2d{1, 1} && shift.first == 0 && shift.count == window.source.w &&
         shift.count == window.positions.w;
}

/// Shifts the plane's rows into one row of the result: what position row after position row sees through one offset.
void shift_rows(std::span<std::uint64_t> target, std::uint64_t image, const row_window& window,
                const split_plane& plane, std::int64_t y_offset, const row_shift& shift) {
  const auto rows_at_once = sees_whole_rows(window, shift) ? window.source.h : 1;
  for (std::uint64_t p = 0; p < window.positions.h;) {
    const auto y = static_cast<std::uint64_t>(static_cast<std::int64_t>(p * window.stride.h) + y_offset);
    if (y >= window.source.h) {  // above the source the sum wraps round to a huge number
      ++p;
      continue;
    }
    const auto rows = std::min({rows_at_once, window.source.h - y, window.positions.h - p});
    const auto to = (image * window.positions.h + p) * window.positions.w + shift.from;
    const auto [words, first] = plane.row(y, shift.residue);
    copy_bits(target, to, words, first + shift.first, rows * shift.count);
    p += rows;
  }
}

/// The window's channels of every image, and no others.
bit_matrix channels_of(const row_window& window, const tensor_mask& source) {
  const auto pixels = window.source.h * window.source.w;
  bit_matrix result(window.images(), window.channels * pixels);
  for (std::uint64_t image = 0; image < window.images(); ++image) {
    copy_bits(result.row(image), 0, source.bits.row(window.first_image() + image), window.first_channel * pixels,
              result.cols());
  }
  return result;
}

/// Where an image has a single position, an offset sees one pixel, and a row of the result is that pixel of all images.
bit_matrix single_position_mask(const row_window& window, const tensor_mask& source) {
  const bool has_all = window.channels == window.source.c && !window.only_image;
  const auto pixels = transposed(has_all ? source.bits : channels_of(window, source), {0, 1, window.images()});
  bit_matrix result(window.channels * window.offsets(), window.images());
  std::uint64_t row = 0;
  for (std::uint64_t c = 0; c < window.channels; ++c) {
    for (const auto y_offset : window.y_offsets) {
      for (const auto x_offset : window.x_offsets) {
        const auto y = static_cast<std::uint64_t>(y_offset);
        const auto x = static_cast<std::uint64_t>(x_offset);
        if (y < window.source.h && x < window.source.w) {
          const auto seen = pixels.row((c * window.source.h + y) * window.source.w + x);
          std::copy(seen.begin(), seen.end(), result.row(row).begin());
        }
        ++row;
      }
    }
  }
  return result;
}

}  // namespace

bit_matrix window_mask(const row_window& window, const tensor_mask& source) {
  if (window.positions == size_2d{1, 1}) {
    return single_position_mask(window, source);
  }
  bit_matrix result(window.channels * window.offsets(), window.all_positions());
  const auto shifts = row_shifts(window);
  split_plane plane(window, source, shifts);
  for (std::uint64_t image = 0; image < window.images(); ++image) {
    for (std::uint64_t c = 0; c < window.channels; ++c) {
      heed_stop();
      plane.load(window.first_image() + image, window.first_channel + c);
      auto row = c * window.offsets();
      for (const auto y_offset : window.y_offsets) {
        for (const auto& shift : shifts) {
          shift_rows(result.row(row++), image, window, plane, y_offset, shift);
        }
      }
    }
  }
  return result;
}

}  // namespace dlac
