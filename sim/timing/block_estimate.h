#pragma once
// How many cycles a block will take (docs/block-choice.md): by the operands' densities alone, by a sample of the real
// operands that is streamed through the recurrence, and with that in the timeline of the chunks that the block fetches.

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/memory_plan.h"
#include "sim/mapping/mm_op.h"
#include "sim/workload/network.h"

namespace dlac {

/// Cycles if all zeros were independent and every PE could run at its own pace: mean cost of a step times steps.
double estimate_from_densities(const accelerator_config& config, const mm_op& op, const pass_formats& formats,
                               block_shape block, double row_density, double column_density);

/// What a sample of the mmOp's steps tells of a block.
struct block_sample {
  double cycles = 0;       ///< estimated, of the mmOp with ideal memory
  double step_cycles = 0;  ///< mean of a step
};

/// Streams `steps` sampled steps in all.
block_sample sample_block(const accelerator_config& config, const mm_op& op, const std::vector<pt_wise_op>& epilogue,
                          block_shape block, std::uint64_t steps);

/// Estimated cycles of the mmOp when its chunks come from memory and every step takes `step_cycles`.
double estimate_with_memory(const accelerator_config& config, const mm_op& op, const std::vector<pt_wise_op>& epilogue,
                            block_shape block, double step_cycles, tile_order order, const memory_plan& memory);

}  // namespace dlac
