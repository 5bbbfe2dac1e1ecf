#include "sim/hw/operand_feeder.h"

namespace dlac::hw {

operand_feeder::operand_feeder(sc_core::sc_module_name name, clock_gate& gate, chunk_source_if& source,
                               std::uint32_t line)
    : sc_module(name), bus("bus"), gate_(gate), source_(source), line_(line) {}

void operand_feeder::begin_tile(const operand_stream& stream, std::uint32_t active_pes) {
  stream_ = stream;
  active_pes_ = active_pes;
  next_step_ = 0;
  use_ = stream.first_use;
  chunk_end_ = 0;
  bus->begin_tile(active_pes);
  gate_.wake(line_, gate_.now());
}

bool operand_feeder::open_chunk() {
  const auto visible_from = source_.visible_from(use_);
  if (!visible_from) {
    source_.wait_for_chunk(line_);
    return false;
  }
  visible_from_ = *visible_from;
  chunk_end_ = source_.chunk_end(use_);
  return true;
}

operand_vector operand_feeder::next_vector() const {
  operand_vector next{stream_.counts->step(stream_.tile, next_step_)[line_]};
  next.values = stream_.values == nullptr ? nullptr : stream_.values + next_step_ * stream_.stride;
  next.visible_from = visible_from_;
  if (stream_.mask != nullptr) {
    next.elements = {stream_.mask->row(next_step_).data(), stream_.first_element};
  }
  return next;
}

void operand_feeder::clock_edge() {
  if (next_step_ == chunk_end_ && !open_chunk()) {
    return;
  }
  bus->push(next_vector());
  counters_.elements_read += stream_.elements;
  counters_.elements_queued += std::uint64_t{stream_.elements} * active_pes_;
  gate_.clock().progress();
  if (++next_step_ == chunk_end_) {
    source_.chunk_streamed(use_++);
  }
  if (next_step_ == stream_.steps) {
    return;
  }
  if (bus->ready()) {
    gate_.wake(line_, gate_.now() + 1);
  } else {
    bus->notify_when_ready(*this);
  }
}

// Slots are freed in the compute phase: the feed phase of the same cycle is still to come.
void operand_feeder::bus_ready() {
  gate_.wake(line_, gate_.now());
}

}  // namespace dlac::hw
