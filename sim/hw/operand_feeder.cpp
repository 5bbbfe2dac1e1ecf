#include "sim/hw/operand_feeder.h"

namespace dlac::hw {

operand_feeder::operand_feeder(sc_core::sc_module_name name, clock_domain& clock)
    : sc_module(name), bus("bus"), clock_(clock) {
  SC_METHOD(feed);
  sensitive << feed_event_;
  dont_initialize();
}

void operand_feeder::begin_tile(const operand_stream& stream, std::uint32_t active_pes) {
  stream_ = stream;
  next_step_ = 0;
  bus->begin_tile(active_pes);
  clock_.wake(phase::feed, clock_.now(), feed_event_);
}

void operand_feeder::feed() {
  const auto count = stream_.counts->step(stream_.tile, next_step_)[stream_.line];
  const auto* values = stream_.values == nullptr ? nullptr : stream_.values + next_step_ * stream_.stride;
  bus->push({count, values});
  clock_.progress();
  if (++next_step_ == stream_.steps) {
    return;
  }
  if (bus->ready()) {
    clock_.wake(phase::feed, clock_.now() + 1, feed_event_);
  } else {
    bus->notify_when_ready(feed_event_);
  }
}

}  // namespace dlac::hw
