#include "sim/workload/synthetic_operands.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <iterator>
#include <numeric>
#include <span>
#include <utility>

#include "sim/core/stop.h"
#include "sim/workload/counter_rng.h"

namespace dlac {

namespace {

// Parts of a tensor's stream.
enum stream_part : std::uint64_t { factor_part, order_part, start_part, noise_part };

/// A tensor as the draw sees it: regions (an image's channel; an output channel of weights) of planes of h x w, rows
/// of the result of `cols` bits. Region r belongs to channel r % channels.
struct tensor_layout {
  std::uint64_t regions = 0;
  std::uint64_t channels = 0;
  std::uint64_t planes = 0;
  std::uint64_t h = 0;
  std::uint64_t w = 0;
  std::uint64_t cols = 0;
  [[nodiscard]] std::uint64_t region_elements() const { return planes * h * w; }
};

/// e^x for |x| up to 2^7, by sums and products alone: the standard library's last bit differs between machines.
double exponential(double x) {
  constexpr int squarings = 10;
  constexpr int terms = 9;
  const double small = x / (1 << squarings);
  double result = 1;
  for (int term = terms; term > 0; --term) {
    result = 1 + result * small / term;
  }
  for (int i = 0; i < squarings; ++i) {
    result *= result;
  }
  return result;
}

/// Factor of every channel before normalisation: exp(sigma * z).
std::vector<double> channel_factors(std::uint64_t channels, double sigma, const counter_rng& random) {
  constexpr std::uint64_t summands = 12;        // twelve uniform numbers have a variance of 1
  constexpr double strongest_exponent = 100.0;  // keeps absurd sigmas finite
  std::vector<double> factors(channels);
  for (std::uint64_t c = 0; c < channels; ++c) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < summands; ++i) {
      sum += random(c * summands + i) >> 32U;
    }
    const double normal = static_cast<double>(sum) * 0x1p-32 - 6.0;
    factors[c] = exponential(std::clamp(sigma * normal, -strongest_exponent, strongest_exponent));
  }
  return factors;
}

/// Densities of mean `density`, proportional to the factors but at most 1.
std::vector<double> channel_densities(const std::vector<double>& factors, double density) {
  std::vector<double> sorted(factors);
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  double rest = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  double wanted = density * static_cast<double>(factors.size());
  double multiplier = wanted / rest;
  // The largest are full as long as their share is more than 1; the others share what is left.
  for (std::size_t full = 0; full + 1 < sorted.size() && multiplier * sorted[full] > 1; ++full) {
    rest -= sorted[full];
    wanted -= 1;
    multiplier = std::max(wanted, 0.0) / rest;
  }
  std::vector<double> densities(factors.size());
  std::transform(factors.begin(), factors.end(), densities.begin(),
                 [=](double factor) { return std::min(1.0, multiplier * factor); });
  return densities;
}

