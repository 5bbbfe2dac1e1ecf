#include "sim/cli/data_files.h"

#include <fmt/core.h>

#include <filesystem>
#include <system_error>

namespace dlac {

std::string data_path(const std::string& relative) {
  std::error_code ignored;
  return std::filesystem::exists(relative, ignored) ? relative : fmt::format("{}/{}", DLAC_DATA_DIR, relative);
}

std::string default_config_path() {
  return data_path("configs/dlac-fp16-inference.json");
}

technology read_config_technology(const accelerator_config& config, const std::string& path,
                                  const std::vector<std::string>& settings) {
  std::string user = path;
  for (const std::string& assignment : settings) {
    if (assignment.starts_with("technology=")) {
      user = "--set " + assignment;
    }
  }
  return read_named_technology(config.technology, user);
}

technology read_named_technology(const std::string& name, const std::string& user) {
  return read_technology(name, data_path("models/technology"), user, "/technology");
}

}  // namespace dlac
