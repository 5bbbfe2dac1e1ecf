#include "sim/workload/noise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <iterator>

#include "sim/core/bits.h"
#include "sim/core/stop.h"

namespace dlac {
namespace {

/// Up to so many elements counting costs more than ordering them.
constexpr std::size_t few_elements = 32;

constexpr std::int32_t whole_cluster = 256;  // cluster = 1, in the units of a field's share
constexpr std::uint64_t noise_reach = 2;
constexpr std::uint64_t noise_window = 2 * noise_reach + 1;

/// Leaves in `scratch` what the `count`-th largest element is among, and lessens `count` by those above: the bucket
/// that holds it is found by counting.
void keep_bucket(std::span<const std::int32_t> field, std::uint64_t& count, std::vector<std::int32_t>& scratch) {
  heed_stop();  // a plane may have millions of pixels
  constexpr int bucket_bits = 8;
  const std::int32_t largest = *std::max_element(field.begin(), field.end());
  const int shift = std::max(0, static_cast<int>(std::bit_width(static_cast<std::uint32_t>(largest))) - bucket_bits);
  std::array<std::uint64_t, 1U << bucket_bits> sizes{};
  for (const std::int32_t value : field) {
    ++sizes[static_cast<std::size_t>(value >> shift)];
  }
  auto bucket = static_cast<std::int32_t>(sizes.size() - 1);
  while (sizes[static_cast<std::size_t>(bucket)] < count) {
    count -= sizes[static_cast<std::size_t>(bucket)];
    --bucket;
  }
  scratch.clear();
  scratch.reserve(sizes[static_cast<std::size_t>(bucket)]);
  std::copy_if(field.begin(), field.end(), std::back_inserter(scratch),
               [=](std::int32_t value) { return value >> shift == bucket; });
}

/// The `count`-th largest element, count > 0.
std::int32_t kth_largest(std::span<const std::int32_t> field, std::uint64_t count, std::vector<std::int32_t>& scratch) {
  if (field.size() <= few_elements) {
    scratch.assign(field.begin(), field.end());
  } else {
    keep_bucket(field, count, scratch);
  }
  const auto place = scratch.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(scratch.begin(), place, scratch.end(), std::greater<>());
  return *place;
}

}  // namespace

void draw_uniform(const counter_rng& random, std::span<std::int32_t> field) {
  constexpr std::size_t between_looks = 65536;
  for (std::size_t i = 0; i < field.size(); i += 4) {
    if (i % between_looks == 0) {
      heed_stop();
    }
    std::uint64_t bits = random(i / 4);
    for (std::size_t j = i; j < std::min(i + 4, field.size()); ++j) {
      field[j] = static_cast<std::int32_t>(bits & 0xffffU);
      bits >>= 16U;
    }
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
  draw_uniform(random, white_);
  sum_rows(padded_w);
  for (std::uint64_t y = 0; y < h_; ++y) {
    heed_stop();
    for (std::uint64_t x = 0; x < w_; ++x) {
      std::int32_t sum = 0;
      for (std::uint64_t dy = 0; dy < noise_window; ++dy) {
        sum += row_sums_[(y + dy) * w_ + x];
      }
      const std::int32_t own = white_[(y + noise_reach) * padded_w + x + noise_reach];
      plane[y * w_ + x] = (whole_cluster - share_) * static_cast<std::int32_t>(noise_window) * own + share_ * sum;
    }
  }
}

/// Sums of five neighbours within each row of the padded plane.
void noise_field::sum_rows(std::uint64_t padded_w) {
  row_sums_.resize((h_ + 2 * noise_reach) * w_);
  for (std::uint64_t y = 0; y < h_ + 2 * noise_reach; ++y) {
    heed_stop();
    for (std::uint64_t x = 0; x < w_; ++x) {
      std::int32_t sum = 0;
      for (std::uint64_t dx = 0; dx < noise_window; ++dx) {
        sum += white_[y * padded_w + x + dx];
      }
      row_sums_[y * w_ + x] = sum;
    }
  }
}

void select_largest(std::span<const std::int32_t> field, std::uint64_t count, std::vector<std::int32_t>& scratch,
                    std::span<std::uint64_t> words) {
  std::fill(words.begin(), words.end(), 0);
  if (count == 0) {
    return;
  }
  const std::int32_t limit = kth_largest(field, count, scratch);
  heed_stop();
  std::uint64_t above = 0;
  for (std::uint64_t i = 0; i < field.size(); ++i) {
    const bool is_above = field[i] > limit;
    above += is_above ? 1 : 0;
    words[i / bits_per_word] |= std::uint64_t{is_above} << (i % bits_per_word);
  }
  std::uint64_t equal_left = count - above;
  for (std::uint64_t i = 0; equal_left > 0; ++i) {
    if (field[i] == limit) {
      words[i / bits_per_word] |= std::uint64_t{1} << (i % bits_per_word);
      --equal_left;
    }
  }
}

}  // namespace dlac