/// Non-zeros of every region. Shares are fixed-point numbers; their fractions are rounded by systematic sampling in a
/// random order, which gives each the right chance and the sum the right value.
std::vector<std::uint64_t> region_counts(const tensor_layout& layout, const synthetic_source& source,
                                         const counter_rng& random) {
  constexpr unsigned fraction_bits = 20;
  constexpr std::uint64_t one = std::uint64_t{1} << fraction_bits;
  std::vector<double> densities(layout.channels, source.density);
  if (source.channel_spread > 0) {
    densities = channel_densities(channel_factors(layout.channels, source.channel_spread, random.part(factor_part)),
                                  source.density);
  }
  std::vector<std::uint64_t> counts(layout.regions);
  std::vector<std::uint64_t> fractions(layout.regions);
  std::uint64_t sum = 0;
  for (std::uint64_t r = 0; r < layout.regions; ++r) {
    const double share = densities[r % layout.channels] * static_cast<double>(layout.region_elements());
    const auto fixed = static_cast<std::uint64_t>(std::floor(share * one + 0.5));
    counts[r] = fixed >> fraction_bits;
    fractions[r] = fixed % one;
    sum += fractions[r];
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> order(layout.regions);
  for (std::uint64_t r = 0; r < layout.regions; ++r) {
    order[r] = {random.part(order_part)(r), r};
  }
  std::sort(order.begin(), order.end());
  // Any start for which the rounded-up regions are as many as the rounded sum.
  const std::uint64_t wanted = (sum + one / 2) >> fraction_bits;
  const std::uint64_t lowest = wanted * one > sum ? wanted * one - sum : 0;
  const std::uint64_t highest = std::min(one, (wanted + 1) * one - sum);
  std::uint64_t sampled = lowest + random.part(start_part).below(highest - lowest, 0);
  for (const auto& [key, r] : order) {
    const std::uint64_t before = sampled >> fraction_bits;
    sampled += fractions[r];
    counts[r] += (sampled >> fraction_bits) - before;
  }
  return counts;
}

/// Fills planes with noise, see the header. Keeps its scratch memory from one plane to the next.
class noise_field {
 public:
  noise_field(std::uint64_t h, std::uint64_t w, double cluster)
      : h_(h), w_(w), share_(static_cast<std::int32_t>(std::floor(cluster * whole + 0.5))) {
    if (h == 1 && w == 1) {
      share_ = 0;  // a single position has no neighbours
    }
  }

  void fill(const counter_rng& random, std::span<std::int32_t> plane) {
    if (share_ == 0) {
      draw(random, plane);
      return;
    }
    const std::uint64_t padded_w = w_ + 2 * reach;
    white_.resize((h_ + 2 * reach) * padded_w);
    draw(random, white_);
    sum_rows(padded_w);
    for (std::uint64_t y = 0; y < h_; ++y) {
      heed_stop();
      for (std::uint64_t x = 0; x < w_; ++x) {
        std::int32_t sum = 0;
        for (std::uint64_t dy = 0; dy < window; ++dy) {
          sum += row_sums_[(y + dy) * w_ + x];
        }
        const std::int32_t own = white_[(y + reach) * padded_w + x + reach];
        plane[y * w_ + x] = (whole - share_) * static_cast<std::int32_t>(window) * own + share_ * sum;
      }
    }
  }

 private:
  static constexpr std::int32_t whole = 256;  // cluster = 1, in the units of share_
  static constexpr std::uint64_t reach = 2;
  static constexpr std::uint64_t window = 2 * reach + 1;

  /// Four uniform 16-bit numbers of every random one.
  static void draw(const counter_rng& random, std::span<std::int32_t> white) {
    for (std::size_t i = 0; i < white.size(); i += 4) {
      std::uint64_t bits = random(i / 4);
      for (std::size_t j = i; j < std::min(i + 4, white.size()); ++j) {
        white[j] = static_cast<std::int32_t>(bits & 0xffffU);
        bits >>= 16U;
      }
    }
  }

  /// Sums of five neighbours within each row of the padded plane.
  void sum_rows(std::uint64_t padded_w) {
    row_sums_.resize((h_ + 2 * reach) * w_);
    for (std::uint64_t y = 0; y < h_ + 2 * reach; ++y) {
      heed_stop();
      for (std::uint64_t x = 0; x < w_; ++x) {
        std::int32_t sum = 0;
        for (std::uint64_t dx = 0; dx < window; ++dx) {
          sum += white_[y * padded_w + x + dx];
        }
        row_sums_[y * w_ + x] = sum;
      }
    }
  }

  std::uint64_t h_;
  std::uint64_t w_;
  std::int32_t share_;
  std::vector<std::int32_t> white_;
  std::vector<std::int32_t> row_sums_;
};

/// The `count`-th largest element, count > 0: the bucket that holds it is found by counting, and only that is sorted.
std::int32_t kth_largest(std::span<const std::int32_t> field, std::uint64_t count, std::vector<std::int32_t>& scratch) {
  constexpr int bucket_bits = 8;
  const std::int32_t largest = *std::max_element(field.begin(), field.end());
  const int shift = std::max(0, static_cast<int>(std::bit_width(static_cast<std::uint32_t>(largest))) - bucket_bits);
  std::array<std::uint32_t, 1U << bucket_bits> sizes{};
  for (const std::int32_t value : field) {
    ++sizes[static_cast<std::size_t>(value >> shift)];
  }
  auto bucket = static_cast<std::int32_t>(sizes.size() - 1);
  while (sizes[static_cast<std::size_t>(bucket)] < count) {
    count -= sizes[static_cast<std::size_t>(bucket)];
    --bucket;
  }
  scratch.clear();
  std::copy_if(field.begin(), field.end(), std::back_inserter(scratch),
               [=](std::int32_t value) { return value >> shift == bucket; });
  const auto place = scratch.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(scratch.begin(), place, scratch.end(), std::greater<>());
  return *place;
}

/// Sets the bits of the `count` largest elements of `field`; of equal ones at the limit, the first.
void select_largest(std::span<const std::int32_t> field, std::uint64_t count, std::vector<std::int32_t>& scratch,
                    std::span<std::uint64_t> words) {
  std::fill(words.begin(), words.end(), 0);
  if (count == 0) {
    return;
  }
  const std::int32_t limit = kth_largest(field, count, scratch);
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

bit_matrix draw(const synthetic_source& source, std::string_view name, const tensor_layout& layout) {
  const counter_rng random(source.seed, name);
  const std::vector<std::uint64_t> counts = region_counts(layout, source, random);
  const std::uint64_t elements = layout.region_elements();
  const std::uint64_t plane_elements = layout.h * layout.w;
  const std::uint64_t rows_per_region = elements / layout.cols;
  const counter_rng noise = random.part(noise_part);
  noise_field generator(layout.h, layout.w, source.cluster);
  std::vector<std::int32_t> field(elements);
  std::vector<std::int32_t> scratch;
  std::vector<std::uint64_t> words(words_for_bits(elements));
  bit_matrix bits(layout.regions * rows_per_region, layout.cols);
  for (std::uint64_t r = 0; r < layout.regions; ++r) {
    heed_stop();
    // A full or an empty region needs no noise.
    if (counts[r] != 0 && counts[r] != elements) {
      for (std::uint64_t p = 0; p < layout.planes; ++p) {
        generator.fill(noise.part(r * layout.planes + p), std::span(field).subspan(p * plane_elements, plane_elements));
      }
    }
    select_largest(field, counts[r], scratch, words);
    for (std::uint64_t row = 0; row < rows_per_region; ++row) {
      copy_bits(bits.row(r * rows_per_region + row), 0, words, row * layout.cols, layout.cols);
    }
  }
  return bits;
}

}  // namespace

feature_map_mask synthetic_feature_map(const synthetic_source& source, std::string_view name, const shape_4d& shape) {
  return {shape, draw(source, name,
                      {.regions = shape.n * shape.c,
                       .channels = shape.c,
                       .planes = 1,
                       .h = shape.h,
                       .w = shape.w,
                       .cols = shape.w})};
}

weight_mask synthetic_weights(const synthetic_source& source, std::string_view name, const shape_4d& shape) {
  return {shape, draw(source, name,
                      {.regions = shape.n,
                       .channels = shape.n,
                       .planes = shape.c,
                       .h = shape.h,
                       .w = shape.w,
                       .cols = shape.c * shape.h * shape.w})};
}

}  // namespace dlac
