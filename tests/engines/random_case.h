#pragma once
// Random small machines and layers with random operands, all a function of a seed (and of that of the whole run, see
// test_seed.h): the same on every machine.

#include <cstdint>
#include <random>
#include <string>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/values.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"
#include "tests/engines/test_seed.h"

namespace dlac::test {

/// Random numbers that do not depend on the standard library: its distributions differ, its engines do not.
class draws {
 public:
  explicit draws(std::uint64_t seed) : bits_(seeded(seed)) {}
  /// A number of 0 to bound - 1.
  std::uint64_t below(std::uint64_t bound) { return bits_() % bound; }
  /// A number of lowest to highest, both included.
  std::uint32_t between(std::uint32_t lowest, std::uint32_t highest) {
    return lowest + static_cast<std::uint32_t>(below(highest - lowest + 1ULL));
  }
  /// A number of 0 up to, not including, 1.
  double fraction() { return static_cast<double>(bits_() >> 11U) * 0x1p-53; }
  bool chance(double probability) { return fraction() < probability; }

 private:
  std::mt19937_64 bits_;
};

struct random_case {
  std::uint64_t seed = 0;
  accelerator_config config;
  layer shape;
  std::uint32_t batch = 1;
  double row_density = 0;
  double column_density = 0;
  layer_values values;  ///< in the machine's format, with zeros as dense as they should be
};

/// A case whose layer has at most 40000 dense MACs.
random_case draw_case(std::uint64_t seed);

/// A case whose rows of pixels and channels reach over several 64-bit words; too large to be run.
random_case draw_wide_case(std::uint64_t seed);

/// A small transposed convolution, or matmul: without a name, sources and an epilogue.
layer draw_transposed(draws& random);
layer draw_matmul(draws& random);

/// Everything that made the case, in one line.
std::string describe(const random_case& c);

tensor_mask activation_mask_of(const random_case& c);
tensor_mask weight_mask_of(const random_case& c);

}  // namespace dlac::test
