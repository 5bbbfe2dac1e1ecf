#pragma once
// What an engine runs: one mmOp, cut into tiles, with the counts its schedulers see and the pointwise operations that
// follow. Both engines take exactly this and nothing else.

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/core/shared_list.h"
#include "sim/mapping/memory_plan.h"
#include "sim/mapping/mm_op.h"
#include "sim/mapping/output_products.h"
#include "sim/mapping/step_counts.h"
#include "sim/mapping/step_order.h"
#include "sim/mapping/tiling.h"
#include "sim/mapping/values.h"

namespace dlac {

/// A pointwise instruction as the timing sees it.
struct pt_wise_instruction {
  std::uint32_t lanes = 1;           ///< outputs per cycle and PE
  bool streams_feature_map = false;  ///< an operand comes over the row buses
  bool multiplies = false;           ///< runs on the FMA units, which the extra adders cannot help
};

shared_list<pt_wise_instruction> lower_epilogue(const std::vector<pt_wise_op>& epilogue, const pe_config& pe);

/// Whether the scheduler looks at the non-zero elements of an operand only, or at all valid ones.
bool skips_rows(skip_mode skip);
bool skips_columns(skip_mode skip);
/// Whether the outputs that ReLU's derivative zeroes are left out.
bool skips_outputs(const accelerator_config& config, const layer& l, pass_kind pass);

struct mm_op_program {
  /// `values` may be null: the engine then moves zero masks only, and computes no outputs. An `op` with outputs that
  /// are not needed has to outlive the program.
  mm_op_program(const accelerator_config& config, const mm_op& op, block_shape block, tile_order order,
                const std::vector<pt_wise_op>& epilogue, const mm_op_values* values = nullptr);

  /// `formats` are those of the op on this machine, `instructions` its epilogue, lowered for it.
  mm_op_program(const accelerator_config& config, const mm_op& op, const pass_formats& formats, block_shape block,
                tile_order order, shared_list<pt_wise_instruction> instructions, const mm_op_values* values);

  /// Whether all steps of a tile take as long: nothing is skipped, and no slice ends.
  [[nodiscard]] bool steps_are_alike() const {
    return !skipped && row_counts.stride() == 0 && column_counts.stride() == 0 && !(slices && slices->operations > 0);
  }

  std::uint64_t steps;  ///< K, or as many times it as the operands have pairs of parts
  std::uint32_t lanes;  ///< L
  tiling tiles;
  step_counts row_counts;
  step_counts column_counts;
  std::optional<skipped_outputs> skipped;  ///< where products are not na * nw
  std::optional<slice_ends> slices;        ///< where codes are summed up slice by slice
  shared_list<pt_wise_instruction> epilogue;
  const mm_op_values* values;
  shared_plan memory;  ///< none: ideal memory
};

}  // namespace dlac
