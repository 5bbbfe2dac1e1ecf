#include "sim/hw/clock_domain.h"

#include <algorithm>
#include <utility>

#include "sim/contract/step_cost.h"
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

cycle clock_domain::next_start() {
  if (!asleep_) {
    return now_ + 1;
  }
  now_ = std::max(now_, ceil_div(sc_core::sc_time_stamp().value(), period_.value()));
  return now_;
}

void clock_domain::stop() {
  asleep_ = true;
  edge_.cancel();
  sc_core::sc_pause();
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

/// The first cycle, from now on, that somebody asked for.
std::optional<cycle> clock_domain::next_busy() const {
  for (auto at = now_; at < now_ + horizon; ++at) {
    if (!idle(at)) {
      return at;
    }
  }
  return far_.empty() ? std::nullopt : std::optional(far_.top().at);
}

// Enters the cycle on the edge, or, when it has nothing on its agenda, aims for the next one that has. Where nobody
// asks for a cycle, yet somebody waits, for a memory say, that is the watchdog's.
void clock_domain::begin_cycle() {
  now_ = next_cycle_;
  if (stop_signal() != 0) {  // an exception would not pass through the kernel
    stop();
    return;
  }
  admit_far_wakes();
  const auto busy = next_busy();
  const bool watched = holders_ > 0 && idleness_limit_ != no_limit;
  if (!busy && !watched) {
    asleep_ = true;
    return;
  }
  if (busy.value_or(now_) - last_progress_ > idleness_limit_) {
    expired_ = true;
    stop();
    return;
  }
  const auto next = busy ? *busy : last_progress_ + idleness_limit_ + 1;
  if (next > now_) {
    aim_for(next);
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
      if (others_first_ && !std::exchange(others_had_edge_, true)) {
        edge_.notify(sc_core::SC_ZERO_TIME);
        return;
      }
      others_had_edge_ = false;
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
      if (released_ && holders_ == 0) {
        released_ = false;
        sc_core::sc_pause();
      }
      return;
  }
}

}  // namespace dlac::hw
