#pragma once
// Whole files, read and written. Every failure is an input_error that names the file.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dlac {

/// The name under which the standard input is read.
inline constexpr std::string_view standard_input = "-";

/// `path` as messages name it: "standard input" for "-".
std::string shown_path(const std::string& path);

/// The contents of `path`, a text file; "-" is the standard input, which can be read once. `expected` says what it
/// should have been
/// ("a JSON file") when it is missing, unreadable, or larger than `max_bytes`. Only regular files and pipes are read,
/// and a pipe only if someone writes to it (a second is left for the writer to come): nothing is waited for that may
/// never come.
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
  friend class atomic_files;

  [[noreturn]] void fail(int error_number) const;
  void flush();
  /// All is on the disk, under the temporary name.
  void finish();
  /// Takes the place of what was there, which is kept beside it.
  void replace();
  /// Undoes replace(), whatever it has come to.
  void restore() noexcept;

  std::string path_;
  std::string target_;
  std::string temporary_;
  std::string backup_;  ///< what `replace` put aside
  bool is_replaced_ = false;
  std::string buffered_;
  int number_ = -1;
};

/// Several files that appear together: all are written under temporary names first, and one that cannot take its place
/// takes those before it back.
class atomic_files {
 public:
  atomic_file& add(const std::string& path);
  /// The whole of a file at once.
  void add(const std::string& path, std::string_view contents);
  /// A file that goes when the others have come; one that cannot be removed stays.
  void remove(const std::string& path) { removed_.push_back(path); }
  void commit();

 private:
  std::vector<std::unique_ptr<atomic_file>> files_;
  std::vector<std::string> removed_;
};

/// The whole of an atomic_file at once.
void write_file_atomically(const std::string& path, std::string_view contents);

/// Throws what writing `path` would throw for its place: a folder or a device of this name, no folder around it, or one
/// that takes no files. Said before hours of simulation, not after.
void check_file_to_write(const std::string& path);

/// Makes `path` and the folders above it where they do not exist.
void make_folders(const std::string& path);

/// Folders that are made for files to come: those that still are empty in the end go again.
class new_folders {
 public:
  new_folders() = default;
  ~new_folders();
  new_folders(const new_folders&) = delete;
  new_folders& operator=(const new_folders&) = delete;

  /// As make_folders().
  void make(const std::string& path);

 private:
  std::vector<std::string> paths_;  ///< that were not there, each after those around it
};

}  // namespace dlac
