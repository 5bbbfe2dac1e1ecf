#include "sim/timing/block_choice.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "sim/contract/step_cost.h"
#include "sim/core/stop.h"
#include "sim/mapping/program.h"
#include "sim/timing/block_estimate.h"
#include "sim/timing/block_value.h"

namespace dlac {
namespace {

// Two rounds: many candidates on few steps, then the best of them on more.
constexpr std::size_t first_round_candidates = 12;
constexpr std::size_t first_round_candidates_by_energy = 24;  // densities tell less of a product than of either
constexpr std::uint64_t first_round_steps = 512;
constexpr std::size_t second_round_candidates = 4;
constexpr std::uint64_t second_round_steps = 2048;

/// The tiling of a candidate. The loop order does not matter to an estimate.
tiling cut(const accelerator_config& config, const mm_op_shape& op, block_shape block) {
  return {op.m, op.n, config.grid, block, tile_order::nt_outer};
}

/// An order that a block may run in, and what it moves, as far as that is known.
struct ordered_traffic {
  std::optional<tile_order> order;  ///< nothing: the planner's
  memory_traffic traffic;
};

struct candidate {
  block_shape block;
  double value = 0;   ///< estimated, of the objective
  double cycles = 0;  ///< with ideal memory
  double step_cycles = 0;
  std::vector<ordered_traffic> ways = {};  ///< where the objective is not cycles
  std::optional<tile_order> order = {};    ///< of the value, where it was chosen
};

void sort_by_value(std::vector<candidate>& candidates) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const candidate& a, const candidate& b) { return a.value < b.value; });
}

/// `refine` never lowers a candidate's value: it is not asked once `count` are better than any other could become.
template <typename Refine>
void keep_best_refined(std::vector<candidate>& candidates, std::size_t count, Refine refine) {
  sort_by_value(candidates);
  std::vector<candidate> kept;
  for (auto c : candidates) {
    if (kept.size() == count && c.value >= kept.back().value) {
      break;
    }
    refine(c);
    kept.push_back(c);
    sort_by_value(kept);
    kept.resize(std::min(kept.size(), count));
  }
  candidates = std::move(kept);
}

