#pragma once
// Uniform noise, and fields of it with clusters.

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
  std::uint64_t h_;
  std::uint64_t w_;
  std::int32_t share_;
  std::vector<std::uint16_t> white_;       ///< padded by the reach of the noise
  std::vector<std::int32_t> column_sums_;  ///< of five neighbours
};

}  // namespace dlac
