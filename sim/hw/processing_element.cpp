#include "sim/hw/processing_element.h"

#include "sim/hw/pt_wise_op_unit.h"
#include "sim/timing/step_cost.h"

namespace dlac::hw {

processing_element::processing_element(sc_core::sc_module_name name, row_clock_gate& gate, std::uint32_t index,
                                       const accelerator_config& config)
    : sc_module(name),
      row_operands("row_operands"),
      column_operands("column_operands"),
      row_bus("row_bus"),
      column_bus("column_bus"),
      barrier("barrier"),
      row_queue_(config.pe.operand_queue_depth),
      column_queue_(config.pe.operand_queue_depth),
      row_input_(*this, row_queue_),
      column_input_(*this, column_queue_),
      gate_(gate),
      index_(index),
      scheduler_(config.skip, config.pe.output_buffers),
      outputs_(config.pe.output_banks, config.pe.output_buffers) {
  row_operands(row_input_);
  column_operands(column_input_);
  SC_METHOD(end_pt_wise_op);
  sensitive << pt_wise_end_;
  dont_initialize();
}

void processing_element::end_of_elaboration() {
  row_wires_ = row_bus.operator->();
  column_wires_ = column_bus.operator->();
}

void processing_element::begin_tile(const pe_tile& tile) {
  tile_ = tile;
  row_queue_.begin_tile(row_wires_->slots());
  column_queue_.begin_tile(column_wires_->slots());
  counters_ = {};
  counters_.last_end = gate_.now();
  steps_left_ = tile.program->steps;
  lanes_ = tile.program->lanes;
  waiting_ = true;
  accumulate_ = nullptr;
  if (tile_.program->values != nullptr) {
    accumulate_ = accumulator_for(tile_.program->values->mode(), tile_.program->values->column_format());
    outputs_.clear(tile_.bank);
  }
}

// What is pushed in one cycle is seen in the next.
void processing_element::operand_arrived() {
  if (waiting_ && !row_queue_.empty() && !column_queue_.empty()) {
    waiting_ = false;
    gate_.wake(index_, gate_.now() + 1);
  }
}

void processing_element::clock_edge() {
  if (halted_) {
    return;
  }
  if (busy_) {
    if (gate_.now() < step_end_) {
      gate_.wake(index_, step_end_);
      return;
    }
    end_step();
    if (steps_left_ == 0) {
      if (accumulate_ != nullptr) {
        outputs_.finish(tile_.bank);
      }
      barrier->arrive();
      return;
    }
  }
  if (row_queue_.empty() || column_queue_.empty()) {
    waiting_ = true;
  } else {
    start_step();
  }
}

void processing_element::start_step() {
  const auto na = row_queue_.front().count;
  const auto nw = column_queue_.front().count;
  const auto cost = step_cost(na, nw, lanes_);
  counters_.neighbour += gate_.now() - counters_.last_end;
  counters_.busy += cost;
  counters_.products += na * nw;
  busy_ = true;
  step_end_ = gate_.now() + cost;
  gate_.wake(index_, step_end_);
}

void processing_element::end_step() {
  if (accumulate_ != nullptr) {
    accumulate();
  }
  const bool row_was_full = row_queue_.full();
  row_queue_.pop();
  if (row_was_full) {
    row_wires_->slot_freed();
  }
  const bool column_was_full = column_queue_.full();
  column_queue_.pop();
  if (column_was_full) {
    column_wires_->slot_freed();
  }
  busy_ = false;
  --steps_left_;
  counters_.last_end = gate_.now();
  gate_.clock().progress();
}

void processing_element::accumulate() {
  const auto* row_values = row_queue_.front().values;
  const auto* column_values = column_queue_.front().values;
  accumulate_({row_values, column_values, scheduler_.select_rows(row_values, tile_.valid_m),
               scheduler_.select_columns(column_values, tile_.valid_n)},
              tile_.program->tiles.block().n, outputs_.at(tile_.bank));
}

void processing_element::begin_pt_wise_op(std::size_t op) {
  pt_wise_op_ = op;
  const auto outputs = std::uint64_t{tile_.valid_m} * tile_.valid_n;
  gate_.clock().wake(phase::compute, gate_.now() + pt_wise_cost(outputs, tile_.program->epilogue[op].lanes), pt_wise_end_);
}

void processing_element::end_pt_wise_op() {
  if (const auto* values = tile_.program->values; values != nullptr) {
    for (std::uint32_t i = 0; i < tile_.valid_m; ++i) {
      for (std::uint32_t j = 0; j < tile_.valid_n; ++j) {
        auto& output = outputs_.at(tile_.bank)[i * tile_.program->tiles.block().n + j];
        output = apply_pt_wise_op(*values, pt_wise_op_, tile_.first_m + i, tile_.first_n + j, output);
      }
    }
  }
  gate_.clock().progress();
  barrier->arrive();
}

void processing_element::store_outputs(const pe_tile& tile) {
  for (std::uint32_t i = 0; i < tile.valid_m; ++i) {
    for (std::uint32_t j = 0; j < tile.valid_n; ++j) {
      tile.program->values->store(tile.first_m + i, tile.first_n + j,
                                  outputs_.at(tile.bank)[i * tile.program->tiles.block().n + j]);
    }
  }
}

}  // namespace dlac::hw
