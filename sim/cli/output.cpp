#include "sim/cli/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"

namespace dlac {
namespace {

/// Where standard error cannot be written, the exit code is all that is left.
void write_standard_error(const std::string& text) {
  static_cast<void>(std::fputs(text.c_str(), stderr));
  static_cast<void>(std::fflush(stderr));
}

}  // namespace

void write_standard_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      throw std::runtime_error("cannot write to standard output: " + std::generic_category().message(errno));
    }
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
}

void write_text(std::string_view text) {
  write_standard_output(escaped_lines(text));
}

void write_message(const std::string& message) {
  write_standard_error("dlac: " + escaped_lines(message) + "\n");
}

text_width output_width(std::size_t full) {
  if (::isatty(STDOUT_FILENO) == 0) {
    return {full, false};
  }
  constexpr std::size_t widest = 1000;
  if (const char* const variable = std::getenv("COLUMNS")) {
    const std::string_view text(variable);
    std::size_t columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error == std::errc() && end == text.data() + text.size() && columns > 0) {
      return {std::min(columns, widest), true};
    }
  }
  winsize size{};
  const bool is_known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return {is_known ? std::min<std::size_t>(size.ws_col, widest) : full, true};
}

void prepare_folder(const std::string& path, new_folders& made) {
  made.make(path);
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    throw input_error(path, "", std::generic_category().message(errno), "a folder that can be written to");
  }
}

std::string json_text(const nlohmann::ordered_json& value) {
  // File names from the command line may be no valid UTF-8.
  return value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace dlac
