#include "sim/hw/controller.h"

#include <algorithm>

namespace dlac::hw {

controller::controller(sc_core::sc_module_name name, const core_parts& parts) : sc_module(name), parts_(parts) {
  SC_METHOD(on_start);
  sensitive << start_event_;
  dont_initialize();
  SC_METHOD(on_barrier);
  sensitive << barrier_event_;
  dont_initialize();
  SC_METHOD(on_bank_freed);
  sensitive << bank_event_;
  dont_initialize();
}

void controller::start(const mm_op_program& program, std::span<float> outputs) {
  state_ = state::starting;
  tile_index_ = 0;
  counters_ = {};
  job_.program = &program;
  job_.outputs = outputs;
  const auto at = parts_.clock.next_start();
  parts_.clock.progress();
  parts_.clock.hold();
  parts_.clock.wake(phase::control, at, start_event_);
}

void controller::on_start() {
  program_start_ = parts_.clock.now();
  parts_.feature_maps.load(*job_.program);
  parts_.weights.load(*job_.program);
  parts_.grid.load(*job_.program);
  if (job_.program->memory) {
    parts_.fetcher.start(*job_.program);
  }
  parts_.output_drain.load();
  start_tile();
}

void controller::start_tile() {
  tile_start_ = parts_.clock.now();
  job_.position = job_.program->tiles.at(tile_index_);
  job_.index = tile_index_;
  job_.bank = static_cast<std::uint32_t>(tile_index_ % bank_in_use_.size());
  parts_.barrier.expect(job_.active_pes(), barrier_event_);
  parts_.grid.begin_tile(job_);
  parts_.feature_maps.begin_tile(job_.position, tile_index_);
  parts_.weights.begin_tile(job_.position, tile_index_);
  state_ = state::streaming;
}

void controller::on_barrier() {
  if (state_ == state::streaming) {
    end_streaming();
    pt_wise_op_ = 0;
  } else {
    ++pt_wise_op_;
  }
  if (pt_wise_op_ < job_.program->epilogue.size()) {
    begin_pt_wise_op();
  } else {
    end_tile();
  }
}

void controller::end_streaming() {
  mm_end_ = parts_.clock.now();
  counters_.parts.mm += mm_end_ - tile_start_;
  for (std::uint32_t r = 0; r < job_.active_rows(); ++r) {
    for (std::uint32_t c = 0; c < job_.active_columns(); ++c) {
      const auto& pe = parts_.grid.at(r, c).sequencer().counters();
      counters_.pe_parts.busy += pe.busy;
      counters_.pe_parts.memory += pe.memory;
      counters_.pe_parts.neighbour += pe.neighbour;
      counters_.pe_parts.barrier += mm_end_ - pe.last_end;
      counters_.pe_steps += job_.program->steps;
      counters_.issued_products += pe.products;
    }
  }
}

void controller::begin_pt_wise_op() {
  state_ = state::pt_wise;
  const bool streams = job_.program->epilogue[pt_wise_op_].streams_feature_map;
  parts_.barrier.expect(job_.active_pes() + (streams ? 1 : 0), barrier_event_);
  parts_.grid.begin_pt_wise_op(job_, pt_wise_op_);
  if (streams) {
    parts_.feature_maps.stream_pt_wise_operand(job_.position);
  }
}

void controller::end_tile() {
  pt_end_ = parts_.clock.now();
  const auto grid_pes = std::uint64_t{parts_.grid.shape().rows} * parts_.grid.shape().cols;
  counters_.parts.pt += pt_end_ - mm_end_;
  counters_.pe_parts.pt += job_.active_pes() * (pt_end_ - mm_end_);
  counters_.pe_parts.inactive += (grid_pes - job_.active_pes()) * (pt_end_ - tile_start_);
  ++counters_.tiles;

  bank_in_use_[job_.bank] = true;
  parts_.output_drain.request(job_);
  ++tile_index_;
  if (tile_index_ == job_.program->tiles.tiles()) {
    state_ = state::draining;
  } else if (bank_in_use_[tile_index_ % bank_in_use_.size()]) {
    state_ = state::waiting_for_bank;
  } else {
    start_tile();
  }
}

void controller::bank_freed(std::uint32_t bank) {
  bank_in_use_[bank] = false;
  parts_.clock.wake(phase::control, parts_.clock.now(), bank_event_);
}

void controller::on_bank_freed() {
  const auto waited = parts_.clock.now() - pt_end_;
  if (state_ == state::waiting_for_bank && !bank_in_use_[tile_index_ % bank_in_use_.size()]) {
    counters_.parts.drain_stall += waited;
    start_tile();
  } else if (state_ == state::draining &&
             std::none_of(bank_in_use_.begin(), bank_in_use_.end(), [](bool in_use) { return in_use; })) {
    const auto grid_pes = std::uint64_t{parts_.grid.shape().rows} * parts_.grid.shape().cols;
    counters_.parts.drain_tail = waited;
    counters_.pe_parts.drain = grid_pes * (counters_.parts.drain_stall + counters_.parts.drain_tail);
    counters_.cycles = parts_.clock.now() - program_start_;
    collect_activity();
    state_ = state::done;
    parts_.clock.release();
  }
}

void controller::collect_activity() {
  const auto rows = parts_.feature_maps.counters();
  const auto columns = parts_.weights.counters();
  const auto work = parts_.grid.counters();
  counters_.activity = {.row_elements_read = rows.elements_read,
                        .column_elements_read = columns.elements_read,
                        .row_elements_queued = rows.elements_queued,
                        .column_elements_queued = columns.elements_queued,
                        .pt_mul_adds = work.pt_mul_adds,
                        .pt_adds = work.pt_adds,
                        .pt_elements_streamed = parts_.feature_maps.pt_wise_elements(),
                        .outputs_drained = parts_.output_drain.elements(),
                        .slice_mul_adds = work.slice_mul_adds,
                        .slice_adds = work.slice_adds};
}

const char* controller::state_name() const {
  switch (state_) {
    case state::starting:
      return "starting";
    case state::streaming:
      return "streaming operands";
    case state::pt_wise:
      return "pointwise operation";
    case state::waiting_for_bank:
      return "waiting for an output bank";
    case state::draining:
      return "draining";
    case state::done:
      return "done";
  }
  return "";
}

}  // namespace dlac::hw
