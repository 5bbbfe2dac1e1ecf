#include "sim/data/program_place.h"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace dlac {

std::optional<std::string> program_folder() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::nullopt : std::optional(program.parent_path().string());
}

std::optional<std::string> build_path(const std::string& key) {
  const auto folder = program_folder();
  if (!folder) {
    return std::nullopt;
  }
  std::ifstream file(*folder + "/dlac-build.paths");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + "=")) {
      return line.substr(key.size() + 1);
    }
  }
  return std::nullopt;
}

}  // namespace dlac
