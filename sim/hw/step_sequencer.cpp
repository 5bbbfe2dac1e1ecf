#include "sim/hw/step_sequencer.h"

#include <algorithm>

#include "sim/contract/step_cost.h"

namespace dlac::hw {

void step_sequencer::begin_tile(std::uint64_t steps, const std::uint16_t* step_costs, datapath_if* datapath,
                                const product_count_if* product_count, const pe_slices& slices) {
  row_queue_.begin_tile(row_bus_->slots());
  column_queue_.begin_tile(column_bus_->slots());
  steps_left_ = steps;
  step_costs_ = step_costs;
  datapath_ = datapath;
  product_count_ = product_count;
  slices_ = slices;
  slice_left_ = slices.steps;
  counters_ = {};
  counters_.last_end = gate_->now();
  waiting_ = true;
}

void step_sequencer::clock_edge() {
  if (halted_) {
    return;
  }
  if (busy_) {
    if (gate_->now() < counters_.last_end) {
      gate_->wake(index_, counters_.last_end);
      return;
    }
    end_step();
    if (steps_left_ == 0) {
      if (datapath_ != nullptr) {
        datapath_->finish();
      }
      barrier_->arrive();
      return;
    }
  }
  if (row_queue_.empty() || column_queue_.empty()) {
    waiting_ = true;
  } else {
    start_step();
  }
}

void step_sequencer::start_step() {
  const auto& row = row_queue_.front();
  const auto& column = column_queue_.front();
  const auto products =
      product_count_ == nullptr ? row.count * column.count : product_count_->products(row.elements, column.elements);
  const auto cost = step_costs_[products] + (slice_left_ == 1 ? slices_.cost : 0);
  const auto waited = gate_->now() - counters_.last_end;
  const auto for_memory = memory_wait(std::max(row.visible_from, column.visible_from), counters_.last_end, waited);
  counters_.memory += for_memory;
  counters_.neighbour += waited - for_memory;
  counters_.busy += cost;
  counters_.products += products;
  busy_ = true;
  counters_.last_end = gate_->now() + cost;
  gate_->wake(index_, counters_.last_end);
}

void step_sequencer::end_step() {
  if (datapath_ != nullptr) {
    datapath_->accumulate(row_queue_.front().values, column_queue_.front().values);
  }
  if (slice_left_ > 0 && --slice_left_ == 0) {
    slices_.listener->end_slice();
    slice_left_ = slices_.steps;
  }
  const bool row_was_full = row_queue_.full();
  row_queue_.pop();
  if (row_was_full) {
    row_bus_->slot_freed();
  }
  const bool column_was_full = column_queue_.full();
  column_queue_.pop();
  if (column_was_full) {
    column_bus_->slot_freed();
  }
  busy_ = false;
  --steps_left_;
  gate_->clock().progress();
}

}  // namespace dlac::hw
