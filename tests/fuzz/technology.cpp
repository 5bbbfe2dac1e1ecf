// The reader of technology tables, on any bytes.

#include "models/technology.h"
#include "tests/fuzz/input.h"

namespace dlac::fuzz {

void read_technology_file(const std::string& path) {
  const auto read_and_write = [](const std::string& file) { return to_json(read_technology(file)); };
  expect_same_when_read_again(read_and_write(path), read_and_write);
}

}  // namespace dlac::fuzz
