#include "sim/hw/clock_domain.h"

#include <algorithm>

#include "sim/core/stop.h"

namespace dlac::hw {

clock_domain::clock_domain(sc_core::sc_module_name name, double clock_mhz)
    : sc_module(name), period_(1.0 / clock_mhz, sc_core::SC_US) {
  SC_METHOD(tick);
  sensitive << edge_;
  dont_initialize();
}

// Cycle n begins at n clock periods of simulated time.
void clock_domain::aim_for(cycle next) {
  asleep_ = false;
  next_cycle_ = next;
  next_phase_ = phase::compute;
  edge_.notify(sc_core::sc_time::from_value(next * period_.value()) - sc_core::sc_time_stamp());
}

void clock_domain::fire(phase when) {
  auto& list = near(when, now_);
  for (auto* event : list) {
    event->notify();
  }
  list.clear();
}

bool clock_domain::idle(cycle at) const {
  const auto& lists = agenda_[at % horizon];
  return std::all_of(lists.begin(), lists.end(), [](const wake_list& list) { return list.empty(); });
}

void clock_domain::admit_far_wakes() {
  while (!far_.empty() && far_.top().at < now_ + horizon) {
    near(far_.top().when, far_.top().at).push_back(far_.top().event);
    far_.pop();
  }
}

// Enters the cycle on the edge, or, when it has nothing on its agenda, aims for the next one that has.
void clock_domain::begin_cycle() {
  now_ = next_cycle_;
  if (stop_signal() != 0) {  // an exception would not pass through the kernel
    asleep_ = true;
    return;
  }
  admit_far_wakes();
  cycle busy = now_;
  while (busy < now_ + horizon && idle(busy)) {
    ++busy;
  }
  if (busy == now_ + horizon) {
    if (far_.empty()) {
      asleep_ = true;
      return;
    }
    busy = far_.top().at;
  }
  if (busy - last_progress_ > idleness_limit_) {
    expired_ = true;
    asleep_ = true;
    return;
  }
  if (busy > now_) {
    aim_for(busy);
    return;
  }
  fire(phase::compute);
  next_phase_ = phase::control;
  edge_.notify(sc_core::SC_ZERO_TIME);
}

// Each phase is a delta cycle of its own: what the previous one woke has run, and signals have settled.
void clock_domain::tick() {
  switch (next_phase_) {
    case phase::compute:
      begin_cycle();
      return;
    case phase::control:
      if (!near(phase::control, now_).empty()) {
        fire(phase::control);
        next_phase_ = phase::feed;
        edge_.notify(sc_core::SC_ZERO_TIME);
        return;
      }
      [[fallthrough]];
    case phase::feed:
      fire(phase::feed);
      aim_for(now_ + 1);
      return;
  }
}

}  // namespace dlac::hw
