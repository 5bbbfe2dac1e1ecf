#include "sim/api/inputs.h"

#include <fmt/format.h>

#include <utility>

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

machine load_machine(const std::string& word, const std::vector<std::string>& settings, std::string_view asked_by,
                     const std::optional<std::string>& numbers) {
  const std::string file = find_file(shipped_kind::config, word, on_command_line(asked_by));
  std::optional<std::string> numbers_file;
  std::vector<std::string> changes;
  if (numbers) {
    numbers_file = find_file(shipped_kind::numbers, *numbers, on_command_line("--numbers"));
    changes.push_back("numbers=" + *numbers);
  }
  changes.insert(changes.end(), settings.begin(), settings.end());
  const accelerator_config config = read_accelerator_config(file, settings, numbers_file);
  return {.config = config, .table = load_technology(config, file, settings), .settings = std::move(changes)};
}

network load_network(const std::string& word, std::string_view asked_by, std::optional<std::uint32_t> batch) {
  network net = read_network(find_file(shipped_kind::workload, word, on_command_line(asked_by)));
  if (batch) {
    set_batch(net, *batch, fmt::format("--batch {}", *batch));
  }
  return net;
}

}  // namespace dlac
