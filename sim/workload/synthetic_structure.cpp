#include "sim/workload/synthetic_structure.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sim/core/stop.h"
#include "sim/workload/counter_rng.h"
#include "sim/workload/largest_elements.h"
#include "sim/workload/noise.h"
#include "sim/workload/synthetic_parts.h"

namespace dlac {
namespace {

constexpr std::uint64_t between_looks = 4096;  // whether to stop

bool has_bit(std::span<const std::uint64_t> words, std::uint64_t bit) {
  return ((words[bit / bits_per_word] >> (bit % bits_per_word)) & 1U) != 0;
}

/// Chooses the non-zeros of runs by their noise.
class run_chooser {
 public:
  explicit run_chooser(const n_of_m& rule) : nonzeros_(rule.nonzeros), chosen_(words_for_bits(rule.of)) {}

  /// Of a run of M elements, or fewer.
  std::span<const std::uint64_t> choose(std::span<const std::int32_t> run) {
    largest_.select(run, std::min<std::uint64_t>(nonzeros_, run.size()), chosen_);
    return chosen_;
  }

 private:
  std::uint64_t nonzeros_;
  largest_elements largest_;
  std::vector<std::uint64_t> chosen_;
};

/// Runs along the channels of every pixel.
bit_matrix runs_of_map(const synthetic_source& source, const n_of_m& rule, const counter_rng& random,
                       const shape_4d& shape) {
  const std::uint64_t pixels = shape.h * shape.w;
  bit_matrix bits(shape.n, shape.c * pixels);
  const std::uint64_t longest = std::min<std::uint64_t>(rule.of, shape.c);
  noise_field noise(shape.h, shape.w, source.cluster);
  std::vector<std::int32_t> field(longest * pixels);
  std::vector<std::int32_t> run(longest);
  run_chooser chooser(rule);
  for (std::uint64_t image = 0; image < shape.n; ++image) {
    for (std::uint64_t first = 0; first < shape.c; first += rule.of) {
      const std::uint64_t length = std::min<std::uint64_t>(rule.of, shape.c - first);
      for (std::uint64_t i = 0; i < length; ++i) {
        noise.fill(random.part(image * shape.c + first + i), std::span(field).subspan(i * pixels, pixels));
      }
      for (std::uint64_t pixel = 0; pixel < pixels; ++pixel) {
        if (pixel % between_looks == 0) {
          heed_stop();
        }
        for (std::uint64_t i = 0; i < length; ++i) {
          run[i] = field[i * pixels + pixel];
        }
        const auto chosen = chooser.choose(std::span(run).first(length));
        for (std::uint64_t i = 0; i < length; ++i) {
          if (has_bit(chosen, i)) {
            bits.set(image, (first + i) * pixels + pixel);
          }
        }
      }
    }
  }
  return bits;
}

/// Runs along every filter.
bit_matrix runs_of_weights(const synthetic_source& source, const n_of_m& rule, const counter_rng& random,
                           const shape_4d& shape) {
  const std::uint64_t plane = shape.h * shape.w;
  bit_matrix bits(shape.n, shape.c * plane);
  noise_field noise(shape.h, shape.w, source.cluster);
  std::vector<std::int32_t> field(shape.c * plane);
  run_chooser chooser(rule);
  for (std::uint64_t row = 0; row < shape.n; ++row) {
    heed_stop();
    for (std::uint64_t c = 0; c < shape.c; ++c) {
      noise.fill(random.part(row * shape.c + c), std::span(field).subspan(c * plane, plane));
    }
    for (std::uint64_t first = 0; first < field.size(); first += rule.of) {
      const std::uint64_t length = std::min<std::uint64_t>(rule.of, field.size() - first);
      copy_bits(bits.row(row), first, chooser.choose(std::span(field).subspan(first, length)), 0, length);
    }
  }
  return bits;
}

/// A matrix cut into blocks, row by row of blocks; those at its ends are smaller.
class block_grid {
 public:
  block_grid(const zero_blocks& size, std::uint64_t rows, std::uint64_t cols)
      : size_(size), rows_(rows), cols_(cols), across_((cols + size.steps - 1) / size.steps) {}

  [[nodiscard]] std::uint64_t blocks() const { return (rows_ + size_.channels - 1) / size_.channels * across_; }
  [[nodiscard]] std::uint64_t first_row(std::uint64_t block) const { return block / across_ * size_.channels; }
  [[nodiscard]] std::uint64_t end_row(std::uint64_t block) const {
    return std::min(rows_, first_row(block) + size_.channels);
  }
  [[nodiscard]] std::uint64_t first_col(std::uint64_t block) const { return block % across_ * size_.steps; }
  [[nodiscard]] std::uint64_t end_col(std::uint64_t block) const {
    return std::min(cols_, first_col(block) + size_.steps);
  }
  [[nodiscard]] std::uint64_t elements(std::uint64_t block) const {
    return (end_row(block) - first_row(block)) * (end_col(block) - first_col(block));
  }

