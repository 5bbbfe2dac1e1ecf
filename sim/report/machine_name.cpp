// How reports call a machine.

#include "sim/core/text.h"
#include "sim/report/report.h"

namespace dlac {

std::string machine_name(const accelerator_config& config, std::span<const std::string> settings) {
  constexpr std::size_t longest_setting = 60;
  std::string result = config.name;
  std::string_view separator = " with ";
  for (const std::string& setting : settings) {
    if (!setting.starts_with("name=")) {  // that one is the name
      result += separator;
      result += one_line(setting, longest_setting);
      separator = ", ";
    }
  }
  return result;
}

}  // namespace dlac
