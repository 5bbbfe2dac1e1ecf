#include "sim/engine/systemc_engine.h"

#include <cstdlib>
#include <systemc>

#include "sim/hw/dlac_core.h"
#include "sim/hw/fresh_kernel.h"
#include "sim/hw/memory.h"

// The SystemC library calls sc_main when it owns main(); this program does not start it that way.
int sc_main(int /*argc*/, char** /*argv*/) {
  return EXIT_FAILURE;
}

namespace dlac {

struct systemc_engine::simulation {
  explicit simulation(const accelerator_config& config)
      : core("dlac", config),
        memory("memory", core.clock.period(), config.memory ? config.memory->bytes_per_cycle : 1,
               config.memory ? config.memory->latency_cycles : 0) {
    core.bind_memory(memory.read, memory.write);
  }
  hw::fresh_kernel kernel;
  hw::dlac_core core;
  hw::fixed_latency_memory memory;
};

systemc_engine::systemc_engine(const accelerator_config& config) : simulation_(std::make_unique<simulation>(config)) {}

systemc_engine::~systemc_engine() = default;

layer_counters systemc_engine::run(const mm_op_program& program) {
  simulation_->kernel.enter();
  return simulation_->core.run(program);
}

}  // namespace dlac
