#pragma once
// Files that live as long as a test, and the message that reading them gives.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "sim/core/error.h"

namespace dlac::test {

/// An empty folder that is removed with all it holds.
class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dlac-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  [[nodiscard]] std::string path(std::string_view name) const { return (path_ / name).string(); }
  /// Writes a file; returns its path.
  [[nodiscard]] std::string file(std::string_view name, std::string_view contents) const {
    std::ofstream(path(name), std::ios::binary) << contents;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

/// What the input_error says that `action` throws; empty when it throws none.
template <class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const input_error& error) {
    return error.what();
  }
  return "";
}

/// Likewise, without the folder in front.
template <class Action>
std::string message_in(const temporary_folder& folder, const Action& action) {
  const std::string all = message_of(action);
  const std::string front = folder.path("");
  return all.starts_with(front) ? all.substr(front.size()) : all;
}

}  // namespace dlac::test
