#pragma once
// The values of a format, one by one.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/numbers/number_format.h"
#include "sim/numbers/tensor_conversion.h"

namespace dlac {

struct format_value {
  std::string code;  ///< hexadecimal bits of floats, else the integer; with two parts "high, low"
  double value = 0;
};

/// In increasing order. Scales that follow from a tensor are those of one whose largest magnitude is 1. Throws
/// input_error for a format of more than 16 bits, and where the values follow from a range and the format has none.
std::vector<format_value> values_of(const number_format& format, tensor_role role);

}  // namespace dlac
