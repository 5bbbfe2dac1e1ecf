#pragma once
// Both engines on every program: the counts of the one are returned, and have to be those of the other. The outputs
// are those of the clocked core.

#include <memory>
#include <utility>

#include "sim/engine/engine.h"

namespace dlac {

class checked_engine : public engine {
 public:
  explicit checked_engine(const accelerator_config& config)
      : checked_engine(make_engine(by_fast_engine{}, config), make_engine(by_systemc_engine{}, config)) {}
  checked_engine(std::unique_ptr<engine> fast, std::unique_ptr<engine> clocked)
      : fast_(std::move(fast)), clocked_(std::move(clocked)) {}

  [[nodiscard]] std::string_view name() const override { return fast_->name(); }
  /// Throws simulation_error that tells both sides of every counter that differs.
  mm_op_result run(const mm_op_program& program) override;
  [[nodiscard]] std::size_t wanted_at_once(const mm_op_program& program) const override {
    return fast_->wanted_at_once(program);
  }
  std::vector<mm_op_result> run_alike(std::span<const mm_op_program> programs) override;
  [[nodiscard]] std::uint64_t counters_compared() const override { return counter_fields.size(); }

 private:
  std::unique_ptr<engine> fast_;
  std::unique_ptr<engine> clocked_;
};

}  // namespace dlac
