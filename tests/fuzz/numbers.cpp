// The reader of number formats, on any bytes, and what the format makes of a few numbers.

#include <array>
#include <string>

#include "sim/json/json_reader.h"
#include "sim/numbers/number_format_json.h"
#include "sim/numbers/tensor_conversion.h"
#include "tests/fuzz/input.h"

namespace dlac::fuzz {

void read_numbers_file(const std::string& path) {
  const auto read = [](const std::string& file) {
    const json_document document(file, json_document::load(file));
    return number_format_json().read(document.root());
  };
  const auto read_and_write = [&](const std::string& file) { return number_format_json().write(read(file)); };
  const number_format format = read(path);
  expect_same_when_read_again(read_and_write(path), read_and_write);
  static_cast<void>(bits_of(format));
  constexpr std::array values = {0.0F, 1.0F, -1.0F, 0x1p-149F, -0x1.fffffep127F, 3.7F, -0.01F, 65504.0F};
  for (const auto role : {tensor_role::weights, tensor_role::activations, tensor_role::gradients}) {
    try {
      static_cast<void>(convert(format, {"t", role, {2, 2, 1, 2}, values}));
    } catch (const input_error&) {  // a value that the format does not hold, or no rule for the role
    }
  }
}

}  // namespace dlac::fuzz
