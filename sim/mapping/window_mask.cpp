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
  shifts.reserve(window.x_offsets.size());
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

/// Whether a row has as many positions as pixels of either residue: then an offset sees a phase of the plane, those
/// pixels that are of one residue either way, shifted in one piece, with what has come over the edge from the next row
/// cut off.
bool sees_shifted_phases(const row_window& window) {
  const auto stride = window.stride.w;
  return window.stride.h == stride && stride <= 2 && std::uint64_t{window.positions.w} * stride == window.source.w;
}

/// The rows of one channel of one image, as they are or split by residue modulo the strides.
class split_plane {
 public:
  /// A row's pixels begin at bit `first` of `words`.
  struct row_bits {
    std::span<const std::uint64_t> words;
    std::uint64_t first = 0;
  };

  /// `window` must outlive it.
  split_plane(const row_window& window, const std::vector<row_shift>& shifts)
      : window_(window), residues_(window.stride.w), has_phases_(residues_ == 2 && sees_shifted_phases(window)) {
    const auto half_row = (window.source.w + residues_ - 1) / residues_;
    if (has_phases_) {
      halves_ = bit_matrix(residues_, words_for_bits(window.source.h * window.source.w) * (bits_per_word / 2));
      rows_ = bit_matrix(residues_ * residues_, (window.source.h + 1) / 2 * half_row);
    } else if (residues_ > 1) {
      wanted_.resize(residues_);
      whole_row_ = bit_matrix(1, window.source.w);
      rows_ = bit_matrix(window.source.h * residues_, half_row);
      for (const auto& shift : shifts) {
        wanted_[shift.residue] = wanted_[shift.residue] || shift.count > 0;
      }
    }
  }

  void load(const tensor_mask& source, std::uint64_t image, std::uint64_t channel) {
    image_ = source.bits.row(image);
    channel_ = channel;
    if (has_phases_) {
      split_phases();
      return;
    }
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
  /// All pixels of a phase, (y residue) * stride + (x residue).
  [[nodiscard]] row_bits phase(std::uint64_t number) const {
    return residues_ == 1 ? row_bits{image_, window_.first_pixel(channel_, 0)} : row_bits{rows_.row(number)};
  }

 private:
  /// Rows are of an even number of pixels: all of them are halved as one, and then go to the phases in turns.
  void split_phases() {
    const auto pixels = window_.source.h * window_.source.w;
    const auto even = halves_.row(0);
    const auto odd = halves_.row(1);
    for (std::uint64_t bit = 0; bit < pixels; bit += bits_per_word) {
      const auto take = std::min(bits_per_word, pixels - bit);
      const auto word = bits_from(image_, window_.first_pixel(channel_, 0) + bit, take);
      const auto half = bit / bits_per_word;
      const auto place = half % 2 * (bits_per_word / 2);
      even[half / 2] = (half % 2 == 0 ? 0 : even[half / 2]) | even_bits(word) << place;
      odd[half / 2] = (half % 2 == 0 ? 0 : odd[half / 2]) | even_bits(word >> 1U) << place;
    }
    const auto width = std::uint64_t{window_.positions.w};
    for (std::uint64_t phase = 0; phase < rows_.rows(); ++phase) {
      std::fill(rows_.row(phase).begin(), rows_.row(phase).end(), 0);
      for (std::uint64_t y = phase / 2; y < window_.source.h; y += 2) {
        copy_bits(rows_.row(phase), y / 2 * width, halves_.row(phase % 2), y * width, width);
      }
    }
  }

  const row_window& window_;
  std::uint64_t residues_;
  bool has_phases_;           ///< the stride is 2 both ways, and an offset sees them in one piece
  std::vector<bool> wanted_;  ///< residues; otherwise
  bit_matrix whole_row_;
  bit_matrix halves_;  ///< row (residue)
  bit_matrix rows_;    ///< row (y, residue), or a row for each phase
  std::span<const std::uint64_t> image_;
  std::uint64_t channel_ = 0;
};

/// The positions that see a pixel through each of the x offsets, where they see any row at all: what is cut off.
bit_matrix inner_positions(const row_window& window, const std::vector<row_shift>& shifts) {
  const auto width = std::uint64_t{window.positions.w};
  const auto all = window.all_positions();
  bit_matrix inner(shifts.size(), all);
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    if (shifts[i].count == width) {
      continue;  // nothing is cut off, and nobody looks
    }
    const auto row = inner.row(i);
    set_bits(row, 0, all);
    const auto cut_off = [&](std::uint64_t begin, std::uint64_t end) {
      for (auto q = begin; q < end; ++q) {
        for (auto bit = q; bit < all; bit += width) {
          row[bit / bits_per_word] &= ~(std::uint64_t{1} << (bit % bits_per_word));
        }
      }
    };
    cut_off(0, shifts[i].from);
    cut_off(shifts[i].from + shifts[i].count, width);
  }
  return inner;
}

/// What the positions of an image see through one offset of a phase that is shifted in one piece: from the first to the
/// last position that sees a pixel.
struct phase_shift {
  std::size_t offset = 0;  ///< its number among those of a channel
  std::size_t inner = 0;   ///< the row of inner positions that are kept
  bool is_cut_off = false;
  std::uint64_t phase = 0;
  std::uint64_t pixel = 0;  ///< the first
  std::uint64_t position = 0;
  std::uint64_t count = 0;
};

