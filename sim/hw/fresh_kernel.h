#pragma once
// A SystemC kernel of its own. SystemC keeps one simulation per process, whose modules are fixed once it has begun;
// with a kernel for each there may be several, of which one at a time is the process's. To be made before the first
// module of its simulation and destroyed after the last.

#include <cstdlib>
#include <memory>
#include <systemc>

namespace dlac::hw {

class fresh_kernel {
 public:
  fresh_kernel() {
    // Keeps the library's copyright lines out of the report.
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    enter();
  }

  /// Makes this kernel the one that runs: needed when another was made since.
  void enter() {
    sc_core::sc_curr_simcontext = context_.get();
    sc_core::sc_default_global_context = context_.get();
  }

 private:
  std::unique_ptr<sc_core::sc_simcontext> context_ = std::make_unique<sc_core::sc_simcontext>();
};

}  // namespace dlac::hw
