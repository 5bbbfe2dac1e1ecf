#include "sim/hw/operand_feeder.h"

namespace dlac::hw {

operand_feeder::operand_feeder(sc_core::sc_module_name name, clock_gate& gate, std::uint32_t line)
    : sc_module(name), bus("bus"), gate_(gate), line_(line) {}

void operand_feeder::begin_tile(const operand_stream& stream, std::uint32_t active_pes) {
  stream_ = stream;
  next_step_ = 0;
  bus->begin_tile(active_pes);
  gate_.wake(line_, gate_.now());
}

void operand_feeder::clock_edge() {
  const auto count = stream_.counts->step(stream_.tile, next_step_)[line_];
  const auto* values = stream_.values == nullptr ? nullptr : stream_.values + next_step_ * stream_.stride;
  bus->push({count, values});
  gate_.clock().progress();
  if (++next_step_ == stream_.steps) {
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
