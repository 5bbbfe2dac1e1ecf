#pragma once
// What the vectorised recurrence (stream_simd.h) works on: a batch of tiles of one mmOp, side by side in vector lanes,
// and the arithmetic that keeps their times in narrow integers.
//
// Time is skewed by a cycle a step: with x(k) = E(k) - k - 2 the recurrences of contract section 5 become, for D >= 2,
//     a_r(k) = max(0, max over c of x_rc(k-D) - (D-2)), w_c(k) the same over r,
//     x_rc(k) = max(a_r(k), w_c(k), x_rc(k-1)) + cost - 1.
// Maxima over a row or a column never fall, so A_r(k-1) + 1 and W_c(k-1) + 1 are never needed beside them. D = 1 adds a
// cycle in place of D-2, and all its times are kept one cycle later. A line without outputs may take part with counts
// of zero: all its times are at most those of an active line beside it, so no maximum changes.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <span>

#include "sim/timing/stream.h"

namespace dlac {

/// What all tiles of a mmOp have in common.
struct stream_machine {
  std::uint32_t lanes = 1;          ///< L
  std::uint32_t queue_depth = 1;    ///< D
  std::uint32_t most_products = 1;  ///< Bm * Bn: no step's na, nw or na * nw is above; at most 32768
  std::uint32_t slice_end = 0;      ///< cycles that the end of a slice takes in a PE with Bm * Bn outputs
};

/// Of mmOps with such operands and blocks.
inline stream_machine machine_of(const accelerator_config& config, const pass_formats& formats, block_shape block) {
  return {config.lanes(formats), config.pe.operand_queue_depth, block.m * block.n};
}
inline stream_machine machine_of(const accelerator_config& config, const mm_op_program& program) {
  const auto block = program.tiles.block();
  const auto outputs = block.m * block.n;
  return {program.lanes, config.pe.operand_queue_depth, outputs, program.slices ? program.slices->cost(outputs) : 0};
}

/// cost - 1 = (na * nw * multiplier) >> shift, exact for na * nw <= most_products: the multiplier is the largest below
/// 2^shift / lanes, so that a multiple of `lanes` falls just short of the next quotient.
struct cost_reciprocal {
  std::uint32_t multiplier = 0;  ///< fits 16 bits
  std::uint32_t shift = 16;      ///< at least 16
};

constexpr cost_reciprocal reciprocal_of(std::uint32_t lanes, std::uint32_t most_products) {
  // A multiplier that is too small by at most one costs at most most_products / 2^shift, which may not exceed 1 /
  // lanes.
  const bool narrow = std::uint64_t{most_products} * lanes <= 65536;
  const auto shift = narrow ? 16U : 15U + static_cast<std::uint32_t>(std::bit_width(lanes));
  return {static_cast<std::uint32_t>(((std::uint64_t{1} << shift) + lanes - 1) / lanes - 1), shift};
}

/// Most of cost - 1, of products alone.
constexpr std::uint64_t most_extra_cycles(const stream_machine& machine) {
  return (machine.most_products - 1) / machine.lanes;
}

/// Most that the latest skewed time of a tile rises in one step.
constexpr std::uint64_t skewed_growth(const stream_machine& machine) {
  return most_extra_cycles(machine) + machine.slice_end + 1;
}

/// Most that two skewed times of one tile and step differ: after 2 D steps every PE has waited, through a row and then
/// a column, for what was the latest one.
constexpr std::uint64_t skewed_spread(const stream_machine& machine) {
  return 2 * std::uint64_t{machine.queue_depth} * (skewed_growth(machine) + 1);
}

/// Rows of the grid that are streamed together, and steps between two looks at the narrow times.
inline constexpr std::uint64_t rows_per_block = 4;
inline constexpr std::uint64_t fewest_chunk_steps = 16;

/// Whether `Lane` is wide enough for times, for the work of a block of rows, and for the counts of a step.
template <typename Lane>
constexpr bool fits_lane(const stream_machine& machine, std::uint64_t grid_lines) {
  constexpr std::uint64_t largest = std::numeric_limits<Lane>::max();
  return skewed_spread(machine) + fewest_chunk_steps * skewed_growth(machine) <= largest &&
         rows_per_block * grid_lines * most_extra_cycles(machine) <= largest &&
         grid_lines * machine.most_products <= largest;
}

/// Tiles that go through the kernel together.
struct stream_batch {
  std::span<const stream_operands> tiles;
  std::uint32_t rows = 0;  ///< most active lines of any tile
  std::uint32_t cols = 0;
  std::uint32_t period = 1;  ///< tile t is lanes t, t + period, t + 2 * period...; a power of two
};

}  // namespace dlac
