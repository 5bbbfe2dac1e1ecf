#pragma once
// Whole files, read and written. Every failure is an input_error that names the file.

#include <cstdint>
#include <string>
#include <string_view>

namespace dlac {

/// The contents of `path`. `expected` says what it should have been ("a JSON file") when it is missing, a folder,
/// unreadable, or larger than `max_bytes`.
std::string read_file(const std::string& path, std::string_view expected, std::uint64_t max_bytes);

/// Writes a temporary file in the folder of `path` and renames it in the end, so that `path` holds either what it held
/// before or all that was written. A symbolic link is followed; anything else that is not a regular file is refused.
class atomic_file {
 public:
  explicit atomic_file(const std::string& path);
  /// What was not committed is gone.
  ~atomic_file();
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;

  void write(std::string_view text);
  void commit();

 private:
  [[noreturn]] void fail(int error_number) const;
  void flush();

  std::string path_;
  std::string target_;
  std::string temporary_;
  std::string buffered_;
  int number_ = -1;
};

/// The whole of an atomic_file at once.
void write_file_atomically(const std::string& path, std::string_view contents);

/// Makes `path` and the folders above it where they do not exist.
void make_folders(const std::string& path);

}  // namespace dlac
