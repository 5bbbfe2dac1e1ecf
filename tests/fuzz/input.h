#pragma once
// One input of a reader: bytes that look like a file, and what may come of reading it.

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "sim/core/error.h"
#include "tests/fuzz/readers.h"

namespace dlac::fuzz {

/// A file in memory, with a path like any other's.
class memory_file {
 public:
  memory_file();
  ~memory_file();
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;

  /// Takes the place of what it held. Returns the path.
  const std::string& hold(std::string_view contents);

 private:
  int number_;
  std::string path_;
};

/// What came of reading an input: it was taken, or refused by an input_error of one printable line, or is a finding.
struct outcome {
  std::optional<std::string> refusal = {};
  std::optional<std::string> finding = {};
};

outcome outcome_of(const reader& reader, std::string_view contents);

/// `written` is what a reader took: read again it must be taken, and be the same. Throws std::logic_error.
template <class Read>
void expect_same_when_read_again(const nlohmann::ordered_json& written, const Read& read_and_write) {
  static memory_file file;
  nlohmann::ordered_json again;
  try {
    again = read_and_write(file.hold(written.dump()));
  } catch (const input_error& error) {
    throw std::logic_error("written as " + written.dump() + ", refused when read again: " + error.what());
  }
  if (again != written) {
    throw std::logic_error("written as " + written.dump() + ", read again as " + again.dump());
  }
}

}  // namespace dlac::fuzz
