#include "sim/timing/block_value.h"

#include <cmath>
#include <stdexcept>

#include "sim/timing/tile_sequence.h"

namespace dlac {
namespace {

/// Products that the lanes are given. Of those for outputs that are left out no more is known than how many outputs
/// these are.
std::uint64_t issued_products(const accelerator_config& config, const mm_op& op) {
  const auto& rows = step_rows(op);
  const auto& columns = step_columns(op);
  std::uint64_t sum = 0;
  for (std::uint64_t k = 0; k < rows.rows(); ++k) {
    sum += (skips_rows(config.skip) ? rows.count(k) : op.m) * (skips_columns(config.skip) ? columns.count(k) : op.n);
  }
  if (!op.needed || !config.skip_outputs) {
    return sum;
  }
  const auto needed = static_cast<double>(op.needed->count()) / static_cast<double>(op.m * op.n);
  return static_cast<std::uint64_t>(std::llround(needed * static_cast<double>(sum)));
}

/// A tile, and how many are as large.
struct alike_tiles {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// All tiles of a dimension but the last, and that.
std::vector<alike_tiles> sizes_of(const tiled_dimension& dimension) {
  const auto last = dimension.tiles() - 1;
  return {{0, last}, {last, 1}};
}

}  // namespace

block_value::block_value(const accelerator_config& config, const mm_op& op, const std::vector<pt_wise_op>& epilogue,
                         const layer_energy& energy)
    : config_(config), op_(op), energy_(energy) {
  if (is_cycles()) {
    return;
  }
  if (!energy) {
    throw std::logic_error("an objective of energy without a rule for it");
  }
  const auto formats = formats_of(config, op);
  epilogue_ = lower_epilogue(epilogue, config.pe);
  slices_ = slices_of(config, op, formats);
  of_any_.pass = op.pass;
  of_any_.formats = formats;
  of_any_.counters.issued_products = issued_products(config, op);
}

layer_result block_value::work_of(block_shape block, double cycles, const memory_traffic& traffic) const {
  const tiling tiles(op_.m, op_.n, config_.grid, block, tile_order::nt_outer);
  layer_result work = of_any_;
  work.traffic = traffic;
  work.counters.cycles = static_cast<cycle>(std::llround(cycles));
  for (const auto& rows : sizes_of(tiles.rows)) {
    for (const auto& columns : sizes_of(tiles.cols)) {
      add_activity({tiles, steps_of(op_, of_any_.formats), slices_, epilogue_}, {rows.first, columns.first},
                   rows.count * columns.count, work.counters);
    }
  }
  work.slice_operations = work.counters.activity.slice_mul_adds + work.counters.activity.slice_adds;
  return work;
}

double block_value::operator()(block_shape block, double cycles, const memory_traffic& traffic) const {
  if (is_cycles()) {
    return cycles;
  }
  const auto work = work_of(block, cycles, traffic);
  const auto energy = energy_(work);
  return config_.mapping.objective == mapping_objective::energy ? energy : energy * cycles;
}

}  // namespace dlac