 private:
  zero_blocks size_;
  std::uint64_t rows_;
  std::uint64_t cols_;
  std::uint64_t across_;
};

/// The numbers 0 to count - 1 in a random order: a Feistel network of four rounds over as many bits as they have (Luby
/// and Rackoff, "How to construct pseudorandom permutations", 1988), gone through again where it leads beyond them.
class random_order {
 public:
  random_order(std::uint64_t count, const counter_rng& random)
      : count_(count),
        half_bits_(std::max(fewest_bits, (static_cast<unsigned>(std::bit_width(count - 1)) + 1) / 2)),
        random_(random) {}

  [[nodiscard]] std::uint64_t operator()(std::uint64_t i) const {
    do {
      i = permuted(i);
    } while (i >= count_);
    return i;
  }

 private:
  static constexpr unsigned fewest_bits = 4;  // of fewer, a network has too few permutations

  [[nodiscard]] std::uint64_t permuted(std::uint64_t i) const {
    constexpr std::uint64_t rounds = 4;
    const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t left = i >> half_bits_;
    std::uint64_t right = i & mask;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      left = std::exchange(right, left ^ (random_(rounds * right + round) & mask));
    }
    return left << half_bits_ | right;
  }

  std::uint64_t count_;
  unsigned half_bits_;
  counter_rng random_;
};

bit_matrix blocks_of_weights(const synthetic_source& source, const zero_blocks& size, const counter_rng& random,
                             std::uint64_t rows, std::uint64_t cols) {
  bit_matrix bits(rows, cols);
  const block_grid grid(size, rows, cols);
  const double wanted = source.density * static_cast<double>(rows * cols);
  const random_order order(grid.blocks(), random);
  std::uint64_t nonzeros = 0;
  for (std::uint64_t i = 0; i < grid.blocks(); ++i) {
    const std::uint64_t block = order(i);
    const std::uint64_t elements = grid.elements(block);
    // With this block they would be further off than without.
    if (static_cast<double>(2 * nonzeros + elements) > 2 * wanted) {
      break;
    }
    if (i % between_looks == 0) {
      heed_stop();
    }
    nonzeros += elements;
    for (std::uint64_t row = grid.first_row(block); row < grid.end_row(block); ++row) {
      set_bits(bits.row(row), grid.first_col(block), grid.end_col(block));
    }
  }
  return bits;
}

/// A bit for every channel that is not zero.
std::vector<std::uint64_t> whole_channels(double density, std::uint64_t channels, const counter_rng& random) {
  const auto count = static_cast<std::uint64_t>(std::floor(density * static_cast<double>(channels) + 0.5));
  std::vector<std::int32_t> noise(channels);
  std::vector<std::uint64_t> chosen(words_for_bits(channels));
  draw_uniform(random, noise);
  largest_elements().select(noise, count, chosen);
  return chosen;
}

bit_matrix channels_of_map(const synthetic_source& source, const counter_rng& random, const shape_4d& shape) {
  const std::uint64_t pixels = shape.h * shape.w;
  bit_matrix bits(shape.n, shape.c * pixels);
  const auto chosen = whole_channels(source.density, shape.c, random);
  for (std::uint64_t image = 0; image < shape.n; ++image) {
    heed_stop();
    for (std::uint64_t channel = 0; channel < shape.c; ++channel) {
      if (has_bit(chosen, channel)) {
        set_bits(bits.row(image), channel * pixels, (channel + 1) * pixels);
      }
    }
  }
  return bits;
}

bit_matrix channels_of_weights(const synthetic_source& source, const counter_rng& random, std::uint64_t rows,
                               std::uint64_t cols) {
  bit_matrix bits(rows, cols);
  const auto chosen = whole_channels(source.density, rows, random);
  for (std::uint64_t row = 0; row < rows; ++row) {
    if (has_bit(chosen, row)) {
      set_bits(bits.row(row), 0, cols);
    }
  }
  return bits;
}

}  // namespace

bit_matrix structured_feature_map(const synthetic_source& source, std::string_view name, const shape_4d& shape) {
  const counter_rng random(source.seed, name);
  const auto& structure = source.structure.value();
  if (const auto* const rule = std::get_if<n_of_m>(&structure)) {
    return runs_of_map(source, *rule, random.part(noise_part), shape);
  }
  if (std::holds_alternative<zero_channels>(structure)) {
    return channels_of_map(source, random.part(structure_part), shape);
  }
  throw std::logic_error("blocks are of weights");
}

bit_matrix structured_weights(const synthetic_source& source, std::string_view name, const shape_4d& shape) {
  const counter_rng random(source.seed, name);
  const auto& structure = source.structure.value();
  const std::uint64_t filter = shape.c * shape.h * shape.w;
  if (const auto* const rule = std::get_if<n_of_m>(&structure)) {
    return runs_of_weights(source, *rule, random.part(noise_part), shape);
  }
  if (const auto* const size = std::get_if<zero_blocks>(&structure)) {
    return blocks_of_weights(source, *size, random.part(structure_part), shape.n, filter);
  }
  return channels_of_weights(source, random.part(structure_part), shape.n, filter);
}

}  // namespace dlac
