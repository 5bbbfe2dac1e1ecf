#include "sim/core/memory_pool.h"

#include <fmt/format.h>

#include <algorithm>

namespace dlac {
namespace {

/// Measuring costs as much as filling a few megabytes.
constexpr std::uint64_t many_bytes = std::uint64_t{32} << 20U;

}  // namespace

memory_shortage::memory_shortage(std::uint64_t needed, const available_memory& available)
    : text_(fmt::format("needs about {} of memory, expected at most {}, what {} has left", memory_text(needed),
                        memory_text(available.bytes), available.of)) {}

void memory_pool::check(std::uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  check_locked(bytes, bytes);
}

memory_pool::claim memory_pool::take(std::uint64_t least, std::uint64_t most) {
  std::unique_lock lock(mutex_);
  given_back_.wait(lock,
                   [&] { return claims_ == 0 || most <= available_.bytes - std::min(available_.bytes, claimed_); });
  check_locked(least, most);
  const auto bytes = std::min(most, available_.bytes);
  claimed_ += bytes;
  ++claims_;
  return {*this, bytes};
}

void memory_pool::check_locked(std::uint64_t least, std::uint64_t most) {
  // What was there when it was measured last will do for a small part of it.
  if (claims_ == 0 && most > available_.bytes / 4) {
    available_ = measure_();
  }
  if (least > available_.bytes) {
    throw memory_shortage(least, available_);
  }
}

void memory_pool::give_back(std::uint64_t bytes) {
  {
    const std::scoped_lock lock(mutex_);
    claimed_ -= bytes;
    --claims_;
  }
  given_back_.notify_all();
}

std::string out_of_memory_text() {
  try {
    const available_memory left = measure_available_memory();
    return fmt::format("out of memory, expected more than the {} that {} has left", memory_text(left.bytes), left.of);
  } catch (const std::bad_alloc&) {
    return "out of memory";
  }
}

memory_pool& process_memory() {
  static memory_pool pool([] { return measure_available_memory(); });
  return pool;
}

void require_memory(std::uint64_t bytes) {
  if (bytes < many_bytes) {
    return;
  }
  if (const auto available = measure_available_memory(); bytes > available.bytes) {
    throw memory_shortage(bytes, available);
  }
}

}  // namespace dlac
