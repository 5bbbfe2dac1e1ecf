#pragma once
// Drives the clocked core of sim/hw. A SystemC process graph is fixed once simulation begins, so one engine is one
// elaborated core, in a kernel of its own; a process may hold several, on one thread.

#include <memory>

#include "sim/engine/engine.h"

namespace dlac {

class systemc_engine : public engine {
 public:
  explicit systemc_engine(const accelerator_config& config);
  ~systemc_engine() override;

  [[nodiscard]] std::string_view name() const override { return "systemc"; }
  layer_counters run(const mm_op_program& program) override;

 private:
  struct simulation;
  std::unique_ptr<simulation> simulation_;
};

}  // namespace dlac
