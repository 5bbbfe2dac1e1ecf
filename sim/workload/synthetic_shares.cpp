#include "sim/workload/synthetic_shares.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "sim/workload/largest_elements.h"
#include "sim/workload/noise.h"
#include "sim/workload/synthetic_parts.h"

namespace dlac {
namespace {

/// So many parts at most have their shares rounded together.
constexpr std::uint64_t most_parts = std::uint64_t{1} << 16U;

// Shares are fixed-point numbers.
constexpr unsigned fraction_bits = 20;
constexpr std::uint64_t one = std::uint64_t{1} << fraction_bits;

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

/// The sum of the numbers from `first` on, as `first` rises through numbers that fall: the leading number is
/// subtracted, and what is left is summed up anew before subtractions have eaten ten of its bits.
class falling_sum {
 public:
  explicit falling_sum(const std::vector<double>& numbers) : numbers_(numbers) { sum_up(); }
  [[nodiscard]] double value() const { return sum_; }
  void drop_first() {
    sum_ -= numbers_[first_++];
    if (sum_ < 0x1p-10 * summed_) {
      sum_up();
    }
  }

 private:
  void sum_up() {
    summed_ = std::accumulate(numbers_.begin() + static_cast<std::ptrdiff_t>(first_), numbers_.end(), 0.0);
    sum_ = summed_;
  }

  const std::vector<double>& numbers_;
  std::size_t first_ = 0;
  double sum_ = 0;
  double summed_ = 0;  ///< when it was summed up last
};

/// Densities of mean `density`, proportional to the factors but at most 1.
std::vector<double> channel_densities(const std::vector<double>& factors, double density) {
  std::vector<double> sorted(factors);
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  falling_sum rest(sorted);
  double wanted = density * static_cast<double>(factors.size());
  double multiplier = wanted / rest.value();
  // The largest are full as long as their share is more than 1; the others share what is left.
  for (std::size_t full = 0; full + 1 < sorted.size() && multiplier * sorted[full] > 1; ++full) {
    rest.drop_first();
    wanted -= 1;
    multiplier = std::max(wanted, 0.0) / rest.value();
  }
  std::vector<double> densities(factors.size());
  std::transform(factors.begin(), factors.end(), densities.begin(),
                 [=](double factor) { return std::min(1.0, multiplier * factor); });
  return densities;
}

/// Changes shares by the same little, where none becomes negative or more than `most`, until their sum has changed by
/// `change`. There is room for it.
void change_sum(std::vector<std::uint64_t>& shares, std::uint64_t most, std::int64_t change) {
  for (auto step = std::max<std::int64_t>(1, std::abs(change) / static_cast<std::int64_t>(shares.size())); change != 0;
       step *= 2) {
    for (auto& share : shares) {
      const auto room = static_cast<std::int64_t>(change > 0 ? most - share : share);
      const auto here = std::min({step, std::abs(change), room});
      share = change > 0 ? share + static_cast<std::uint64_t>(here) : share - static_cast<std::uint64_t>(here);
      change -= change > 0 ? here : -here;
    }
  }
}

/// The shares as whole numbers of sum `wanted`: their fractions are rounded by systematic sampling in a random order,
/// which gives each the right chance and the sum the right value. `most` of a share is a whole number.
std::vector<std::uint64_t> rounded(std::vector<std::uint64_t> shares, std::uint64_t most, std::uint64_t wanted,
                                   const counter_rng& random) {
  const auto sum_of_shares = std::accumulate(shares.begin(), shares.end(), std::uint64_t{0});
  // What the rounding of many shares to fixed point has added up to; less than one is the sampling's to decide.
  const auto missing = static_cast<std::int64_t>(wanted * one) - static_cast<std::int64_t>(sum_of_shares);
  if (std::abs(missing) >= static_cast<std::int64_t>(one)) {
    change_sum(shares, most * one, missing);
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> order(shares.size());
  std::uint64_t sum = 0;  // of the fractions
  const counter_rng keys = random.part(order_part);
  for (std::uint64_t part = 0; part < shares.size(); ++part) {
    order[part] = {keys(part), part};
    wanted -= shares[part] >> fraction_bits;
    sum += shares[part] % one;
  }
  std::sort(order.begin(), order.end());
  // Any start for which the rounded-up shares are as many as are wanted.
  const std::uint64_t lowest = wanted * one > sum ? wanted * one - sum : 0;
  const std::uint64_t highest = std::min(one, (wanted + 1) * one - sum);
  std::uint64_t sampled = lowest + random.part(start_part).below(highest - lowest, 0);
  for (const auto& [key, part] : order) {
    const std::uint64_t before = sampled >> fraction_bits;
    sampled += shares[part] % one;
    shares[part] = (shares[part] >> fraction_bits) + (sampled >> fraction_bits) - before;
  }
  return shares;
}

}  // namespace

std::uint64_t all_nonzeros(double density, const region_layout& layout) {
  return static_cast<std::uint64_t>(std::floor(density * static_cast<double>(layout.all_elements()) + 0.5));
}

region_counts::region_counts(const synthetic_source& source, const region_layout& layout, const counter_rng& random)
    : channels_(layout.channels), is_by_channel_(layout.images * layout.channels > most_parts) {
  std::vector<double> densities(layout.channels, source.density);
  if (source.channel_spread > 0) {
    densities = channel_densities(channel_factors(layout.channels, source.channel_spread, random.part(factor_part)),
                                  source.density);
  }
  const auto parts = is_by_channel_ ? layout.channels : layout.images * layout.channels;
  const auto elements = layout.all_elements() / parts;
  std::vector<std::uint64_t> shares(parts);
  for (std::uint64_t part = 0; part < parts; ++part) {
    const double share = densities[part % layout.channels] * static_cast<double>(elements);
    shares[part] = static_cast<std::uint64_t>(std::floor(share * one + 0.5));
  }
  counts_ = rounded(std::move(shares), elements, all_nonzeros(source.density, layout), random);
  if (is_by_channel_) {
    share_over_images(layout.images, random.part(image_part));
  }
}

void region_counts::share_over_images(std::uint64_t images, const counter_rng& random) {
  one_more_ = bit_matrix(images, channels_);
  std::vector<std::int32_t> noise(images);
  largest_elements largest;
  std::vector<std::uint64_t> chosen(words_for_bits(images));
  for (std::uint64_t channel = 0; channel < channels_; ++channel) {
    const auto left_over = counts_[channel] % images;
    counts_[channel] /= images;
    if (left_over == 0) {
      continue;
    }
    draw_uniform(random.part(channel), noise);
    largest.select(noise, left_over, chosen);
    for (std::uint64_t word = 0; word < chosen.size(); ++word) {
      for (auto left = chosen[word]; left != 0; left &= left - 1) {
        one_more_.set(word * bits_per_word + static_cast<std::uint64_t>(std::countr_zero(left)), channel);
      }
    }
  }
}

}  // namespace dlac
