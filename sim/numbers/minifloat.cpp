#include "sim/numbers/minifloat.h"

namespace dlac {

double largest_of(const minifloat& format) {
  const std::int64_t codes = std::int64_t{1} << format.exponent_bits;
  const std::int64_t mantissas = std::int64_t{1} << format.mantissa_bits;
  std::int64_t exponent_code = codes - 1;
  std::int64_t mantissa = mantissas - 1;
  if (format.specials == special_codes::ieee) {
    exponent_code -= 1;
  } else if (format.specials == special_codes::nan) {
    // All ones are the NaN; without mantissa bits they are the whole exponent.
    exponent_code -= mantissas == 1 ? 1 : 0;
    mantissa -= mantissas == 1 ? 0 : 1;
  }
  // Exponent code 0 with subnormals has no hidden bit, and the exponent of code 1.
  const bool is_subnormal = exponent_code == 0 && format.subnormals;
  const std::int64_t exponent = is_subnormal ? 1 - std::int64_t{format.bias} : exponent_code - format.bias;
  const auto significand = static_cast<double>(is_subnormal ? mantissa : mantissas + mantissa);
  return significand * power_of_2(exponent - format.mantissa_bits);
}

}  // namespace dlac
