#pragma once
// The block and the order of a layer's pass, and the memory plan of each of its mmOps (contract sections 3 and 7).

#include <optional>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/memory_plan.h"
#include "sim/mapping/mm_op.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"

namespace dlac {

struct program_choice {
  block_shape block;
  tile_order order = tile_order::nt_outer;
};

/// Chooses on the first mmOp, for all of `shapes`. Block: the fixed one, or the one with the lowest estimate, waiting
/// for memory included, among those whose K-groups fit the buffers. Order: the fixed one, or the one that reads fewer
/// bytes; on a tie, and with ideal memory, nt-outer. With another objective than cycles (mapping.objective) block and
/// order are those of the lowest estimate of it, by `energy`. Throws input_error naming the buffer's key, the layer and
/// the bytes when no block fits.
program_choice choose_program(const accelerator_config& config, const layer& l, const mm_op& first,
                              const std::vector<mm_op_shape>& shapes, const layer_masks& masks,
                              const layer_energy& energy = {});

/// Nothing with ideal memory. The block has to be one that choose_program() gave.
std::optional<memory_plan> plan_mm_op(const accelerator_config& config, const mm_op_shape& shape,
                                      const layer_masks& masks, const program_choice& choice);

}  // namespace dlac
