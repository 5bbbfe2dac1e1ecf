#include "sim/engine/systemc_engine.h"

#include <cstdlib>
#include <systemc>

#include "sim/hw/dlac_core.h"

// The SystemC library calls sc_main when it owns main(); this program does not start it that way.
int sc_main(int /*argc*/, char** /*argv*/) { return EXIT_FAILURE; }

namespace dlac {
namespace {

/// A kernel of its own: modules of an earlier engine would otherwise still be part of the simulation.
struct fresh_kernel {
  fresh_kernel() {
    // Keeps the library's copyright lines out of the report.
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    sc_core::sc_curr_simcontext = context.get();
    sc_core::sc_default_global_context = context.get();
  }
  std::unique_ptr<sc_core::sc_simcontext> context = std::make_unique<sc_core::sc_simcontext>();
};

}  // namespace

struct systemc_engine::simulation {
  explicit simulation(const accelerator_config& config) : core("dlac", config) {}
  fresh_kernel kernel;
  hw::dlac_core core;
};

systemc_engine::systemc_engine(const accelerator_config& config)
    : simulation_(std::make_unique<simulation>(config)) {}

systemc_engine::~systemc_engine() = default;

layer_counters systemc_engine::run(const mm_op_program& program) { return simulation_->core.run(program); }

}  // namespace dlac
