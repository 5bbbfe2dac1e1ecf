#include "sim/timing/stream.h"

#include <algorithm>

#include "sim/contract/step_cost.h"
#include "sim/core/stop.h"

namespace dlac {

namespace {

tile_slices slices_of_tile(const mm_op_program& program, tile position) {
  if (!program.slices || program.slices->operations == 0) {
    return {};
  }
  const auto side = [](const tiled_dimension& dimension, std::uint64_t tile) {
    return tile_side{static_cast<std::uint32_t>(dimension.valid(tile)), dimension.block};
  };
  return {program.slices->steps, *program.slices, side(program.tiles.rows, position.mt),
          side(program.tiles.cols, position.nt)};
}

}  // namespace

stream_operands operands_of(const mm_op_program& program, tile position) {
  return {program.tiles.rows.active_lines(position.mt),
          program.tiles.cols.active_lines(position.nt),
          program.steps,
          program.row_counts.step(position.mt, 0).data(),
          program.row_counts.stride(),
          program.column_counts.step(position.nt, 0).data(),
          program.column_counts.stride(),
          nullptr,
          slices_of_tile(program, position)};
}

tile_streamer::tile_streamer(const stream_operands& operands, std::uint32_t lanes, std::uint32_t queue_depth,
                             cycle start)
    : operands_(operands),
      lanes_(lanes),
      queue_depth_(queue_depth),
      row_push_(operands.rows, start),
      column_push_(operands.cols, start),
      ends_(std::size_t{queue_depth} * operands.rows * operands.cols),
      last_end_(std::size_t{operands.rows} * operands.cols, start) {}

std::span<cycle> tile_streamer::ends_of(std::uint64_t k) {
  return std::span(ends_).subspan(k % queue_depth_ * last_end_.size(), last_end_.size());
}

// A_r(k) and W_c(k). Before step 0 every push is at T and nothing was pushed; before step D no slot was ever in use.
void tile_streamer::push_step(const operand_readiness& ready) {
  const auto k = next_step_;
  const cycle one_step_per_cycle = k == 0 ? 0 : 1;
  for (auto& push : row_push_) {
    push = std::max(push + one_step_per_cycle, ready.rows);
  }
  for (auto& push : column_push_) {
    push = std::max(push + one_step_per_cycle, ready.columns);
  }
  if (k < queue_depth_) {
    return;
  }
  const auto old_ends = ends_of(k - queue_depth_);
  std::size_t pe = 0;
  for (std::uint32_t r = 0; r < operands_.rows; ++r) {
    for (std::uint32_t c = 0; c < operands_.cols; ++c) {
      const auto slot_free = old_ends[pe++];
      row_push_[r] = std::max(row_push_[r], slot_free);
      column_push_[c] = std::max(column_push_[c], slot_free);
    }
  }
}

// S_rc(k) and E_rc(k), and what the PE did in the meantime (contract section 9).
void tile_streamer::execute_step(const operand_readiness& ready) {
  const auto ends = ends_of(next_step_);
  const auto visible_from = ready.visible_from();
  const auto& slices = operands_.slices;
  const bool ends_slice = slices.steps > 0 && (next_step_ + 1) % slices.steps == 0;
  std::size_t pe = 0;
  for (std::uint32_t r = 0; r < operands_.rows; ++r) {
    for (std::uint32_t c = 0; c < operands_.cols; ++c, ++pe) {
      auto& previous_end = last_end_[pe];
      const auto products = operands_.products_of(next_step_, r, c);
      const auto cost = step_cost(products, lanes_) + (ends_slice ? slices.cost(r, c) : 0);
      const auto start = std::max({row_push_[r] + 1, column_push_[c] + 1, previous_end});
      const auto waited = start - previous_end;
      const auto for_memory = memory_wait(visible_from, previous_end, waited);
      counts_.busy += cost;
      counts_.memory += for_memory;
      counts_.neighbour += waited - for_memory;
      counts_.products += products;
      previous_end = start + cost;
      ends[pe] = previous_end;
    }
  }
}

void tile_streamer::advance(std::uint64_t steps, const operand_readiness& ready) {
  for (const auto last = next_step_ + steps; next_step_ < last; ++next_step_) {
    heed_stop();
    push_step(ready);
    execute_step(ready);
  }
}

cycle tile_streamer::last_row_push() const {
  return *std::max_element(row_push_.begin(), row_push_.end());
}
cycle tile_streamer::last_column_push() const {
  return *std::max_element(column_push_.begin(), column_push_.end());
}

tile_stream tile_streamer::finish() const {
  auto result = counts_;
  result.mm_end = *std::max_element(last_end_.begin(), last_end_.end());
  for (const auto end : last_end_) {
    result.barrier += result.mm_end - end;
  }
  return result;
}

tile_stream stream_tile(const stream_operands& operands, std::uint32_t lanes, std::uint32_t queue_depth) {
  tile_streamer streamer(operands, lanes, queue_depth, 0);
  streamer.advance(operands.steps, {});
  return streamer.finish();
}

}  // namespace dlac
