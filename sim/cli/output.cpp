#include "sim/cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"

namespace dlac {
namespace {

constexpr std::size_t longest_shown_name = 60;

// A signal handler can reach nothing but a global.
volatile std::sig_atomic_t interrupted = 0;

void note_interrupt(int /*signal*/) {
  interrupted = 1;
}

/// Progress is a courtesy: where it cannot be written, it is missed by no one.
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

void prepare_folder(const std::string& path) {
  make_folders(path);
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    throw input_error(path, "", std::generic_category().message(errno), "a folder that can be written to");
  }
}

std::string json_text(const nlohmann::ordered_json& value) {
  // File names from the command line may be no valid UTF-8.
  return value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

progress_line::progress_line() : is_terminal_(::isatty(STDERR_FILENO) != 0) {}

void progress_line::show(std::size_t number, std::size_t of, const std::string& name) {
  if (is_terminal_) {
    write_standard_error(fmt::format("\r\x1b[K[{}/{}] {}", number, of, one_line(name, longest_shown_name)));
    is_shown_ = true;
  }
}

void progress_line::erase() {
  if (is_shown_) {
    write_standard_error("\r\x1b[K");
    is_shown_ = false;
  }
}

interrupt_watch::interrupt_watch() {
  interrupted = 0;
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  static_cast<void>(::sigaction(SIGINT, &action, &previous_));
}

interrupt_watch::~interrupt_watch() {
  static_cast<void>(::sigaction(SIGINT, &previous_, nullptr));
}

bool interrupt_watch::is_interrupted() {
  return interrupted != 0;
}

}  // namespace dlac
