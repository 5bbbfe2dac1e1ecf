#pragma once
// The `auto` block (docs/block-choice.md): which (Bm, Bn) will take the fewest cycles, or the least of another
// objective (mapping.objective). Every shape that fits the output buffers is judged by the operands' densities; the
// best of them are then streamed through the recurrence on a sample of the real operands. With finite memory that
// sample is put into the timeline of the chunks that the block fetches.

#include <functional>
#include <optional>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/memory_plan.h"
#include "sim/mapping/mm_op.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"

namespace dlac {

/// The fixed block of the config, or the one with the lowest estimate; deterministic. `energy` is needed for an
/// objective other than cycles.
block_shape choose_block(const accelerator_config& config, const mm_op& op, const std::vector<pt_wise_op>& epilogue,
                         const layer_energy& energy = {});

/// Whether a block can be used: whether its K-groups fit the buffers, say.
using block_filter = std::function<bool(block_shape)>;

/// The order in which the tiles of a block run, and what they fetch; without a plan operands are always there.
struct block_plan {
  tile_order order = tile_order::nt_outer;
  std::optional<memory_plan> memory;
};
/// In the order that is asked for; without one in that of the config, or the one that reads fewer bytes.
using block_planner = std::function<block_plan(block_shape, std::optional<tile_order>)>;

/// Nothing for the order: that which the planner gives this block when it is not asked for one.
struct block_choice {
  block_shape block;
  std::optional<tile_order> order = {};
};

/// The same among the blocks that `usable` takes; of the candidates, or if none is, of all shapes that the output
/// buffers can hold. Nothing when there is none, or the fixed one is not usable. An objective other than cycles chooses
/// the order, too, where the config leaves it open. `plan` is asked for usable blocks only, and for as few as possible.
std::optional<block_choice> choose_usable_block(const accelerator_config& config, const mm_op& op,
                                                const std::vector<pt_wise_op>& epilogue, const block_filter& usable,
                                                const block_planner& plan, const layer_energy& energy = {});

/// Block shapes worth a thought: for every Bm the largest Bn that the output buffers allow, and the same cut down to
/// what the number of tiles needs, so that the last tile is as full as the others.
std::vector<block_shape> candidate_blocks(const accelerator_config& config, const mm_op_shape& op);

}  // namespace dlac
