#include "sim/sweep/content_hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "sim/trace/mapped_file.h"

namespace dlac {

std::string content_hash(std::span<const std::byte> bytes) {
  const auto hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string content_hash(std::string_view text) {
  return content_hash(std::as_bytes(std::span(text.data(), text.size())));
}

std::string file_hash(const std::string& path) {
  return content_hash(mapped_file(path).bytes());
}

}  // namespace dlac
