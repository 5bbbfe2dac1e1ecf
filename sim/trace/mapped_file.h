#pragma once
// A regular file mapped read-only into memory: its bytes are viewed, never copied.

#include <cstddef>
#include <span>
#include <string>

namespace dlac {

class mapped_file {
 public:
  /// Maps `path`. Throws input_error naming it when it cannot be opened, is not a regular file or is empty.
  explicit mapped_file(const std::string& path);
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;
  ~mapped_file();

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace dlac
