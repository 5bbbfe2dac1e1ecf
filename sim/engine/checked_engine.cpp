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

}  // namespace

mm_op_result checked_engine::run(const mm_op_program& program) {
  const auto fast = fast_->run(program).counters;
  auto clocked = clocked_->run(program);
  if (!(fast == clocked.counters)) {
    throw simulation_error(fmt::format("the engines disagree: {}", differences(fast, clocked.counters)));
  }
  return clocked;
}

}  // namespace dlac
