#pragma once
// Standard output and the terminal.

#include <csignal>
#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace dlac {

/// Writes all of it; throws std::runtime_error when it cannot (a full disk, a closed pipe).
void write_standard_output(std::string_view text);

/// Makes the folder where it does not exist. To be called before a simulation, which may take long: a folder that takes
/// no files is better known now. Throws input_error.
void prepare_folder(const std::string& path);

/// Indented, ends in a newline.
std::string json_text(const nlohmann::ordered_json& value);

/// One line on standard error that is written over and over, and erased in the end. Silent unless it is a terminal.
class progress_line {
 public:
  progress_line();
  ~progress_line() { erase(); }
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  /// "[12/37] layer3.0.conv1"
  void show(std::size_t number, std::size_t of, const std::string& name);
  void erase();

 private:
  bool is_terminal_;
  bool is_shown_ = false;
};

/// While it lives, the first SIGINT (Ctrl-C) only raises a flag; a second one ends the process.
class interrupt_watch {
 public:
  interrupt_watch();
  ~interrupt_watch();
  interrupt_watch(const interrupt_watch&) = delete;
  interrupt_watch& operator=(const interrupt_watch&) = delete;

  [[nodiscard]] static bool is_interrupted();

 private:
  struct sigaction previous_ {};
};

}  // namespace dlac
