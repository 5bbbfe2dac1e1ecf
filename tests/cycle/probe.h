#pragma once
// A module with one event and whatever shall happen on it.

#include <functional>
#include <systemc>
#include <utility>

namespace dlac::test {

class probe : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(probe);
  explicit probe(std::function<void()> action, sc_core::sc_module_name /*name*/ = sc_core::sc_gen_unique_name("probe"))
      : action_(std::move(action)) {
    SC_METHOD(act);
    sensitive << event;
    dont_initialize();
  }

  sc_core::sc_event event;

 private:
  void act() { action_(); }
  std::function<void()> action_;
};

}  // namespace dlac::test
