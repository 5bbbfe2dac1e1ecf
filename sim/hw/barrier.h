#pragma once
// The grid's meeting point: the controller is woken, in the control phase of the same cycle, by the last of the
// arrivals that it waits for.

#include <cstdint>
#include <systemc>

#include "sim/hw/clock_domain.h"

namespace dlac::hw {

class barrier_if : public virtual sc_core::sc_interface {
 public:
  virtual void arrive() = 0;
};

class grid_barrier : public sc_core::sc_module, public barrier_if {
 public:
  grid_barrier(sc_core::sc_module_name name, clock_domain& clock) : sc_module(name), clock_(clock) {}

  void expect(std::uint64_t arrivals, sc_core::sc_event& when_all_arrived) {
    missing_ = arrivals;
    event_ = &when_all_arrived;
  }
  void arrive() override {
    if (--missing_ == 0) {
      clock_.wake(phase::control, clock_.now(), *event_);
    }
  }
  [[nodiscard]] std::uint64_t missing() const { return missing_; }

 private:
  clock_domain& clock_;
  std::uint64_t missing_ = 0;
  sc_core::sc_event* event_ = nullptr;
};

}  // namespace dlac::hw
