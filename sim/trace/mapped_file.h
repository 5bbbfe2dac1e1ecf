#pragma once
// A regular file mapped read-only into memory: its bytes are viewed, never copied. Another process may change the file
// meanwhile: bytes that are not there any more read as zeros instead of ending the process (see lost_pages.h), and
// reading() finds every change.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "sim/core/error.h"
#include "sim/core/file_stamp.h"

namespace dlac {

struct watched_range;

/// Throws changed_file unless `path` leads to the file that has this stamp.
void expect_unchanged(const std::string& path, const file_stamp& stamp);

class mapped_file {
 public:
  /// Maps `path`. Throws input_error naming it when it cannot be opened, is not a regular file or is empty, and
  /// changed_file when it is not the file of the stamp `expected`.
  explicit mapped_file(const std::string& path, const std::optional<file_stamp>& expected = std::nullopt);
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;
  ~mapped_file();

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  /// As the file was when it was opened.
  [[nodiscard]] const file_stamp& stamp() const { return stamp_; }

  /// Throws changed_file if the file at the path is not the one that was mapped, as it was then.
  void check_unchanged() const;

  /// What `read` makes of the bytes, or the input_error that it throws for them; but changed_file if the file has
  /// changed by then.
  template <class Read>
  std::invoke_result_t<Read> reading(const Read& read) const {
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<Read>>) {
        read();
        check_unchanged();
      } else {
        auto result = read();
        check_unchanged();
        return result;
      }
    } catch (const input_error&) {
      check_unchanged();
      throw;
    }
  }

 private:
  std::string path_;
  file_stamp stamp_;
  std::span<const std::byte> bytes_;
  watched_range* watched_ = nullptr;
};

}  // namespace dlac
