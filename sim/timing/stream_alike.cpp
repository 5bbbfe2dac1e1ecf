#include "sim/timing/stream_alike.h"

#include <algorithm>

#include "sim/contract/step_cost.h"

namespace dlac {

alike_streamer::alike_streamer(const stream_operands& operands, std::uint32_t lanes, std::uint32_t queue_depth,
                               cycle start)
    : queue_depth_(queue_depth),
      rows_(kinds_of({operands.row_counts, operands.rows}, start)),
      columns_(kinds_of({operands.column_counts, operands.cols}, start)) {
  for (const auto& row : rows_) {
    for (const auto& column : columns_) {
      const auto products = std::uint32_t{row.count} * column.count;
      pes_.push_back({row.lines * column.lines, products, step_cost(products, lanes), std::vector<cycle>(queue_depth),
                      start, 0, 0});
    }
  }
}

std::vector<alike_streamer::line_kind> alike_streamer::kinds_of(std::span<const std::uint16_t> counts, cycle start) {
  std::vector<line_kind> kinds;
  for (const auto count : counts) {
    if (kinds.empty() || kinds.back().count != count) {
      kinds.push_back({count, 0, start});
    }
    ++kinds.back().lines;
  }
  return kinds;
}

cycle alike_streamer::latest_push(const std::vector<line_kind>& lines) {
  return std::max_element(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.push < b.push; })
      ->push;
}

void alike_streamer::push_step(const operand_readiness& ready) {
  const cycle one_step_per_cycle = next_step_ == 0 ? 0 : 1;
  for (auto& row : rows_) {
    row.push = std::max(row.push + one_step_per_cycle, ready.rows);
  }
  for (auto& column : columns_) {
    column.push = std::max(column.push + one_step_per_cycle, ready.columns);
  }
  if (next_step_ < queue_depth_) {
    return;
  }
  const auto* pe = pes_.data();
  for (auto& row : rows_) {
    for (auto& column : columns_) {
      const auto slot_free = (pe++)->ends[next_step_ % queue_depth_];
      row.push = std::max(row.push, slot_free);
      column.push = std::max(column.push, slot_free);
    }
  }
}

void alike_streamer::execute_step(const operand_readiness& ready) {
  auto* pe = pes_.data();
  for (const auto& row : rows_) {
    for (const auto& column : columns_) {
      const auto start = std::max({row.push + 1, column.push + 1, pe->last_end});
      pe->waited = start - pe->last_end;
      pe->waited_for_memory = memory_wait(ready.visible_from(), pe->last_end, pe->waited);
      pe->last_end = start + pe->cost;
      pe->ends[next_step_ % queue_depth_] = pe->last_end;
      count(*pe++, 1);
    }
  }
}

void alike_streamer::count(const pe_kind& pe, std::uint64_t steps) {
  counts_.busy += steps * pe.pes * pe.cost;
  counts_.memory += steps * pe.pes * pe.waited_for_memory;
  counts_.neighbour += steps * pe.pes * (pe.waited - pe.waited_for_memory);
  counts_.products += steps * pe.pes * pe.products;
}

std::vector<cycle> alike_streamer::times() const {
  std::vector<cycle> all;
  all.reserve(rows_.size() + columns_.size() + pes_.size());
  for (const auto* lines : {&rows_, &columns_}) {
    for (const auto& line : *lines) {
      all.push_back(line.push);
    }
  }
  for (const auto& pe : pes_) {
    all.push_back(pe.last_end);
  }
  return all;
}

void alike_streamer::compare(const std::vector<cycle>& before) {
  const auto now = times();
  const auto rise = now.front() - before.front();
  for (std::size_t i = 1; i < now.size(); ++i) {
    if (now[i] - before[i] != rise) {
      same_rises_ = 0;
      return;
    }
  }
  same_rises_ = same_rises_ > 0 && rise == rise_ ? same_rises_ + 1 : 1;
  rise_ = rise;
}

// Every time of the next step is a maximum of sums of times that have all risen by `rise_`.
void alike_streamer::repeat_last_step(std::uint64_t times) {
  for (auto* lines : {&rows_, &columns_}) {
    for (auto& line : *lines) {
      line.push += times * rise_;
    }
  }
  for (auto& pe : pes_) {
    count(pe, times);
    pe.last_end += times * rise_;
    for (std::uint64_t age = 0; age < queue_depth_; ++age) {
      pe.ends[(next_step_ + times - 1 - age) % queue_depth_] = pe.last_end - age * rise_;
    }
  }
  next_step_ += times;
}

void alike_streamer::advance(std::uint64_t steps, const operand_readiness& ready) {
  const auto last = next_step_ + steps;
  for (bool first = true; next_step_ < last; first = false) {
    const auto before = times();
    push_step(ready);
    execute_step(ready);
    ++next_step_;
    compare(before);
    // The times that the next step depends on, D ends among them, are those that this one depended on, all later by the
    // same. Not so the arrival of the chunk, but only its first step waits for that: it is pushed no earlier, and what
    // has ended it has seen it.
    if (!first && same_rises_ >= queue_depth_ && next_step_ > queue_depth_) {
      repeat_last_step(last - next_step_);
    }
  }
}

tile_stream alike_streamer::finish() const {
  auto result = counts_;
  for (const auto& pe : pes_) {
    result.mm_end = std::max(result.mm_end, pe.last_end);
  }
  for (const auto& pe : pes_) {
    result.barrier += pe.pes * (result.mm_end - pe.last_end);
  }
  return result;
}

}  // namespace dlac
