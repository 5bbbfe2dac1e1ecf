// Highway's shared library measures the resolution of the processor's clock when it is loaded, for its own benchmarks:
// 3 ms of a program that takes 5. This definition, which comes before the library's, answers instead. Nothing here
// measures with Highway; a library that does not do this does not ask.

#include <cstdint>

namespace hwy::platform {

std::uint64_t TimerResolution();  // NOLINT(readability-identifier-naming): the library's name

std::uint64_t TimerResolution() {  // NOLINT(readability-identifier-naming): the library's name
  return 1;
}

}  // namespace hwy::platform
