#include "sim/workload/noise.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "sim/core/stop.h"
#include "sim/core/vector_clones.h"

namespace dlac {
namespace {

constexpr std::int32_t whole_cluster = 256;  // cluster = 1, in the units of a field's share
constexpr std::uint64_t noise_reach = 2;
constexpr std::uint64_t noise_window = 2 * noise_reach + 1;
constexpr std::uint64_t words_between_looks = 16384;  // whether to stop

constexpr std::uint64_t per_draw = 4;

/// Numbers of 16 bits out of the draws [first, first + draws), the lowest bits of each first.
DLAC_VECTOR_CLONES void draw_words(const counter_rng& random, std::uint64_t first, std::uint64_t draws,
                                   std::uint16_t* __restrict numbers) {
  static_assert(std::endian::native == std::endian::little, "a draw is stored in one piece");
  const counter_rng stream = random;
  for (std::uint64_t i = 0; i < draws; ++i) {
    const std::uint64_t bits = stream(first + i);
    std::memcpy(numbers + i * per_draw, &bits, sizeof(bits));
  }
}

/// As many as `numbers` has.
void draw_numbers(const counter_rng& random, std::span<std::uint16_t> numbers) {
  const auto whole = numbers.size() / per_draw;
  for (std::uint64_t first = 0; first < whole; first += words_between_looks) {
    heed_stop();
    draw_words(random, first, std::min(words_between_looks, whole - first), numbers.data() + first * per_draw);
  }
  if (const auto left = numbers.size() % per_draw; left > 0) {
    const std::uint64_t bits = random(whole);
    std::memcpy(numbers.data() + whole * per_draw, &bits, left * sizeof(std::uint16_t));
  }
}

DLAC_VECTOR_CLONES void widen(const std::uint16_t* __restrict numbers, std::uint64_t count,
                              std::int32_t* __restrict field) {
  for (std::uint64_t i = 0; i < count; ++i) {
    field[i] = numbers[i];
  }
}

/// Of every number and the four that follow it at such a distance.
DLAC_VECTOR_CLONES void sum_columns(const std::uint16_t* __restrict numbers, std::uint64_t distance,
                                    std::uint64_t count, std::int32_t* __restrict sums) {
  for (std::uint64_t i = 0; i < count; ++i) {
    sums[i] = numbers[i] + numbers[i + distance] + numbers[i + 2 * distance] + numbers[i + 3 * distance] +
              numbers[i + 4 * distance];
  }
}

/// What a field is mixed of: shares of the numbers themselves, and of the sums over their neighbourhoods.
struct mixture {
  const std::uint16_t* own;  ///< the first row's
  std::int32_t own_share;
  const std::int32_t* column_sums;
  std::int32_t share;
  std::uint64_t stride;  ///< of both, from row to row
};

/// Whole vectors of a row: what they make beyond its end is overwritten by the next row, as long as there is room.
DLAC_VECTOR_CLONES void mix_rows(const mixture& of, std::uint64_t h, std::uint64_t w, std::int32_t* plane) {
  constexpr std::uint64_t vector = 16;
  const std::uint64_t rounded = (w + vector - 1) / vector * vector;
  const std::int32_t own_share = of.own_share;
  const std::int32_t share = of.share;
  for (std::uint64_t y = 0; y < h; ++y) {
    heed_stop();
    const std::uint16_t* __restrict const own = of.own + y * of.stride;
    const std::int32_t* __restrict const sums = of.column_sums + y * of.stride;
    std::int32_t* __restrict const row = plane + y * w;
    const std::uint64_t count = y * w + rounded <= h * w ? rounded : w;
    DLAC_NO_ALIASES
    for (std::uint64_t x = 0; x < count; ++x) {
      const std::int32_t sum = sums[x] + sums[x + 1] + sums[x + 2] + sums[x + 3] + sums[x + 4];
      row[x] = own_share * own[x] + share * sum;
    }
  }
}
static_assert(noise_window == 5, "sums of five are written out");

}  // namespace

void draw_uniform(const counter_rng& random, std::span<std::int32_t> field) {
  constexpr std::uint64_t at_once = 256;
  std::uint16_t numbers[at_once];
  for (std::uint64_t i = 0; i < field.size(); i += at_once) {
    heed_stop();
    const auto count = std::min(at_once, field.size() - i);
    draw_words(random, i / per_draw, (count + per_draw - 1) / per_draw, numbers);
    widen(numbers, count, field.data() + i);
  }
}

noise_field::noise_field(std::uint64_t h, std::uint64_t w, double cluster)
    : h_(h), w_(w), share_(static_cast<std::int32_t>(std::floor(cluster * whole_cluster + 0.5))) {
  if (h == 1 && w == 1) {
    share_ = 0;  // a single position has no neighbours
  }
}

void noise_field::fill(const counter_rng& random, std::span<std::int32_t> plane) {
  if (share_ == 0) {
    draw_uniform(random, plane);
    return;
  }
  const std::uint64_t padded_w = w_ + 2 * noise_reach;
  white_.resize((h_ + 2 * noise_reach) * padded_w);
  draw_numbers(random, white_);
  column_sums_.resize(h_ * padded_w);
  heed_stop();
  sum_columns(white_.data(), padded_w, column_sums_.size(), column_sums_.data());
  const std::int32_t own_share = (whole_cluster - share_) * static_cast<std::int32_t>(noise_window);
  mix_rows({.own = white_.data() + noise_reach * padded_w + noise_reach,
            .own_share = own_share,
            .column_sums = column_sums_.data(),
            .share = share_,
            .stride = padded_w},
           h_, w_, plane.data());
}

}  // namespace dlac