/// The same, of those that `usable` takes; it is asked as seldom as possible.
void keep_best_usable(std::vector<candidate>& candidates, std::size_t count, const block_filter& usable) {
  sort_by_value(candidates);
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

double density(const bit_matrix& mask, bool skips_zeros) {
  return skips_zeros ? static_cast<double>(mask.count()) / static_cast<double>(mask.rows() * mask.cols()) : 1.0;
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

namespace {

/// Chooses round by round, each with fewer candidates and better estimates than the one before.
class block_chooser {
 public:
  /// All arguments must outlive this.
  block_chooser(const accelerator_config& config, const mm_op& op, const std::vector<pt_wise_op>& epilogue,
                const block_filter& usable, const block_planner& plan, const layer_energy& energy)
      : config_(config),
        op_(op),
        epilogue_(epilogue),
        usable_(usable),
        plan_(plan),
        value_(config, op, epilogue, energy),
        chooses_order_(!value_.is_cycles() && !config.mapping.order) {}

  std::optional<block_choice> choose() {
    if (const auto& fixed = config_.mapping.block) {
      return usable_(*fixed) ? std::optional(block_choice{*fixed, order_of(*fixed)}) : std::nullopt;
    }
    auto candidates = judge(candidate_blocks(config_, op_));
    if (candidates.empty()) {
      candidates = judge(all_blocks(config_));
    }
    if (candidates.empty()) {
      return std::nullopt;
    }
    for (const auto& [count, steps] :
         {std::pair{second_round_candidates, first_round_steps}, {std::size_t{1}, second_round_steps}}) {
      for (auto& c : candidates) {
        sample(c, steps);
      }
      keep_best_refined(candidates, count, [&](candidate& c) { wait_for_memory(c); });
    }
    return block_choice{candidates.front().block, candidates.front().order};
  }

 private:
  /// The best by densities, and, where bytes count beside cycles, by what they move.
  std::vector<candidate> judge(const std::vector<block_shape>& blocks) {
    const auto row_density = density(step_rows(op_), skips_rows(config_.skip));
    const auto column_density = density(step_columns(op_), skips_columns(config_.skip));
    const auto formats = formats_of(config_, op_);
    std::vector<candidate> candidates;
    candidates.reserve(blocks.size());
    for (const auto& block : blocks) {
      heed_stop();
      candidate c{block};
      c.cycles = estimate_from_densities(config_, op_, formats, block, row_density, column_density);
      c.value = value_(block, c.cycles);
      candidates.push_back(std::move(c));
    }
    if (value_.is_cycles()) {
      keep_best_usable(candidates, first_round_candidates, usable_);
    } else {
      std::erase_if(candidates, [&](const candidate& c) { return !usable_(c.block); });
      keep_best_refined(candidates, first_round_candidates_by_energy, [&](candidate& c) { add_traffic(c); });
    }
    return candidates;
  }

  [[nodiscard]] std::vector<ordered_traffic> all_orders() const {
    return chooses_order_ ? std::vector<ordered_traffic>{{tile_order::nt_outer, {}}, {tile_order::mt_outer, {}}}
                          : std::vector<ordered_traffic>(1);
  }

  /// The least that a candidate can come to, with what is known of its traffic.
  [[nodiscard]] double least_value(const candidate& c) const {
    double least = std::numeric_limits<double>::infinity();
    for (const auto& way : c.ways) {
      least = std::min(least, value_(c.block, c.cycles, way.traffic));
    }
    return least;
  }

  /// No memory moves its bytes faster than its channels do.
  void add_traffic(candidate& c) const {
    c.ways = all_orders();
    double least = std::numeric_limits<double>::infinity();
    for (auto& way : c.ways) {
      const auto memory = plan_(c.block, way.order).memory;
      if (memory) {
        way.traffic = memory->traffic;
        const auto channels =
            transfer_cycles(std::max(way.traffic.read(), way.traffic.outputs), memory->bytes_per_cycle.thousandths);
        least = std::min(least, value_(c.block, std::max(c.cycles, static_cast<double>(channels)), way.traffic));
      } else {
        least = std::min(least, c.value);
      }
    }
    c.value = least;
  }

  void sample(candidate& c, std::uint64_t steps) const {
    const auto sampled = sample_block(config_, op_, epilogue_, c.block, steps);
    c.cycles = sampled.cycles;
    c.step_cycles = sampled.step_cycles;
    c.value = value_.is_cycles() ? c.cycles : least_value(c);
  }

  /// The better of the candidate's orders, the first where they are as good.
  void wait_for_memory(candidate& c) const {
    if (value_.is_cycles()) {
      const auto [order, memory] = plan_(c.block, std::nullopt);
      c.value = cycles_with(c, order, memory);
      return;
    }
    double best = std::numeric_limits<double>::infinity();
    for (const auto& way : c.ways) {
      if (value_(c.block, c.cycles, way.traffic) >= best) {
        continue;
      }
      const auto [order, memory] = plan_(c.block, way.order);
      const auto value = value_(c.block, cycles_with(c, order, memory), memory ? memory->traffic : memory_traffic{});
      if (value < best) {
        best = value;
        c.order = way.order;
      }
    }
    c.value = best;
  }

  [[nodiscard]] double cycles_with(const candidate& c, tile_order order,
                                   const std::optional<memory_plan>& memory) const {
    if (!memory) {
      return c.cycles;
    }
    return std::max(c.cycles, estimate_with_memory(config_, op_, epilogue_, c.block, c.step_cycles, order, *memory));
  }

  /// Of a fixed block.
  [[nodiscard]] std::optional<tile_order> order_of(block_shape block) const {
    if (!chooses_order_) {
      return std::nullopt;
    }
    candidate c{block};
    c.ways = all_orders();
    sample(c, second_round_steps);
    wait_for_memory(c);
    return c.order;
  }

  const accelerator_config& config_;
  const mm_op& op_;
  const std::vector<pt_wise_op>& epilogue_;
  const block_filter& usable_;
  const block_planner& plan_;
  block_value value_;
  bool chooses_order_;
};

}  // namespace

block_shape choose_block(const accelerator_config& config, const mm_op& op, const std::vector<pt_wise_op>& epilogue,
                         const layer_energy& energy) {
  const block_filter usable = [](block_shape) { return true; };
  const block_planner plan = [](block_shape, std::optional<tile_order>) { return block_plan{}; };
  return choose_usable_block(config, op, epilogue, usable, plan, energy)->block;
}

std::optional<block_choice> choose_usable_block(const accelerator_config& config, const mm_op& op,
                                                const std::vector<pt_wise_op>& epilogue, const block_filter& usable,
                                                const block_planner& plan, const layer_energy& energy) {
  return block_chooser(config, op, epilogue, usable, plan, energy).choose();
}

}  // namespace dlac
