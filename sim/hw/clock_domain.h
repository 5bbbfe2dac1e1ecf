#pragma once
// The clock of the core, gated: a module that has nothing to do asks to be woken in the cycle when it will, and costs
// nothing until then. A cycle has three phases, so that what happens in it does not depend on the order of modules:
//   compute  steps, pointwise operations and drains end; queue slots become free
//   control  the controller reacts: tiles start, banks change hands
//   feed     feeders push operands, visible to the PEs from the next cycle on
// The kernel's run is paused at the end of the cycle in which the last part that had work released the clock: modules
// beside the core, a memory say, may have events of their own for ever.

#include <array>
#include <cstddef>
#include <optional>
#include <queue>
#include <systemc>
#include <vector>

#include "sim/core/types.h"

namespace dlac::hw {

enum class phase : std::uint8_t { compute, control, feed };

class clock_domain : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(clock_domain);
  clock_domain(sc_core::sc_module_name name, double clock_mhz);

  /// The current cycle since the simulation began.
  [[nodiscard]] cycle now() const { return now_; }
  [[nodiscard]] const sc_core::sc_time& period() const { return period_; }

  /// Notifies `event` in the given phase of cycle `at`: a later cycle, or a later phase of this one.
  void wake(phase when, cycle at, sc_core::sc_event& event) {
    if (at - now_ < horizon) {
      near(when, at).push_back(&event);
    } else {
      far_.push({at, when, &event});
    }
    // Only a module outside the domain, a memory say, can ask for a cycle before the one that is due next.
    if (asleep_ || (next_phase_ == phase::compute && at < next_cycle_)) {
      aim_for(at);
    }
  }

  /// The first cycle, from now on, whose control phase is still to come: where a program may start. A clock that sleeps
  /// is first moved to the simulated time, which events outside the domain may have brought beyond it.
  cycle next_start();

  /// Somebody has work, until release(). With the last release the kernel's run is paused.
  void hold() { ++holders_; }
  void release() { released_ = --holders_ == 0; }
  /// Pauses the kernel's run at once, for good.
  void stop();
  /// Lets what happens outside the domain at the edge of a cycle come before the cycle's first phase. Without it
  /// nothing outside may act on an edge.
  void let_others_first() { others_first_ = true; }

  /// A module did useful work in this cycle.
  void progress() { last_progress_ = now_; }
  [[nodiscard]] cycle last_progress() const { return last_progress_; }

  /// Watchdog: the clock stops for good once more than `cycles` pass without progress, also where nobody asks to be
  /// woken although somebody holds it.
  void limit_idleness(cycle cycles) { idleness_limit_ = cycles; }
  [[nodiscard]] bool expired() const { return expired_; }

 private:
  static constexpr std::size_t horizon = 64;  ///< cycles that the agenda looks ahead; farther wakes are sorted
  static constexpr std::size_t phases = 3;
  static constexpr cycle no_limit = ~cycle{0};

  struct far_wake {
    cycle at;
    phase when;
    sc_core::sc_event* event;
    bool operator<(const far_wake& other) const { return at > other.at; }
  };
  using wake_list = std::vector<sc_core::sc_event*>;

  wake_list& near(phase when, cycle at) { return agenda_[at % horizon][static_cast<std::size_t>(when)]; }
  void tick();
  void begin_cycle();
  [[nodiscard]] std::optional<cycle> next_busy() const;
  void admit_far_wakes();
  void fire(phase when);
  void aim_for(cycle next);
  [[nodiscard]] bool idle(cycle at) const;

  sc_core::sc_time period_;
  sc_core::sc_event edge_;
  cycle now_ = 0;
  cycle next_cycle_ = 0;
  phase next_phase_ = phase::compute;
  bool asleep_ = true;
  cycle last_progress_ = 0;
  cycle idleness_limit_ = no_limit;
  bool expired_ = false;
  std::uint64_t holders_ = 0;
  bool released_ = false;  ///< the last holder has gone, and the run is not paused yet
  bool others_first_ = false;
  bool others_had_edge_ = false;
  std::array<std::array<wake_list, phases>, horizon> agenda_;
  std::priority_queue<far_wake> far_;
};

}  // namespace dlac::hw
