#pragma once
// Uniform noise, and the places where a field of it is largest: how a given number of elements is chosen at random.

#include <cstdint>
#include <span>
#include <vector>

#include "sim/workload/counter_rng.h"

namespace dlac {

/// Independent numbers of 16 bits, four of every random one.
void draw_uniform(const counter_rng& random, std::span<std::int32_t> field);

/// Fills planes of h x w with noise: (1 - cluster) * white + cluster * (sum of white over the 5 x 5 neighbourhood) / 5,
/// in whole numbers. A single position has no neighbours. Keeps its scratch memory from one plane to the next.
class noise_field {
 public:
  noise_field(std::uint64_t h, std::uint64_t w, double cluster);
  /// `plane` has h * w elements; none becomes negative.
  void fill(const counter_rng& random, std::span<std::int32_t> plane);

 private:
  void sum_rows(std::uint64_t padded_w);

  std::uint64_t h_;
  std::uint64_t w_;
  std::int32_t share_;
  std::vector<std::int32_t> white_;
  std::vector<std::int32_t> row_sums_;
};

/// Sets the bits of the `count` largest elements of `field`, which are not negative, and clears those of the others; of
/// equal ones at the limit, the first are taken. `words` has room for a bit an element, `count` is at most their
/// number.
void select_largest(std::span<const std::int32_t> field, std::uint64_t count, std::vector<std::int32_t>& scratch,
                    std::span<std::uint64_t> words);

}  // namespace dlac
