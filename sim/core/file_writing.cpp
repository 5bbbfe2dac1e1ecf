// Files that are written whole, under temporary names until they take their places.

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
#include "sim/core/file_io.h"

namespace dlac {
namespace {

std::string reason(int error_number) {
  return std::generic_category().message(error_number);
}

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
  for (const std::string& leftover : {temporary_, backup_}) {
    if (!leftover.empty()) {
      ::unlink(leftover.c_str());
    }
  }
}

void atomic_file::fail(int error_number) const {
  throw input_error(
      path_, "", reason(error_number),
      error_number == EFBIG ? "a larger limit on the size of files (ulimit -f)" : "a file that can be written");
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

void atomic_file::finish() {
  if (number_ < 0) {
    return;
  }
  flush();
  // A full disk may show only here.
  if (::close(std::exchange(number_, -1)) != 0) {
    fail(errno);
  }
}

void atomic_file::commit() {
  finish();
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) {
    fail(errno);
  }
  temporary_.clear();
}

void atomic_file::replace() {
  static_cast<void>(write_target(path_));  // a folder that has come since would be put aside like a file
  backup_ = temporary_name(target_);
  // A second name, so that there is a file at any time; not every file system has them.
  if (::link(target_.c_str(), backup_.c_str()) != 0 && std::rename(target_.c_str(), backup_.c_str()) != 0) {
    if (errno != ENOENT) {
      fail(errno);
    }
    backup_.clear();
  }
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) {
    fail(errno);
  }
  temporary_.clear();
  is_replaced_ = true;
}

void atomic_file::restore() noexcept {
  if (!backup_.empty()) {
    // Of two names of one file neither goes away: the destructor removes the second.
    static_cast<void>(std::rename(backup_.c_str(), target_.c_str()));
  } else if (is_replaced_) {
    ::unlink(target_.c_str());
  }
}

atomic_file& atomic_files::add(const std::string& path) {
  return *files_.emplace_back(std::make_unique<atomic_file>(path));
}

void atomic_files::add(const std::string& path, std::string_view contents) {
  atomic_file& file = add(path);
  file.write(contents);
  file.finish();  // an export may have more files than a process may have open
}

void atomic_files::commit() {
  for (const auto& file : files_) {
    file->finish();
  }
  try {
    for (const auto& file : files_) {
      file->replace();
    }
  } catch (...) {
    std::for_each(files_.rbegin(), files_.rend(), [](const auto& file) { file->restore(); });
    throw;
  }
  files_.clear();
  for (const std::string& path : std::exchange(removed_, {})) {
    ::unlink(path.c_str());
  }
}

void write_file_atomically(const std::string& path, std::string_view contents) {
  atomic_file file(path);
  file.write(contents);
  file.commit();
}

void check_file_to_write(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(write_target(path)).parent_path();
  if (::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0) {
    throw input_error(path, "", reason(errno), "a file that can be written");
  }
}

void make_folders(const std::string& path) {
  std::error_code error;
  std::error_code not_a_folder;
  std::filesystem::create_directories(path, error);
  if (std::filesystem::is_directory(path, not_a_folder)) {
    return;
  }
  std::string found = error ? error.message() : "a file";
  std::filesystem::path at;
  for (const auto& step : std::filesystem::path(path)) {
    at /= step;
    std::error_code ignored;
    if (const auto status = std::filesystem::status(at, ignored);
        std::filesystem::exists(status) && !std::filesystem::is_directory(status)) {
      found = at == path ? "a file" : fmt::format("the file \"{}\" in its place", at.string());
    }
  }
  throw input_error(path, "", found, "a folder, or a place where one can be made");
}

new_folders::~new_folders() {
  // The innermost first. One that is not empty stays, as it should.
  std::for_each(paths_.rbegin(), paths_.rend(), [](const std::string& path) { ::rmdir(path.c_str()); });
}

void new_folders::make(const std::string& path) {
  std::filesystem::path at;
  for (const auto& step : std::filesystem::path(path)) {
    at /= step;
    std::error_code ignored;
    if (!at.empty() && !std::filesystem::exists(at, ignored)) {
      paths_.push_back(at.string());
    }
  }
  make_folders(path);
}

}  // namespace dlac
