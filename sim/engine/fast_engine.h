#pragma once
// Drives the vectorised recurrences of sim/timing.

#include "sim/engine/engine.h"

namespace dlac {

class fast_engine : public engine {
 public:
  explicit fast_engine(const accelerator_config& config) : config_(config) {}

  [[nodiscard]] std::string_view name() const override { return "fast"; }
  layer_counters run(const mm_op_program& program) override;

 private:
  accelerator_config config_;
};

}  // namespace dlac
