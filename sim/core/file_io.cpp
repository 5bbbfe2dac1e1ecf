#include "sim/core/file_io.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "sim/core/error.h"

namespace dlac {
namespace {

std::string reason(int error_number) {
  return std::generic_category().message(error_number);
}

/// A file descriptor that is closed, whatever happens.
class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ >= 0) {
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

/// 0, or the error number.
int write_all(int file, std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = ::write(file, contents.data(), contents.size());
    if (written < 0 && errno != EINTR) {
      return errno;
    }
    contents.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return 0;
}

/// Where a write to `path` ends up: the target of a symbolic link, else `path`.
std::string write_target(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) {
    throw input_error(path, "", "a folder", "a file to write");
  }
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw input_error(path, "", "a special file", "a regular file to write");
  }
  if (!std::filesystem::is_symlink(std::filesystem::symlink_status(path, error))) {
    return path;
  }
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  if (error) {
    throw input_error(path, "", "a symbolic link to nowhere", "a file to write");
  }
  return target.string();
}

/// Beside the target; no other file of this process or another has it.
std::string temporary_name(const std::string& target) {
  static std::atomic<std::uint64_t> written_files = 0;
  return fmt::format("{}.{}-{}.tmp", target, ::getpid(), written_files++);
}

}  // namespace

std::string read_file(const std::string& path, std::string_view expected, std::uint64_t max_bytes) {
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    throw input_error(path, "", errno == ENOENT ? "no such file" : reason(errno), expected);
  }
  constexpr std::size_t block_bytes = std::size_t{1} << 16U;
  std::string contents;
  while (true) {
    const std::size_t filled = contents.size();
    contents.resize(filled + block_bytes);
    const ssize_t count = ::read(file.number(), contents.data() + filled, block_bytes);
    const int error_number = errno;
    contents.resize(filled + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && error_number != EINTR) {
      throw input_error(path, "", error_number == EISDIR ? "a folder" : reason(error_number), expected);
    }
    if (contents.size() > max_bytes) {
      throw input_error(path, "", fmt::format("more than {} bytes", max_bytes), expected);
    }
    if (count == 0) {
      return contents;
    }
  }
}

atomic_file::atomic_file(const std::string& path)
    : path_(path),
      target_(write_target(path)),
      temporary_(temporary_name(target_)),
      number_(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
  if (number_ < 0) {
    fail(errno);
  }
}

atomic_file::~atomic_file() {
  if (number_ >= 0) {
    ::close(number_);
  }
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

void atomic_file::fail(int error_number) const {
  throw input_error(path_, "", reason(error_number), "a file that can be written");
}

void atomic_file::write(std::string_view text) {
  constexpr std::size_t block_bytes = std::size_t{1} << 20U;
  buffered_ += text;
  if (buffered_.size() >= block_bytes) {
    flush();
  }
}

void atomic_file::flush() {
  if (const int error_number = write_all(number_, buffered_); error_number != 0) {
    fail(error_number);
  }
  buffered_.clear();
}

void atomic_file::commit() {
  flush();
  // A full disk may show only here.
  if (::close(std::exchange(number_, -1)) != 0 || std::rename(temporary_.c_str(), target_.c_str()) != 0) {
    fail(errno);
  }
  temporary_.clear();
}

void write_file_atomically(const std::string& path, std::string_view contents) {
  atomic_file file(path);
  file.write(contents);
  file.commit();
}

void make_folders(const std::string& path) {
  std::error_code error;
  std::error_code not_a_folder;
  std::filesystem::create_directories(path, error);
  if (!std::filesystem::is_directory(path, not_a_folder)) {
    throw input_error(path, "", error ? error.message() : "a file", "a folder, or a place where one can be made");
  }
}

}  // namespace dlac
