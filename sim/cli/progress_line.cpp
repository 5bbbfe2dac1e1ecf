#include "sim/cli/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <system_error>

#include "sim/core/text.h"

namespace dlac {
namespace {

constexpr std::size_t longest_shown_name = 60;
constexpr std::chrono::seconds between_lines(10);

/// Progress is a courtesy: where it cannot be written, it is missed by no one.
void write_progress(const std::string& text) {
  static_cast<void>(std::fputs(text.c_str(), stderr));
  static_cast<void>(std::fflush(stderr));
}

}  // namespace

progress_line::progress_line() : is_terminal_(::isatty(STDERR_FILENO) != 0) {
  if (is_terminal_) {
    return;
  }
  try {
    writer_ = std::jthread([this](const std::stop_token& stop) { write_lines(stop); });
  } catch (const std::system_error&) {  // no thread to be had: then there are no lines
  }
}

progress_line::~progress_line() {
  erase();
}

void progress_line::write_lines(const std::stop_token& stop) {
  const auto begin = std::chrono::steady_clock::now();
  auto next = begin + between_lines;
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_until(lock, stop, next, [&] { return stop.stop_requested(); })) {
    if (!last_.empty()) {
      write_progress(fmt::format("dlac: {}, {} s\n", last_, (next - begin) / std::chrono::seconds(1)));
    }
    next += between_lines;
  }
}

void progress_line::show(std::size_t number, std::size_t of, const std::string& name) {
  const std::string text = fmt::format("[{}/{}] {}", number, of, one_line(name, longest_shown_name));
  if (is_terminal_) {
    write_progress("\r\x1b[K" + text);
    is_shown_ = true;
    return;
  }
  const std::lock_guard lock(mutex_);
  last_ = text;
}

void progress_line::erase() {
  if (is_shown_) {
    write_progress("\r\x1b[K");
    is_shown_ = false;
  }
  const std::lock_guard lock(mutex_);
  last_.clear();
}

}  // namespace dlac
