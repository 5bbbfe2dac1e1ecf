#pragma once
// Drives the clocked core of sim/hw. A SystemC process graph is fixed once simulation begins, so one engine has one
// elaborated core, in a kernel of its own; a process may hold several engines, on one thread. The core of an engine
// that is gone serves the next one with the same grid and clock.

#include "sim/engine/engine.h"

namespace dlac {

namespace hw {
class elaborated_core;
}  // namespace hw

class systemc_engine : public engine {
 public:
  explicit systemc_engine(const accelerator_config& config);
  ~systemc_engine() override;

  [[nodiscard]] std::string_view name() const override { return "systemc"; }
  layer_counters run(const mm_op_program& program) override;

 private:
  accelerator_config config_;
  hw::elaborated_core* core_;  ///< none after a run that failed
};

}  // namespace dlac
