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
  /// With the memory that `make_memory` makes (hw::memory_factory, docs/memory.md) in place of the product's. The
  /// simulation is stopped, and the memory destroyed, with the engine. Throws input_error where `config` has ideal
  /// memory.
  systemc_engine(const accelerator_config& config, memory_factory make_memory);
  ~systemc_engine() override;

  [[nodiscard]] std::string_view name() const override { return "systemc"; }
  mm_op_result run(const mm_op_program& program) override;
  [[nodiscard]] bool keeps_bandwidth() const override { return !make_memory_; }

 private:
  hw::elaborated_core& take_core() const;
  void leave(hw::elaborated_core& core) const;

  accelerator_config config_;
  memory_factory make_memory_;
  hw::elaborated_core* core_;  ///< none after a run that failed
};

}  // namespace dlac
