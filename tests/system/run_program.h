#pragma once
// Runs the built program as a user does: a process of its own, its standard output and error, its exit code.

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/unit/bad_input.h"

namespace dlac::test {

inline const std::string source_folder = DLAC_SOURCE_DIR;

struct finished_program {
  int exit_code = 0;  ///< 128 + the signal that ended it
  std::string out;
  std::string err;       ///< without progress
  std::string progress;  ///< lines of standard error that only say how far it is: "dlac: [12/37] conv1, 10 s"
  std::chrono::microseconds cpu_time = {};  ///< of all its threads; only of what running_program started
};

/// How many lines of progress there are depends on the machine.
inline void split_progress(finished_program& finished) {
  std::string rest;
  std::istringstream lines(finished.err);
  for (std::string line; std::getline(lines, line);) {
    (line.starts_with("dlac: [") ? finished.progress : rest) += line + (lines.eof() ? "" : "\n");
  }
  finished.err = rest;
}

inline std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What surrounds a process.
struct surroundings {
  std::string folder = source_folder;  ///< it runs in
  std::string out = {};                ///< file that takes its standard output; empty: the result's `out`
};

/// A running program; its output goes to files, so that it never waits for a reader.
class running_program {
 public:
  explicit running_program(const std::vector<std::string>& arguments, const surroundings& around = {})
      : out_(around.out.empty() ? folder_.path("out") : around.out) {
    std::vector<std::string> words = {DLAC_EXECUTABLE};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) {
      argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, folder_.path("err").c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addchdir_np(&actions, around.folder.c_str());
    const int error = posix_spawn(&process_, DLAC_EXECUTABLE, &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
      throw std::runtime_error("cannot start " DLAC_EXECUTABLE);
    }
  }

  [[nodiscard]] pid_t process() const { return process_; }

  /// What it has taken of the processors so far.
  [[nodiscard]] std::chrono::microseconds cpu_time() const {
    clockid_t its_clock{};
    timespec time{};
    if (::clock_getcpuclockid(process_, &its_clock) != 0 || ::clock_gettime(its_clock, &time) != 0) {
      throw std::runtime_error("a process without a clock");
    }
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_nsec / 1000);
  }

  finished_program wait() {
    int status = 0;
    rusage used{};
    while (::wait4(process_, &status, 0, &used) < 0 && errno == EINTR) {
    }
    const auto of = [](const timeval& time) {
      return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
    };
    const bool is_regular = out_ == folder_.path("out");
    finished_program finished{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                              .out = is_regular ? contents_of(out_) : "",
                              .err = contents_of(folder_.path("err")),
                              .progress = "",
                              .cpu_time = of(used.ru_utime) + of(used.ru_stime)};
    split_progress(finished);
    return finished;
  }

 private:
  temporary_folder folder_;
  std::string out_;
  pid_t process_ = 0;
};

inline finished_program run_program(const std::vector<std::string>& arguments, const surroundings& around = {}) {
  return running_program(arguments, around).wait();
}

/// Runs the program under bash, which is to set limits and to open pipes; standard error is in the result.
inline finished_program run_in_shell(const std::string& before, const std::string& arguments) {
  const temporary_folder folder;
  const auto script =
      folder.file("script", fmt::format("cd '{}'\n{}\n'{}' {} >'{}' 2>'{}'\n", source_folder, before, DLAC_EXECUTABLE,
                                        arguments, folder.path("out"), folder.path("err")));
  const int status = std::system(("bash '" + script + "'").c_str());
  finished_program finished{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                            .out = contents_of(folder.path("out")),
                            .err = contents_of(folder.path("err")),
                            .progress = "",
                            .cpu_time = {}};
  split_progress(finished);
  return finished;
}

/// A report's table without the line that names the files it was made of.
inline std::string without_files(std::string table) {
  const std::size_t begin = table.find("\nfiles ");
  return begin == std::string::npos ? table : table.erase(begin, table.find('\n', begin + 1) - begin);
}

/// A JSON report as text without the line that tells its command, which alone may differ between runs of one thing.
inline std::string without_command(std::string report) {
  const auto begin = report.find("  \"command\": ");
  return begin == std::string::npos ? report : report.erase(begin, report.find('\n', begin) + 1 - begin);
}

}  // namespace dlac::test
