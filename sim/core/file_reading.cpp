// Files that are read whole: regular files, pipes that someone writes to, the standard input.

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/file_kind.h"

namespace dlac {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds longest_wait_for_a_writer(1000);
constexpr std::chrono::milliseconds between_looks(5);

/// A file descriptor that is closed, whatever happens; the standard input stays open.
class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ > STDIN_FILENO) {
      ::close(number_);
    }
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

std::string reason(int error_number) {
  switch (error_number) {
    case ENOENT:
      return "no such file";
    case EISDIR:
      return "a folder";
    case ENXIO:
      return "a socket";
    default:
      return std::generic_category().message(error_number);
  }
}

int open_for_reading(const std::string& path) {
  if (path != standard_input) {
    // O_NONBLOCK: opening a pipe must not wait for its writer. It has no effect on a regular file.
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  }
  static std::atomic<bool> was_read = false;
  if (was_read.exchange(true)) {
    throw input_error(shown_path(path), "", "nothing left: it was read before", "one file to be -");
  }
  return STDIN_FILENO;
}

/// Whether the file is a pipe; throws for what is neither that nor a regular file.
bool is_pipe(const descriptor& file, const std::string& path, std::string_view expected) {
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) {
    throw input_error(shown_path(path), "", reason(errno), expected);
  }
  if (S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode) || path == standard_input) {
    return S_ISFIFO(status.st_mode);
  }
  throw input_error(path, "", S_ISDIR(status.st_mode) ? "a folder" : "a device, whose end may never come", expected);
}

/// Reads from a file that may be a pipe.
class reader {
 public:
  reader(const std::string& path, std::string_view expected)
      : path_(path), expected_(expected), file_(open_for_reading(path)) {
    if (!file_.is_open()) {
      fail(reason(errno));
    }
    waits_for_writer_ = is_pipe(file_, path, expected) && path != standard_input;
  }

  [[noreturn]] void fail(const std::string& found) const { throw input_error(shown_path(path_), "", found, expected_); }

  /// Bytes read into `target`; 0 at the end.
  std::size_t read(char* target, std::size_t bytes) {
    while (true) {
      const ssize_t count = ::read(file_.number(), target, bytes);
      if (count > 0) {
        waits_for_writer_ = false;
        return static_cast<std::size_t>(count);
      }
      if (count == 0 && !waits_for_writer_) {
        return 0;
      }
      if (count == 0) {  // no writer yet: with one, an empty pipe is EAGAIN
        wait_for_writer();
      } else if (errno == EAGAIN) {
        waits_for_writer_ = false;
        wait_for_data();
      } else if (errno != EINTR) {
        fail(reason(errno));
      }
    }
  }

 private:
  void wait_for_writer() const {
    if (clock::now() - begin_ > longest_wait_for_a_writer) {
      fail("a pipe that nothing is written to");
    }
    static_cast<void>(::poll(nullptr, 0, static_cast<int>(between_looks.count())));
  }
  void wait_for_data() const {
    pollfd wanted{file_.number(), POLLIN, 0};
    static_cast<void>(::poll(&wanted, 1, -1));
  }

  std::string path_;
  std::string_view expected_;
  descriptor file_;
  bool waits_for_writer_ = false;
  clock::time_point begin_ = clock::now();
};

}  // namespace

std::string shown_path(const std::string& path) {
  return path == standard_input ? "standard input" : path;
}

std::string read_file(const std::string& path, std::string_view expected, std::uint64_t max_bytes) {
  constexpr std::size_t block_bytes = std::size_t{1} << 16U;
  reader file(path, expected);
  std::string contents;
  while (true) {
    const std::size_t filled = contents.size();
    contents.resize(filled + block_bytes);
    const std::size_t count = file.read(contents.data() + filled, block_bytes);
    contents.resize(filled + count);
    if (const auto kind = filled == 0 ? kind_of(contents) : std::nullopt; kind && *kind != file_kind::json) {
      throw input_error(shown_path(path), "", to_string(*kind), std::string(expected) + advice_for_json(*kind));
    }
    if (contents.size() > max_bytes) {
      file.fail(fmt::format("more than {} bytes", max_bytes));
    }
    if (count == 0) {
      return contents;
    }
  }
}

}  // namespace dlac
