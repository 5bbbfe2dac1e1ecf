#pragma once
// Drives the vectorised recurrences of sim/timing.

#include "sim/engine/engine.h"

namespace dlac {

class fast_engine : public engine {
 public:
  /// A program's tiles run on up to `threads` threads.
  explicit fast_engine(const accelerator_config& config, unsigned threads = 1) : config_(config), threads_(threads) {}

  [[nodiscard]] std::string_view name() const override { return "fast"; }
  mm_op_result run(const mm_op_program& program) override;
  [[nodiscard]] std::size_t wanted_at_once(const mm_op_program& program) const override;
  std::vector<mm_op_result> run_alike(std::span<const mm_op_program> programs) override;

 private:
  accelerator_config config_;
  unsigned threads_;
};

}  // namespace dlac
