#include "sim/api/inputs.h"

namespace dlac {
namespace {

technology load_technology(const accelerator_config& config, const std::string& file,
                           const std::vector<std::string>& settings) {
  constexpr std::string_view pointer = "/technology";
  word_place place = in_file(file, pointer);
  std::string option;
  for (const std::string& assignment : settings) {
    if (assignment.starts_with("technology=")) {
      option = "--set " + assignment;
      place = {.file = option, .where = pointer};
    }
  }
  return read_technology(find_file(shipped_kind::technology, config.technology, place));
}

}  // namespace

machine load_machine(const std::string& word, const std::vector<std::string>& settings, std::string_view asked_by) {
  const std::string file = find_file(shipped_kind::config, word, on_command_line(asked_by));
  const accelerator_config config = read_accelerator_config(file, settings);
  return {.config = config, .table = load_technology(config, file, settings), .settings = settings};
}

network load_network(const std::string& word, std::string_view asked_by) {
  return read_network(find_file(shipped_kind::workload, word, on_command_line(asked_by)));
}

}  // namespace dlac
