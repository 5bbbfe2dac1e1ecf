#include "sim/cli/data_files.h"

#include "sim/data/shipped_files.h"

namespace dlac {

technology read_config_technology(const accelerator_config& config, const std::string& file,
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

}  // namespace dlac
