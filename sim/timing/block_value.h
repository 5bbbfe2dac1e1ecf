#pragma once
// How good a block is for a mmOp by the config's mapping.objective (docs/block-choice.md): its cycles, what they and
// its work take in energy, or the product of the two. Energy is counted by the rule of reports, of what the tiles of
// the block do: all of it follows from shapes and densities but the cycles, which are an estimate.

#include <optional>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/mm_op.h"
#include "sim/mapping/program.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"

namespace dlac {

class block_value {
 public:
  /// All arguments must outlive this. Throws std::logic_error where the objective is not cycles and there is no
  /// `energy`.
  block_value(const accelerator_config& config, const mm_op& op, const std::vector<pt_wise_op>& epilogue,
              const layer_energy& energy);

  /// Whether it is the cycles and nothing else.
  [[nodiscard]] bool is_cycles() const { return config_.mapping.objective == mapping_objective::cycles; }

  /// Lower is better: cycles, pJ, or pJ x cycles. Never falls as cycles or bytes rise.
  [[nodiscard]] double operator()(block_shape block, double cycles, const memory_traffic& traffic = {}) const;

  /// What the mmOp does with a block, as reports count it, in so many cycles.
  [[nodiscard]] layer_result work_of(block_shape block, double cycles, const memory_traffic& traffic) const;

 private:
  const accelerator_config& config_;
  const mm_op& op_;
  const layer_energy& energy_;
  shared_list<pt_wise_instruction> epilogue_;
  std::optional<slice_ends> slices_;
  layer_result of_any_;  ///< what is the same with every block
};

}  // namespace dlac
