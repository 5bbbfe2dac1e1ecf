#include "sim/api/sweep.h"

#include "sim/data/shipped_files.h"

namespace dlac {

std::string find_sweep(const std::string& word, std::string_view asked_by) {
  return find_file(shipped_kind::sweep, word, on_command_line(asked_by));
}

sweep_result sweep(const std::string& file, const sweep_options& options, const sweep_listeners& listeners) {
  sweep_result result{.plan = std::make_unique<sweep_plan>(file, listeners.choosing), .progress = {}};
  const auto ignore = [](const sweep_progress& /*now*/) {};
  const auto never = [] { return false; };
  result.progress = run_sweep(*result.plan, options, listeners.progress ? listeners.progress : ignore,
                              listeners.should_stop ? listeners.should_stop : never);
  return result;
}

}  // namespace dlac
