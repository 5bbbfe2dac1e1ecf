#pragma once
// FNV-1a, 64 bits: a hash of names that keys streams of random numbers, the same on every machine.

#include <cstdint>
#include <string_view>

namespace dlac {

[[nodiscard]] constexpr std::uint64_t fnv_1a(std::string_view text) {
  std::uint64_t value = 0xcbf2'9ce4'8422'2325;
  for (const char character : text) {
    value = (value ^ static_cast<unsigned char>(character)) * 0x0000'0100'0000'01b3;
  }
  return value;
}

}  // namespace dlac
