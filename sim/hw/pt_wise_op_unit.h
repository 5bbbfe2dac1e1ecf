#pragma once
// The pointwise lanes of a PE: an instruction of the epilogue on all outputs of a tile (contract section 6). What an
// instruction computes is told in sim/mapping/pt_wise_arithmetic.h.

#include <cstddef>
#include <cstdint>

#include "sim/mapping/values.h"

namespace dlac::hw {

/// The accumulators of a tile that hold outputs: valid_m rows of valid_n, block_n apart.
struct tile_outputs {
  float* accumulators = nullptr;
  std::uint32_t block_n = 1;
  std::uint64_t first_m = 0;  ///< of the program
  std::uint64_t first_n = 0;
  std::uint32_t valid_m = 0;
  std::uint32_t valid_n = 0;
};

/// Operation `op` of the epilogue.
void run_pt_wise_op(const mm_op_values& values, std::size_t op, const tile_outputs& outputs);

}  // namespace dlac::hw
