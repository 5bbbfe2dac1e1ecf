#include "sim/trace/content_hash.h"

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

hashed_file hash_file(const std::string& path) {
  const mapped_file file(path);
  return {.hash = file.reading([&] { return content_hash(file.bytes()); }), .stamp = file.stamp()};
}

}  // namespace dlac
