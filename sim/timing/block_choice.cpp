#include "sim/timing/block_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <utility>

#include "sim/contract/step_cost.h"
#include "sim/core/stop.h"
#include "sim/mapping/program.h"
#include "sim/timing/memory_timeline.h"
#include "sim/timing/stream_simd.h"
#include "sim/timing/tile_sequence.h"

namespace dlac {
namespace {

// Two rounds: many candidates on few steps, then the best of them on more.
constexpr std::size_t first_round_candidates = 12;
constexpr std::uint64_t first_round_steps = 512;
constexpr std::size_t second_round_candidates = 4;
constexpr std::uint64_t second_round_steps = 2048;

// Steps streamed per sampled tile, and how many of them only fill the queues.
constexpr std::uint64_t window_steps = 32;
constexpr std::uint64_t warm_up_steps = 8;

/// The tiling of a candidate. The loop order does not matter to an estimate.
tiling cut(const accelerator_config& config, const mm_op_shape& op, block_shape block) {
  return {op.m, op.n, config.grid, block, tile_order::nt_outer};
}

struct candidate {
  block_shape block;
  double cycles = 0;
  double step_cycles = 0;
};

void sort_by_cycles(std::vector<candidate>& candidates) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const candidate& a, const candidate& b) { return a.cycles < b.cycles; });
}

/// `refine` never lowers a candidate's cycles: it is not asked once `count` are better than any other could become.
template <typename Refine>
void keep_best_refined(std::vector<candidate>& candidates, std::size_t count, Refine refine) {
  sort_by_cycles(candidates);
  std::vector<candidate> kept;
  for (auto c : candidates) {
    if (kept.size() == count && c.cycles >= kept.back().cycles) {
      break;
    }
    c.cycles = refine(c);
    kept.push_back(c);
    sort_by_cycles(kept);
    kept.resize(std::min(kept.size(), count));
  }
  candidates = std::move(kept);
}

/// The same, of those that `usable` takes; it is asked as seldom as possible.
void keep_best_usable(std::vector<candidate>& candidates, std::size_t count, const block_filter& usable) {
  sort_by_cycles(candidates);
  std::vector<candidate> kept;
  for (const auto& c : candidates) {
    if (kept.size() < count && usable(c.block)) {
      kept.push_back(c);
    }
  }
  candidates = std::move(kept);
}

/// Every shape that the output buffers can hold.
std::vector<block_shape> all_blocks(const accelerator_config& config) {
  std::vector<block_shape> blocks;
  for (std::uint32_t m = 1; m <= config.pe.output_buffers; ++m) {
    for (std::uint32_t n = 1; n <= config.pe.output_buffers / m; ++n) {
      blocks.push_back({m, n});
    }
  }
  return blocks;
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

/// Cycles if all zeros were independent and every PE could run at its own pace: mean cost of a step times steps.
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
  return cost * static_cast<double>(steps_of(op, formats) * cut(config, op, block).tiles());
}

double density(const bit_matrix& mask, bool skips_zeros) {
  return skips_zeros ? static_cast<double>(mask.count()) / static_cast<double>(mask.rows() * mask.cols()) : 1.0;
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

std::vector<block_shape> candidate_blocks(const accelerator_config& config, const mm_op_shape& op) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> shapes;
  const auto buffers = config.pe.output_buffers;
  for (std::uint32_t m = 1; m <= buffers; ++m) {
    const block_shape full{m, buffers / m};
    const auto tiles = cut(config, op, full);
    shapes.insert({full.m, full.n});
    shapes.insert({static_cast<std::uint32_t>(ceil_div(op.m, tiles.rows.tiles() * config.grid.rows)),
                   static_cast<std::uint32_t>(ceil_div(op.n, tiles.cols.tiles() * config.grid.cols))});
  }
  std::vector<block_shape> blocks;
  blocks.reserve(shapes.size());
  for (const auto& [m, n] : shapes) {
    blocks.push_back({m, n});
  }
  return blocks;
}

block_sample sample_block(const accelerator_config& config, const mm_op& op, const std::vector<pt_wise_op>& epilogue,
                          block_shape block, std::uint64_t steps) {
  const auto tiles = cut(config, op, block);
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

block_shape choose_block(const accelerator_config& config, const mm_op& op, const std::vector<pt_wise_op>& epilogue) {
  return *choose_usable_block(
      config, op, epilogue, [](block_shape) { return true; }, [](block_shape) { return block_plan{}; });
}

std::optional<block_shape> choose_usable_block(const accelerator_config& config, const mm_op& op,
                                               const std::vector<pt_wise_op>& epilogue, const block_filter& usable,
                                               const block_planner& plan) {
  if (config.mapping.block) {
    return usable(*config.mapping.block) ? config.mapping.block : std::nullopt;
  }
  const auto row_density = density(step_rows(op), skips_rows(config.skip));
  const auto column_density = density(step_columns(op), skips_columns(config.skip));
  const auto formats = formats_of(config, op);
  const auto judge = [&](const std::vector<block_shape>& blocks) {
    std::vector<candidate> candidates;
    candidates.reserve(blocks.size());
    for (const auto& block : blocks) {
      heed_stop();
      candidates.push_back(
          {block, estimate_from_densities(config, op, formats, block, row_density, column_density), 0});
    }
    keep_best_usable(candidates, first_round_candidates, usable);
    return candidates;
  };
  auto candidates = judge(candidate_blocks(config, op));
  if (candidates.empty()) {
    candidates = judge(all_blocks(config));
  }
  if (candidates.empty()) {
    return std::nullopt;
  }
  const auto with_memory = [&](const candidate& c) {
    const auto [order, memory] = plan(c.block);
    if (!memory) {
      return c.cycles;
    }
    return std::max(c.cycles, estimate_with_memory(config, op, epilogue, c.block, c.step_cycles, order, *memory));
  };
  for (const auto& [count, steps] :
       {std::pair{second_round_candidates, first_round_steps}, {std::size_t{1}, second_round_steps}}) {
    for (auto& c : candidates) {
      const auto sampled = sample_block(config, op, epilogue, c.block, steps);
      c = {c.block, sampled.cycles, sampled.step_cycles};
    }
    keep_best_refined(candidates, count, with_memory);
  }
  return candidates.front().block;
}

}  // namespace dlac
