#pragma once
// How many elements of one operand vector the scheduler has to look at: na or nw of the contract (section 4), for
// every tile, step and grid line.

#include <cstdint>
#include <span>
#include <vector>

#include "sim/core/bits.h"
#include "sim/mapping/tiling.h"

namespace dlac {

/// The counts of `steps` steps of one tile, from `first_step` on: one per line and step, lines varying fastest; 0 for
/// an inactive line. `mask` holds a row of bits per step. With `skip_zeros` set bits count, else all valid elements.
std::vector<std::uint16_t> count_window(const bit_matrix& mask, const tiled_dimension& dimension, bool skip_zeros,
                                        std::uint64_t tile, std::uint64_t first_step, std::uint64_t steps);

/// The same for all tiles and steps of an operand.
class step_counts {
 public:
  step_counts(const bit_matrix& mask, const tiled_dimension& dimension, bool skip_zeros);

  /// The counts of all lines in one step of one tile; 0 for an inactive line.
  [[nodiscard]] std::span<const std::uint16_t> step(std::uint64_t tile, std::uint64_t k) const {
    return {counts_.data() + (tile * steps_ + k) * lines_, lines_};
  }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  std::uint64_t steps_;
  std::uint32_t lines_;
  std::vector<std::uint16_t> counts_;
};

}  // namespace dlac
