#pragma once
// A SystemC kernel of its own. SystemC keeps one simulation per process, whose modules are fixed once it has begun;
// with a kernel for each there may be several, of which one at a time is the process's. To be made before the first
// module of its simulation, which may be destroyed like those of an sc_main() that returns. The kernel itself is never
// destroyed: no public interface of SystemC does that, what ~sc_simcontext does takes time that is quadratic in the
// number of processes, and with SystemC 3.0 it crashes (docs/architecture.md).

#include <cstdlib>
#include <memory>
#include <systemc>
#include <vector>

namespace dlac::hw {

class fresh_kernel {
 public:
  fresh_kernel() : context_(*kept().emplace_back(std::make_unique<sc_core::sc_simcontext>())) {
    // Keeps the library's copyright lines out of the report.
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    enter();
  }

  /// Makes this kernel the one that runs: needed when another was made since.
  void enter() {
    sc_core::sc_curr_simcontext = &context_;
    sc_core::sc_default_global_context = &context_;
  }

 private:
  /// All kernels of the process, reachable to the end.
  static std::vector<std::unique_ptr<sc_core::sc_simcontext>>& kept() {
    static auto& kernels = *new std::vector<std::unique_ptr<sc_core::sc_simcontext>>;
    return kernels;
  }

  sc_core::sc_simcontext& context_;
};

}  // namespace dlac::hw
