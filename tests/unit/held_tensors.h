#pragma once
// Numbers in a format, as tests want them.

#include <random>
#include <string>
#include <vector>

#include "sim/numbers/number_format_json.h"
#include "sim/numbers/tensor_conversion.h"

namespace dlac::test {

using floats = std::vector<float>;

inline held_tensor convert_all(const std::string& format, const floats& values, tensor_role role = tensor_role::weights,
                               shape_4d shape = {}, const std::string& name = "t") {
  if (shape == shape_4d{}) {
    shape = {1, 1, 1, values.size()};
  }
  return convert(parse_number_format(format, "FORMAT"), {name, role, shape, values});
}

inline floats held(const std::string& format, const floats& values, tensor_role role = tensor_role::weights,
                   shape_4d shape = {}) {
  return convert_all(format, values, role, shape).values;
}

inline floats random_floats(std::size_t count, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 3);
  floats values(count);
  for (float& value : values) {
    value = normal(random);
  }
  return values;
}

}  // namespace dlac::test
