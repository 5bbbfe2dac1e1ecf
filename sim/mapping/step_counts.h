#pragma once
// How many elements of one operand vector the scheduler has to look at: na or nw of the contract (section 4), for
// every tile, step and grid line.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sim/core/bits.h"
#include "sim/mapping/tiling.h"

namespace dlac {

/// Lines are counted in groups: from one step to the next there are padded_lines(), of which the last may be missing.
inline constexpr std::uint32_t count_padding = 8;
constexpr std::uint64_t padded_lines(std::uint32_t lines) {
  return (std::uint64_t{lines} + count_padding - 1) / count_padding * count_padding;
}

/// The counts of `steps` steps of one tile, from `first_step` on: one per line and step, lines varying fastest; 0 for
/// an inactive or missing line. `mask` holds a row of bits per step. With `skip_zeros` set bits count, else all valid
/// elements. `counts` has room for window_size() of them; the last few are scratch.
void count_window(const bit_matrix& mask, const tiled_dimension& dimension, bool skip_zeros, std::uint64_t tile,
                  std::uint64_t first_step, std::uint64_t steps, std::uint16_t* counts);
std::size_t window_size(const tiled_dimension& dimension, std::uint64_t steps);

/// The same for all tiles and steps of an operand. Where no zeros are skipped all steps are alike, and kept once.
class step_counts {
 public:
  step_counts(const bit_matrix& mask, const tiled_dimension& dimension, bool skip_zeros);

  /// The counts of all lines in one step of one tile; 0 for an inactive line.
  [[nodiscard]] std::span<const std::uint16_t> step(std::uint64_t tile, std::uint64_t k) const {
    return {counts_.get() + (tile * kept_steps_) * padded_lines(lines_) + k * stride(), lines_};
  }
  /// From the counts of one step to those of the next.
  [[nodiscard]] std::uint64_t stride() const { return are_alike_ ? 0 : padded_lines(lines_); }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  std::uint64_t steps_;
  bool are_alike_;
  std::uint64_t kept_steps_;  ///< per tile
  std::uint32_t lines_;
  std::unique_ptr<std::uint16_t[]> counts_;
};

}  // namespace dlac
