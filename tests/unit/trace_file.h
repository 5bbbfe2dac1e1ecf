#pragma once
// Safetensors files for tests, sound or hostile.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/bad_input.h"

namespace dlac::test {

/// `length` in eight bytes, `header`, `data`.
inline std::string safetensors_bytes(std::uint64_t length, std::string_view header, std::string_view data) {
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes.append(header).append(data);
}

inline std::string safetensors_bytes(std::string_view header, std::string_view data) {
  return safetensors_bytes(header.size(), header, data);
}

/// The bytes of numbers, as they lie in memory.
template <typename Number>
std::string raw(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

/// Collects tensors and writes a sound file.
class trace_builder {
 public:
  /// `shape` is the text in brackets, such as "1, 3, 4, 4".
  trace_builder& add(const std::string& name, const std::string& dtype, const std::string& shape,
                     const std::string& bytes) {
    header_ += fmt::format(R"({}"{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", header_.empty() ? "" : ",",
                           name, dtype, shape, data_.size(), data_.size() + bytes.size());
    data_ += bytes;
    return *this;
  }
  /// A packed tensor: U8 bytes, `shape` in the metadata.
  trace_builder& add_packed(const std::string& name, const std::string& shape, const std::string& bytes) {
    shapes_ += fmt::format(R"({}\"{}\":[{}])", shapes_.empty() ? "" : ",", name, shape);
    return add(name, "U8", std::to_string(bytes.size()), bytes);
  }
  [[nodiscard]] std::string bytes() const {
    return safetensors_bytes(
        fmt::format(R"({{"__metadata__":{{"shapes":"{{{}}}"}}{}{}}})", shapes_, header_.empty() ? "" : ",", header_),
        data_);
  }

 private:
  std::string header_;
  std::string shapes_;
  std::string data_;
};

/// Checks that `message` has every one of `pieces`.
inline void check_pieces(const std::string& message, const std::vector<std::string_view>& pieces) {
  for (const std::string_view piece : pieces) {
    INFO(message);
    INFO(std::string(piece));
    CHECK(message.find(piece) != std::string::npos);
  }
}

}  // namespace dlac::test
