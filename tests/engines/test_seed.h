#pragma once
// Which random cases a test runs: DLAC_TEST_SEED in the environment, a whole number, gives others. Without it, or with
// 0, they are the same in every run.

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace dlac::test {

inline std::uint64_t test_seed() {
  static const std::uint64_t given = [] {
    const char* variable = std::getenv("DLAC_TEST_SEED");
    const std::string text = variable == nullptr ? "0" : variable;
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error != std::errc() || end != text.data() + text.size()) {
      throw std::runtime_error("DLAC_TEST_SEED is '" + text + "', expected a whole number below 2^64");
    }
    return seed;
  }();
  return given;
}

/// What a case's own seed becomes. The factor keeps the seeds of two runs, which are counted up, apart.
inline std::uint64_t seeded(std::uint64_t case_seed) {
  return case_seed + test_seed() * 0x9E3779B97F4A7C15U;
}

}  // namespace dlac::test
