#include "sim/hw/memory_binding.h"

#include <fmt/format.h>

#include <bit>

#include "sim/core/error.h"

namespace dlac::hw {
namespace {

constexpr std::uint64_t kinds_of_data = 3;

std::uint64_t region_bytes(const memory_limits& limits) {
  // The length of a TLM payload has 32 bits.
  if (!std::has_single_bit(limits.request_bytes) || limits.request_bytes > (std::uint64_t{1} << 31U)) {
    throw input_error("off-chip memory", "request_bytes", fmt::format("{}", limits.request_bytes),
                      "a power of two up to 2^31");
  }
  if (!std::has_single_bit(limits.alignment_bytes) || limits.alignment_bytes > limits.request_bytes) {
    throw input_error("off-chip memory", "alignment_bytes", fmt::format("{}", limits.alignment_bytes),
                      fmt::format("a power of two up to {}, the longest request", limits.request_bytes));
  }
  const auto bytes = limits.size_bytes / kinds_of_data / limits.request_bytes * limits.request_bytes;
  if (bytes == 0) {
    throw input_error("off-chip memory", "size_bytes", fmt::format("{}", limits.size_bytes),
                      fmt::format("at least {}: three requests", kinds_of_data * limits.request_bytes));
  }
  return bytes;
}

}  // namespace

memory_map::memory_map(const memory_limits& limits)
    : outputs{0, region_bytes(limits)}, rows{outputs.bytes, outputs.bytes}, columns{2 * outputs.bytes, outputs.bytes} {}

}  // namespace dlac::hw
