#include "sim/clocked/systemc_engine.h"

#include <cstdlib>
#include <memory>
#include <utility>

#include "sim/engine/clocked_module.h"
#include "sim/hw/elaborated_core.h"

// The SystemC library calls sc_main when it owns main(); this program does not start it that way.
int sc_main(int /*argc*/, char** /*argv*/) {
  return EXIT_FAILURE;
}

/// What a program finds, linked in or loaded: see sim/engine/clocked_module.h.
extern "C" __attribute__((visibility("default"))) dlac::engine* dlac_clocked_engine_1(
    const dlac::accelerator_config& config, const dlac::memory_factory& make_memory) {
  return std::make_unique<dlac::systemc_engine>(config, make_memory).release();
}

namespace dlac {

systemc_engine::systemc_engine(const accelerator_config& config) : systemc_engine(config, {}) {}

systemc_engine::systemc_engine(const accelerator_config& config, memory_factory make_memory)
    : config_(config), make_memory_(std::move(make_memory)), core_(&take_core()) {}

systemc_engine::~systemc_engine() {
  if (core_ != nullptr) {
    leave(*core_);
  }
}

hw::elaborated_core& systemc_engine::take_core() const {
  return make_memory_ ? hw::make_core(config_, make_memory_) : hw::take_core(config_);
}

void systemc_engine::leave(hw::elaborated_core& core) const {
  if (make_memory_) {
    core.finish();
  } else {
    hw::give_back(core);
  }
}

mm_op_result systemc_engine::run(const mm_op_program& program) {
  if (core_ == nullptr) {
    core_ = &take_core();
  }
  try {
    return core_->run(program);
  } catch (...) {
    // A core in the middle of a program is of no use any more.
    auto* const core = std::exchange(core_, nullptr);
    if (make_memory_) {
      core->finish();
    }
    throw;
  }
}

}  // namespace dlac