std::vector<phase_shift> phase_shifts(const row_window& window, const std::vector<row_shift>& shifts) {
  const std::int64_t stride = window.stride.h;
  const auto width = std::uint64_t{window.positions.w};
  std::vector<phase_shift> result;
  std::size_t offset = 0;
  for (const auto y_offset : window.y_offsets) {
    const auto residue = (y_offset % stride + stride) % stride;
    const auto down = (y_offset - residue) / stride;  // position row p sees row p + down of the phase
    const auto first = std::max<std::int64_t>(0, -down);
    const auto last =
        std::min<std::int64_t>(window.positions.h, pixels_of_residue(window.source.h, stride, residue) - down);
    for (std::size_t x = 0; x < shifts.size(); ++x, ++offset) {
      const row_shift& shift = shifts[x];
      if (first < last && shift.count > 0) {
        result.push_back({.offset = offset,
                          .inner = x,
                          .is_cut_off = shift.count < width,
                          .phase = static_cast<std::uint64_t>(residue * stride) + shift.residue,
                          .pixel = static_cast<std::uint64_t>(first + down) * width + shift.first,
                          .position = static_cast<std::uint64_t>(first) * width + shift.from,
                          .count = static_cast<std::uint64_t>(last - first - 1) * width + shift.count});
      }
    }
  }
  return result;
}

/// Shifts the plane's rows into one row of the result: what position row after position row sees through one offset.
void shift_rows(std::span<std::uint64_t> target, std::uint64_t image, const row_window& window,
                const split_plane& plane, std::int64_t y_offset, const row_shift& shift) {
  for (std::uint64_t p = 0; p < window.positions.h; ++p) {
    const auto y = static_cast<std::uint64_t>(static_cast<std::int64_t>(p * window.stride.h) + y_offset);
    if (y >= window.source.h) {  // above the source the sum wraps round to a huge number
      continue;
    }
    const auto to = (image * window.positions.h + p) * window.positions.w + shift.from;
    const auto [words, first] = plane.row(y, shift.residue);
    copy_bits(target, to, words, first + shift.first, shift.count);
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

class window_view::plan {
 public:
  explicit plan(const row_window& window)
      : window_(window),
        shifts_(row_shifts(window_)),
        is_in_one_piece_(sees_shifted_phases(window_)),
        plane_(window_, shifts_) {
    if (is_in_one_piece_) {
      phase_shifts_ = phase_shifts(window_, shifts_);
      inner_ = inner_positions(window_, shifts_);
    }
  }
  plan(const plan&) = delete;
  plan& operator=(const plan&) = delete;

  [[nodiscard]] bool is_of(const row_window& other) const {
    return other.source == window_.source && other.channels == window_.channels &&
           other.positions == window_.positions && other.stride == window_.stride &&
           std::ranges::equal(other.y_offsets, window_.y_offsets) &&
           std::ranges::equal(other.x_offsets, window_.x_offsets) && other.only_image == window_.only_image;
  }

  [[nodiscard]] bit_matrix mask(std::uint64_t first_channel, const tensor_mask& source) {
    bit_matrix result(window_.channels * window_.offsets(), window_.all_positions());
    for (std::uint64_t image = 0; image < window_.images(); ++image) {
      for (std::uint64_t c = 0; c < window_.channels; ++c) {
        heed_stop();
        plane_.load(source, window_.first_image() + image, first_channel + c);
        is_in_one_piece_ ? shift_phases(image, c, result) : shift_all_rows(image, c, result);
      }
    }
    return result;
  }

 private:
  void shift_phases(std::uint64_t image, std::uint64_t channel, bit_matrix& result) const {
    const auto first_position = image * window_.positions.h * window_.positions.w;
    for (const phase_shift& shift : phase_shifts_) {
      const auto target = result.row(channel * window_.offsets() + shift.offset);
      const auto to = first_position + shift.position;
      const auto [words, first] = plane_.phase(shift.phase);
      if (shift.is_cut_off) {
        copy_bits_where(inner_.row(shift.inner), target, to, words, first + shift.pixel, shift.count);
      } else {
        copy_bits(target, to, words, first + shift.pixel, shift.count);
      }
    }
  }
  void shift_all_rows(std::uint64_t image, std::uint64_t channel, bit_matrix& result) const {
    auto row = channel * window_.offsets();
    for (const auto y_offset : window_.y_offsets) {
      for (const row_shift& shift : shifts_) {
        shift_rows(result.row(row++), image, window_, plane_, y_offset, shift);
      }
    }
  }

  row_window window_;
  std::vector<row_shift> shifts_;
  bool is_in_one_piece_;
  std::vector<phase_shift> phase_shifts_;
  bit_matrix inner_;
  split_plane plane_;
};

window_view::window_view() = default;
window_view::~window_view() = default;

bit_matrix window_view::mask(const row_window& window, const tensor_mask& source) {
  if (window.positions == size_2d{1, 1}) {
    return single_position_mask(window, source);
  }
  if (plan_ == nullptr || !plan_->is_of(window)) {
    plan_ = std::make_unique<plan>(window);
  }
  return plan_->mask(window.first_channel, source);
}

bit_matrix window_mask(const row_window& window, const tensor_mask& source) {
  return window_view().mask(window, source);
}

}  // namespace dlac
