#include "sim/mapping/im2col.h"

#include <algorithm>
#include <array>
#include <utility>

namespace dlac {
namespace {

/// Every `stride`-th bit of `source`, from bit `first` on, `count` of them.
void decimate_bits(std::span<std::uint64_t> target, std::span<const std::uint64_t> source, std::uint64_t first,
                   std::uint64_t stride, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto bit = first + i * stride;
    const auto value = (source[bit / bits_per_word] >> (bit % bits_per_word)) & 1U;
    target[i / bits_per_word] |= value << (i % bits_per_word);
  }
}

/// One channel of one image with its padding, split by horizontal stride phase: row y of phase p holds the pixels
/// x = p, p + stride, ... of padded row y, so that the row operand of every (ky, kx) is a plain shift of it.
class padded_plane {
 public:
  padded_plane(const layer& l, const feature_map_mask& activations)
      : layer_(l),
        activations_(activations),
        padded_height_(l.input_size.h + 2ULL * l.padding.h),
        phase_width_((l.input_size.w + 2ULL * l.padding.w + l.stride.w - 1) / l.stride.w),
        padded_row_(words_for_bits(l.input_size.w + 2ULL * l.padding.w)),
        rows_(padded_height_ * l.stride.w, phase_width_) {}

  void load(std::uint64_t image, std::uint64_t channel) {
    std::uint64_t first_row = (image * layer_.in_channels + channel) * layer_.input_size.h;
    for (std::uint64_t y = 0; y < layer_.input_size.h; ++y) {
      std::fill(padded_row_.begin(), padded_row_.end(), 0);
      copy_bits(padded_row_, layer_.padding.w, activations_.bits.row(first_row + y), 0, layer_.input_size.w);
      for (std::uint64_t phase = 0; phase < layer_.stride.w; ++phase) {
        split_phase(y + layer_.padding.h, phase);
      }
    }
  }

  /// Output row `oy` as kernel position (ky, kx) sees it: a span and the bit where it starts.
  [[nodiscard]] std::pair<std::span<const std::uint64_t>, std::uint64_t> row(std::uint64_t oy, std::uint64_t ky,
                                                                             std::uint64_t kx) const {
    const auto padded_y = oy * layer_.stride.h + ky;
    return {rows_.row(padded_y * layer_.stride.w + kx % layer_.stride.w), kx / layer_.stride.w};
  }

 private:
  void split_phase(std::uint64_t padded_y, std::uint64_t phase) {
    const auto padded_width = layer_.input_size.w + 2ULL * layer_.padding.w;
    auto target = rows_.row(padded_y * layer_.stride.w + phase);
    if (layer_.stride.w == 1) {
      std::copy(padded_row_.begin(), padded_row_.end(), target.begin());
    } else if (phase < padded_width) {
      std::fill(target.begin(), target.end(), 0);
      decimate_bits(target, padded_row_, phase, layer_.stride.w,
                    (padded_width - phase + layer_.stride.w - 1) / layer_.stride.w);
    }
  }

  const layer& layer_;
  const feature_map_mask& activations_;
  std::uint64_t padded_height_;
  std::uint64_t phase_width_;
  std::vector<std::uint64_t> padded_row_;
  bit_matrix rows_;
};

/// Transposes 64 x 64 bits in place: recursive exchange of the off-diagonal blocks, halving the block each round.
void transpose_64x64(std::array<std::uint64_t, bits_per_word>& block) {
  std::uint64_t mask = 0x00000000FFFFFFFFULL;
  for (unsigned width = 32; width != 0; width >>= 1U, mask ^= mask << width) {
    for (unsigned row = 0; row < bits_per_word; row = ((row | width) + 1) & ~width) {
      const auto exchange = ((block[row] >> width) ^ block[row | width]) & mask;
      block[row] ^= exchange << width;
      block[row | width] ^= exchange;
    }
  }
}

}  // namespace

bit_matrix im2col_mask(const layer& l, const feature_map_mask& activations, std::uint32_t first_channel,
                       std::uint32_t channels) {
  const auto output = l.output_size();
  const std::uint64_t images = activations.shape.n;
  const std::uint64_t kernel_positions = std::uint64_t{l.kernel.h} * l.kernel.w;
  bit_matrix result(channels * kernel_positions, images * output.h * output.w);
  padded_plane plane(l, activations);
  for (std::uint64_t image = 0; image < images; ++image) {
    for (std::uint64_t c = 0; c < channels; ++c) {
      plane.load(image, first_channel + c);
      for (std::uint64_t position = 0; position < kernel_positions; ++position) {
        auto target = result.row(c * kernel_positions + position);
        for (std::uint64_t oy = 0; oy < output.h; ++oy) {
          const auto [source, from] = plane.row(oy, position / l.kernel.w, position % l.kernel.w);
          copy_bits(target, (image * output.h + oy) * output.w, source, from, output.w);
        }
      }
    }
  }
  return result;
}

bit_matrix transpose(const bit_matrix& matrix, std::uint64_t first, std::uint64_t count) {
  bit_matrix result(matrix.cols(), count);
  std::array<std::uint64_t, bits_per_word> block{};
  for (std::uint64_t r = 0; r < count; r += bits_per_word) {
    const auto block_rows = std::min(bits_per_word, count - r);
    for (std::uint64_t word = 0; word < words_for_bits(matrix.cols()); ++word) {
      block.fill(0);
      for (std::uint64_t i = 0; i < block_rows; ++i) {
        block[i] = matrix.row(first + r + i)[word];
      }
      transpose_64x64(block);
      const auto block_cols = std::min(bits_per_word, matrix.cols() - word * bits_per_word);
      for (std::uint64_t i = 0; i < block_cols; ++i) {
        result.row(word * bits_per_word + i)[r / bits_per_word] = block[i];
      }
    }
  }
  return result;
}

}  // namespace dlac
