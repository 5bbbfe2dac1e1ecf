#include "sim/engine/program_choice.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/mapping/buffer_fit.h"
#include "sim/timing/block_choice.h"

namespace dlac {
namespace {

[[noreturn]] void fail(const accelerator_config& config, const layer& l, pass_kind pass, block_shape block,
                       const buffer_shortage& shortage) {
  throw input_error(
      fmt::format("config {}", in_quotes(config.name)),
      shortage.column ? "/weight_buffer_bytes" : "/feature_map_buffer_bytes",
      fmt::format("{}", shortage.column ? config.weight_buffer_bytes : config.feature_map_buffer_bytes),
      fmt::format("at least {} bytes: two slots, each for a K-group of layer {} ({}) with a block of {} x {}",
                  shortage.needed_bytes, in_quotes(l.name), to_string(pass), block.m, block.n));
}

/// Plans the first mmOp with a block, in the order that the config fixes, or in the one that reads fewer bytes. A block
/// has to fit the buffers.
class ordered_plans {
 public:
  /// All arguments must outlive this; `config` has finite memory.
  ordered_plans(const accelerator_config& config, const mm_op_shape& first, const layer_masks& masks)
      : config_(config), first_(first), masks_(masks) {}

  /// In this order, where one is given.
  block_plan plan(block_shape block, std::optional<tile_order> order = {}) {
    if (order) {
      return in_order(*order, block);
    }
    if (const auto known = known_order(block)) {
      return in_order(*known, block);
    }
    auto nt_outer = in_order(tile_order::nt_outer, block);
    auto mt_outer = in_order(tile_order::mt_outer, block);
    auto& better = mt_outer.memory->traffic.read() < nt_outer.memory->traffic.read() ? mt_outer : nt_outer;
    orders_.emplace(std::pair{block.m, block.n}, better.order);
    return std::move(better);
  }
  tile_order order(block_shape block) {
    const auto known = known_order(block);
    return known ? *known : plan(block).order;
  }

 private:
  [[nodiscard]] std::optional<tile_order> known_order(block_shape block) const {
    const auto entry = orders_.find({block.m, block.n});
    if (entry != orders_.end()) {
      return entry->second;
    }
    return !config_.mapping.order && has_one_order(block) ? tile_order::nt_outer : config_.mapping.order;
  }
  /// A single row or column of tiles is gone through in one way, and so planned in one.
  [[nodiscard]] bool has_one_order(block_shape block) const {
    const tiling tiles(first_.m, first_.n, config_.grid, block, tile_order::nt_outer);
    return tiles.rows.tiles() == 1 || tiles.cols.tiles() == 1;
  }
  [[nodiscard]] block_plan in_order(tile_order order, block_shape block) const {
    return {order, plan_mm_op(config_, first_, masks_, {block, order})};
  }

  const accelerator_config& config_;
  const mm_op_shape& first_;
  const layer_masks& masks_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, tile_order> orders_;  ///< a plan itself may be large
};

/// The smallest block needs the fewest bytes.
block_choice choose_fitting_block(const accelerator_config& config, const layer& l, const mm_op& first,
                                  const std::vector<mm_op_shape>& shapes, const tensor_mask& row_source,
                                  ordered_plans& plans, const layer_energy& energy) {
  buffer_fit fit(config, shapes, row_source);
  const auto chosen = choose_usable_block(
      config, first, pass_epilogue(l, formats_of(config, first), first.pass),
      [&](block_shape block) { return !fit.shortage(block); },
      [&](block_shape block, std::optional<tile_order> order) { return plans.plan(block, order); }, energy);
  if (!chosen) {
    const auto block = config.mapping.block.value_or(block_shape{1, 1});
    fail(config, l, first.pass, block, fit.shortage(block).value());
  }
  return *chosen;
}

}  // namespace

program_choice choose_program(const accelerator_config& config, const layer& l, const mm_op& first,
                              const std::vector<mm_op_shape>& shapes, const layer_masks& masks,
                              const layer_energy& energy) {
  if (!config.memory) {
    return {choose_block(config, first, pass_epilogue(l, formats_of(config, first), first.pass), energy),
            config.mapping.order.value_or(tile_order::nt_outer)};
  }
  ordered_plans plans(config, first, masks);
  const auto [block, order] = choose_fitting_block(config, l, first, shapes, masks.of(first.rows), plans, energy);
  return {block, order ? *order : plans.order(block)};
}

std::optional<memory_plan> plan_mm_op(const accelerator_config& config, const mm_op_shape& shape,
                                      const layer_masks& masks, const program_choice& choice) {
  if (!config.memory) {
    return std::nullopt;
  }
  const tiling tiles(shape.m, shape.n, config.grid, choice.block, choice.order);
  const auto* mask = config.memory->feature_map_compression == compression::bitmap ? &masks.of(shape.rows) : nullptr;
  const auto formats = formats_of(config, shape);
  const auto meter = make_chunk_meter(shape, mask, tiles.rows, row_groups(shape, formats));
  buffer_shortage shortage;
  auto plan = plan_memory(config, shape, tiles, *meter, formats, shortage);
  if (!plan) {
    throw simulation_error("a K-group does not fit the buffers that the block was chosen for");
  }
  return plan;
}

}  // namespace dlac
