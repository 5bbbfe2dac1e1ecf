#include "sim/engine/systemc_engine.h"

#include <cstdlib>
#include <utility>

#include "sim/hw/elaborated_core.h"

// The SystemC library calls sc_main when it owns main(); this program does not start it that way.
int sc_main(int /*argc*/, char** /*argv*/) {
  return EXIT_FAILURE;
}

namespace dlac {

systemc_engine::systemc_engine(const accelerator_config& config) : config_(config), core_(&hw::take_core(config)) {}

systemc_engine::~systemc_engine() {
  if (core_ != nullptr) {
    hw::give_back(*core_);
  }
}

layer_counters systemc_engine::run(const mm_op_program& program) {
  if (core_ == nullptr) {
    core_ = &hw::take_core(config_);
  }
  // A core that throws is in the middle of a program: it is left behind.
  auto* const core = std::exchange(core_, nullptr);
  auto counters = core->run(program);
  core_ = core;
  return counters;
}

}  // namespace dlac
