#include "sim/engine/checked_engine.h"

#include <fmt/format.h>

#include <string>

#include "sim/core/error.h"

namespace dlac {
namespace {

std::string differences(const layer_counters& fast, const layer_counters& clocked) {
  std::string text;
  for (const auto& field : counter_fields) {
    if (const auto in_fast = field.of(fast), in_clocked = field.of(clocked); in_fast != in_clocked) {
      text += fmt::format("{}{} {} (fast) and {} (systemc)", text.empty() ? "" : ", ", field.name, in_fast, in_clocked);
    }
  }
  return text;
}

/// What the clocked core has done, once the fast engine's counts are those.
mm_op_result compared(const mm_op_result& fast, mm_op_result clocked) {
  if (!(fast.counters == clocked.counters)) {
    throw simulation_error(fmt::format("the engines disagree: {}", differences(fast.counters, clocked.counters)));
  }
  return clocked;
}

}  // namespace

mm_op_result checked_engine::run(const mm_op_program& program) {
  return compared(fast_->run(program), clocked_->run(program));
}

std::vector<mm_op_result> checked_engine::run_alike(std::span<const mm_op_program> programs) {
  auto results = fast_->run_alike(programs);
  for (std::size_t i = 0; i < programs.size(); ++i) {
    results[i] = compared(results[i], clocked_->run(programs[i]));
  }
  return results;
}

}  // namespace dlac
