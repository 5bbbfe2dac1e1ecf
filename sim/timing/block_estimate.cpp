#include "sim/timing/block_estimate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "sim/contract/step_cost.h"
#include "sim/core/stop.h"
#include "sim/mapping/program.h"
#include "sim/timing/memory_timeline.h"
#include "sim/timing/stream_simd.h"
#include "sim/timing/tile_sequence.h"

namespace dlac {
namespace {

// Steps streamed per sampled tile, and how many of them only fill the queues.
constexpr std::uint64_t window_steps = 32;
constexpr std::uint64_t warm_up_steps = 8;

/// How a block cuts the mmOp. The loop order does not matter to an estimate.
tiling cut_by(const accelerator_config& config, const mm_op_shape& op, block_shape block) {
  return {op.m, op.n, config.grid, block, tile_order::nt_outer};
}

/// P(x of n) for x = 0..n, each element non-zero with probability p.
std::vector<double> binomial(std::uint32_t n, double p) {
  std::vector<double> probability(n + 1, 0.0);
  probability[0] = 1;
  for (std::uint32_t i = 0; i < n; ++i) {
    for (std::uint32_t x = i + 1; x > 0; --x) {
      probability[x] = probability[x] * (1 - p) + probability[x - 1] * p;
    }
    probability[0] *= 1 - p;
  }
  return probability;
}

/// What the ends of slices take, spread over all steps.
double slice_cycles_per_step(const std::optional<slice_ends>& slices, std::uint64_t outputs) {
  return slices ? static_cast<double>(slices->cost(outputs)) / static_cast<double>(slices->steps) : 0;
}

/// A few steps of one tile.
struct window {
  tile position;
  std::uint64_t first_step = 0;
};

/// Windows to stream, and in which order their results count: a small mmOp has fewer windows than are wanted.
struct window_spread {
  std::vector<window> windows;
  std::vector<std::uint32_t> order;  ///< indices into `windows`
};

/// Tiles and windows are spread evenly, the windows by the golden ratio so that they do not move in step with the
/// tiles.
window_spread spread_windows(const tiling& tiles, std::uint64_t steps, std::uint64_t count) {
  constexpr auto unknown = std::numeric_limits<std::uint32_t>::max();
  window_spread spread;
  const auto first_steps = steps - std::min(steps, window_steps) + 1;
  if (tiles.tiles() * first_steps == 1) {
    return {{{tiles.at(0), 0}}, std::vector<std::uint32_t>(count)};
  }
  const bool repeats = tiles.tiles() < count && first_steps < count && tiles.tiles() * first_steps < count;
  std::vector<std::uint32_t> known(repeats ? tiles.tiles() * first_steps : 0, unknown);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto turn = static_cast<double>(i) * 0.6180339887498949;
    const auto number = (2 * i + 1) * tiles.tiles() / (2 * count);
    const auto first_step = static_cast<std::uint64_t>((turn - std::floor(turn)) * static_cast<double>(first_steps));
    auto index = static_cast<std::uint32_t>(spread.windows.size());
    if (repeats) {
      auto& place = known[number * first_steps + first_step];
      place = std::min(place, index);
      index = place;
    }
    if (index == spread.windows.size()) {
      spread.windows.push_back({tiles.at(number), first_step});
    }
    spread.order.push_back(index);
  }
  return spread;
}

/// Cycles per step of every window in the steady state: the first steps, which fill the queues, are left out. Ends of
/// slices, of which a window may have any number, are spread over all steps.
std::vector<double> cycles_per_step(const accelerator_config& config, const mm_op& op, const tiling& tiles,
                                    const std::vector<window>& windows) {
  const auto steps = std::min(window_steps, step_rows(op).rows());
  const auto row_size = window_size(tiles.rows, steps);
  const auto column_size = window_size(tiles.cols, steps);
  const auto counts = std::make_unique_for_overwrite<std::uint16_t[]>(windows.size() * (row_size + column_size));
  std::vector<stream_operands> operands;
  for (auto* next = counts.get(); const auto& [position, first_step] : windows) {
    auto* const row_counts = std::exchange(next, next + row_size);
    auto* const column_counts = std::exchange(next, next + column_size);
    count_window(step_rows(op), tiles.rows, skips_rows(config.skip), position.mt, first_step, steps, row_counts);
    count_window(step_columns(op), tiles.cols, skips_columns(config.skip), position.nt, first_step, steps,
                 column_counts);
    operands.push_back({tiles.rows.active_lines(position.mt), tiles.cols.active_lines(position.nt), steps, row_counts,
                        padded_lines(tiles.rows.lines), column_counts, padded_lines(tiles.cols.lines)});
  }
  const bool warms_up = steps > 2 * warm_up_steps;
  std::vector<tile_stream> whole(windows.size());
  std::vector<cycle> filling(windows.size(), 0);
  const auto formats = formats_of(config, op);
  const auto slices = slices_of(config, op, formats);
  stream_tiles(machine_of(config, formats, tiles.block()), operands, whole, {warms_up ? warm_up_steps : 0, filling});
  std::vector<double> cycles;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto& [position, first_step] = windows[i];
    const auto outputs = std::uint64_t{tiles.rows.valid(position.mt, 0)} * tiles.cols.valid(position.nt, 0);
    cycles.push_back(static_cast<double>(whole[i].mm_end - filling[i]) /
                         static_cast<double>(steps - (warms_up ? warm_up_steps : 0)) +
                     slice_cycles_per_step(slices, outputs));
  }
  return cycles;
}

}  // namespace

