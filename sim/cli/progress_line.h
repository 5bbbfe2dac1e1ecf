#pragma once
// How far a command is, on standard error.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace dlac {

/// On a terminal one line that is written over and over, and erased in the end. Elsewhere (a log, a pipe) a line every
/// ten seconds, so that what takes that long is not silent: "dlac: [12/37] layer3.0.conv1, 30 s".
class progress_line {
 public:
  progress_line();
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  /// "[12/37] layer3.0.conv1"
  void show(std::size_t number, std::size_t of, const std::string& name);
  void erase();

 private:
  void write_lines(const std::stop_token& stop);

  bool is_terminal_;
  bool is_shown_ = false;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::string last_;
  std::jthread writer_;  ///< last: it ends before what it uses
};

}  // namespace dlac
