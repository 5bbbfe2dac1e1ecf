#pragma once
// 128-bit hashes of contents: XXH3 (xxHash 0.8), whose values are the same on every machine and in every version. They
// tell contents apart that differ by accident; they are no protection against someone who wants two to agree.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace dlac {

/// 32 hexadecimal digits.
std::string content_hash(std::span<const std::byte> bytes);
std::string content_hash(std::string_view text);
/// Of the file's bytes. Throws input_error.
std::string file_hash(const std::string& path);

}  // namespace dlac
