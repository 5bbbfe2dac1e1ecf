#pragma once
// How many random cases a test runs: DLAC_TEST_SCALE in the environment multiplies the number that the test asks for
// (0.1 for a build with sanitizers, 10 for a long night). At least one always runs.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace dlac::test {

inline double test_scale() {
  const char* text = std::getenv("DLAC_TEST_SCALE");
  if (text == nullptr) {
    return 1;
  }
  char* end = nullptr;
  const double scale = std::strtod(text, &end);
  if (end == text || *end != '\0' || !(scale > 0 && scale <= 1e6)) {
    throw std::runtime_error("DLAC_TEST_SCALE is '" + std::string(text) + "', expected a number above 0");
  }
  return scale;
}

inline std::uint64_t scaled(std::uint64_t cases) {
  return std::max<std::uint64_t>(1,
                                 static_cast<std::uint64_t>(std::llround(static_cast<double>(cases) * test_scale())));
}

}  // namespace dlac::test
