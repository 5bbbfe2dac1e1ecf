// The reader of accelerator configs, on any bytes.

#include "sim/config/accelerator_config.h"
#include "tests/fuzz/input.h"

namespace dlac::fuzz {

void read_config_file(const std::string& path) {
  const auto read_and_write = [](const std::string& file) { return to_json(read_accelerator_config(file)); };
  expect_same_when_read_again(read_and_write(path), read_and_write);
}

}  // namespace dlac::fuzz
