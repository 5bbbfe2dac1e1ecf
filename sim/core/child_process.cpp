#include "sim/core/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <system_error>

#include "sim/core/error.h"

namespace dlac {
namespace {

/// A file without a name that takes a program's output: it never waits for a reader.
class output_file {
 public:
  output_file() : file_(std::tmpfile()) {
    if (!file_) {
      throw std::system_error(errno, std::generic_category(), "a temporary file");
    }
  }
  [[nodiscard]] int descriptor() const { return ::fileno(file_.get()); }
  [[nodiscard]] std::string contents() const {
    std::string text;
    std::rewind(file_.get());
    for (int c = std::fgetc(file_.get()); c != EOF; c = std::fgetc(file_.get())) {
      text += static_cast<char>(c);
    }
    return text;
  }

 private:
  struct closer {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };
  std::unique_ptr<std::FILE, closer> file_;
};

class spawn_actions {
 public:
  spawn_actions(const output_file& out, const output_file& err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out.descriptor(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err.descriptor(), STDERR_FILENO);
  }
  ~spawn_actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  spawn_actions(const spawn_actions&) = delete;
  spawn_actions& operator=(const spawn_actions&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// A child has the signals that we ignore as any program expects them.
class spawn_attributes {
 public:
  spawn_attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t ours;
    ::sigemptyset(&ours);
    ::sigaddset(&ours, SIGPIPE);
    ::sigaddset(&ours, SIGXFSZ);
    ::posix_spawnattr_setsigdefault(&attributes_, &ours);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
  }
  ~spawn_attributes() { ::posix_spawnattr_destroy(&attributes_); }
  spawn_attributes(const spawn_attributes&) = delete;
  spawn_attributes& operator=(const spawn_attributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

int wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

finished_process run_process(const std::vector<std::string>& words) {
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  arguments.reserve(copies.size() + 1);
  for (std::string& word : copies) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  const output_file out;
  const output_file err;
  const spawn_actions actions(out, err);
  const spawn_attributes attributes;
  pid_t process = 0;
  const int error =
      ::posix_spawnp(&process, arguments.front(), actions.get(), attributes.get(), arguments.data(), environ);
  if (error == ENOENT) {
    throw input_error(words.front(), "", "no such program", "a program on the PATH");
  }
  if (error != 0) {
    throw std::system_error(error, std::generic_category(), words.front());
  }
  const int exit_code = wait_for(process);
  return {exit_code, out.contents(), err.contents()};
}

}  // namespace dlac
