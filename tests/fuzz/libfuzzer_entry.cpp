// libFuzzer's entry for the reader that DLAC_FUZZ_READER names: a program each, so that a corpus, a crash and a
// minimised input belong to one reader.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/fuzz/input.h"

namespace {

constexpr dlac::fuzz::reader reader_named(std::string_view name) {
  for (const dlac::fuzz::reader& reader : dlac::fuzz::readers) {
    if (reader.name == name) {
      return reader;
    }
  }
  throw "no reader of this name";  // at compile time
}

constexpr dlac::fuzz::reader chosen = reader_named(DLAC_FUZZ_READER);

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view contents(reinterpret_cast<const char*>(data), size);
  if (const auto finding = dlac::fuzz::outcome_of(chosen, contents).finding) {
    std::fprintf(stderr, "%s\n", finding->c_str());
    std::abort();
  }
  return 0;
}