double estimate_from_densities(const accelerator_config& config, const mm_op& op, const pass_formats& formats,
                               block_shape block, double row_density, double column_density) {
  const auto rows = binomial(block.m, row_density);
  const auto columns = binomial(block.n, column_density);
  const auto lanes = config.lanes(formats);
  double cost = slice_cycles_per_step(slices_of(config, op, formats), block.outputs());
  for (std::uint32_t na = 0; na <= block.m; ++na) {
    for (std::uint32_t nw = 0; nw <= block.n; ++nw) {
      cost += rows[na] * columns[nw] * step_cost(na * nw, lanes);
    }
  }
  return cost * static_cast<double>(steps_of(op, formats) * cut_by(config, op, block).tiles());
}

block_sample sample_block(const accelerator_config& config, const mm_op& op, const std::vector<pt_wise_op>& epilogue,
                          block_shape block, std::uint64_t steps) {
  const auto tiles = cut_by(config, op, block);
  const auto instructions = lower_epilogue(epilogue, config.pe);
  const auto all_steps = step_rows(op).rows();
  const auto [windows, order] =
      spread_windows(tiles, all_steps, std::max<std::uint64_t>(1, steps / std::min(window_steps, all_steps)));
  const auto step_cycles = cycles_per_step(config, op, tiles, windows);
  std::vector<double> tile_cycles;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto position = windows[i].position;
    const auto mm = step_cycles[i] * static_cast<double>(all_steps);
    const auto pt = static_cast<double>(pt_wise_cycles(tiles, instructions, position));
    const auto drain = static_cast<double>(drain_cycles(config, tiles, position));
    tile_cycles.push_back(config.pe.output_banks == 2 ? std::max(mm + pt, drain) : mm + pt + drain);
  }
  double per_tile = 0;
  double per_step = 0;
  for (const auto index : order) {
    per_tile += tile_cycles[index];
    per_step += step_cycles[index];
  }
  const auto count = static_cast<double>(order.size());
  return {per_tile / count * static_cast<double>(tiles.tiles()), per_step / count};
}

double estimate_with_memory(const accelerator_config& config, const mm_op& op, const std::vector<pt_wise_op>& epilogue,
                            block_shape block, double step_cycles, tile_order order, const memory_plan& memory) {
  const tiling tiles(op.m, op.n, config.grid, block, order);
  const auto instructions = lower_epilogue(epilogue, config.pe);
  memory_timeline timeline(memory);
  double start = 0;
  double previous_drain_end = 0;
  for (std::uint64_t i = 0; i < tiles.tiles(); ++i) {
    heed_stop();
    auto now = start;
    for (auto use = memory.first_use[i]; use < memory.first_use[i + 1]; ++use) {
      const auto ready = timeline.ready(use);
      now = std::max(now, static_cast<double>(std::max(ready.rows, ready.columns))) +
            step_cycles * static_cast<double>(memory.uses[use].steps);
      timeline.streamed(use, static_cast<cycle>(now), static_cast<cycle>(now));
    }
    const auto position = tiles.at(i);
    const auto pt_end = now + static_cast<double>(pt_wise_cycles(tiles, instructions, position));
    const auto drain = std::max(drain_cycles(config, tiles, position),
                                transfer_cycles(memory.output_bytes[i], memory.bytes_per_cycle.thousandths));
    const auto drain_end = std::max(pt_end, previous_drain_end) + static_cast<double>(drain);
    start = std::max(pt_end, config.pe.output_banks == 2 ? previous_drain_end : drain_end);
    previous_drain_end = drain_end;
  }
  return previous_drain_end;
}

}  // namespace dlac
