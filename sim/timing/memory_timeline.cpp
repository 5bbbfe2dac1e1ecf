#include "sim/timing/memory_timeline.h"

#include <algorithm>

#include "sim/contract/step_cost.h"

namespace dlac {

memory_timeline::memory_timeline(const memory_plan& plan) : plan_(plan) {
  rows_.ready.resize(plan.row_fetches);
  columns_.ready.resize(plan.column_fetches);
  rows_.streaming_end.resize(plan.uses.size());
  columns_.streaming_end.resize(plan.uses.size());
}

void memory_timeline::fetch(const chunk_operand& operand, buffer& target) {
  if (!operand.begins_fetch) {
    return;
  }
  const auto slot_free = operand.free_after == 0 ? 0 : target.streaming_end[operand.free_after - 1];
  const auto begin = std::max(channel_free_, slot_free);
  channel_free_ = begin + transfer_cycles(operand.bytes, plan_.bytes_per_cycle.thousandths);
  target.ready[operand.fetch] = channel_free_ + plan_.latency;
}

operand_readiness memory_timeline::ready(std::uint64_t use) {
  const auto& chunk = plan_.uses[use];
  fetch(chunk.row, rows_);
  fetch(chunk.column, columns_);
  return {rows_.ready[chunk.row.fetch], columns_.ready[chunk.column.fetch], true};
}

void memory_timeline::streamed(std::uint64_t use, cycle last_row_push, cycle last_column_push) {
  rows_.streaming_end[use] = last_row_push + 1;
  columns_.streaming_end[use] = last_column_push + 1;
}

}  // namespace dlac
