#include "sim/timing/memory_timeline.h"

#include <algorithm>

#include "sim/contract/step_cost.h"

namespace dlac {

memory_timeline::memory_timeline(const memory_plan& plan)
    : plan_(plan),
      rows_{0, plan.row_fetches},
      columns_{plan.row_fetches + plan.uses.size(), plan.row_fetches + plan.uses.size() + plan.column_fetches},
      cycles_(columns_.streaming_end + plan.uses.size()) {}

void memory_timeline::fetch(const chunk_operand& operand, const buffer& target) {
  if (!operand.begins_fetch) {
    return;
  }
  const auto slot_free = operand.free_after == 0 ? 0 : cycles_[target.streaming_end + operand.free_after - 1];
  const auto begin = std::max(channel_free_, slot_free);
  channel_free_ = begin + transfer_cycles(operand.bytes, plan_.bytes_per_cycle.thousandths);
  cycles_[target.ready + operand.fetch] = channel_free_ + plan_.latency;
}

operand_readiness memory_timeline::ready(std::uint64_t use) {
  const auto& chunk = plan_.uses[use];
  fetch(chunk.row, rows_);
  fetch(chunk.column, columns_);
  return {cycles_[rows_.ready + chunk.row.fetch], cycles_[columns_.ready + chunk.column.fetch], true};
}

void memory_timeline::streamed(std::uint64_t use, cycle last_row_push, cycle last_column_push) {
  cycles_[rows_.streaming_end + use] = last_row_push + 1;
  cycles_[columns_.streaming_end + use] = last_column_push + 1;
}

}  // namespace dlac
