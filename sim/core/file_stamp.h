#pragma once
// What tells a file from another one, and from itself after a change: device, inode, size, and the times of the last
// change of its contents and of its inode. Two changes within one tick of the file system's clock (some ms) look alike.

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

namespace dlac {

struct file_stamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t bytes = 0;
  std::int64_t contents_changed_ns = 0;
  std::int64_t inode_changed_ns = 0;
  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};

file_stamp stamp_of(const struct stat& status);
/// Of the file that `path` leads to now; nothing where there is none, or none that can be asked.
std::optional<file_stamp> stamp_of(const std::string& path);

}  // namespace dlac
