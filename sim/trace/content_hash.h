#pragma once
// 128-bit hashes of contents: XXH3 (xxHash 0.8), whose values are the same on every machine and in every version. They
// tell contents apart that differ by accident; they are no protection against someone who wants two to agree.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "sim/core/file_stamp.h"

namespace dlac {

/// 32 hexadecimal digits.
std::string content_hash(std::span<const std::byte> bytes);
std::string content_hash(std::string_view text);

/// Of a file's bytes, and when they were these.
struct hashed_file {
  std::string hash;
  file_stamp stamp;
};
/// Throws input_error.
hashed_file hash_file(const std::string& path);

}  // namespace dlac
