#include "sim/core/file_stamp.h"

namespace dlac {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

file_stamp stamp_of(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .bytes = status.st_size,
          .contents_changed_ns = nanoseconds(status.st_mtim),
          .inode_changed_ns = nanoseconds(status.st_ctim)};
}

std::optional<file_stamp> stamp_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? std::optional(stamp_of(status)) : std::nullopt;
}

}  // namespace dlac
