#include "sim/mapping/pt_wise_arithmetic.h"

#include <cmath>
#include <stdexcept>

#include "sim/numbers/bfloat16.h"
#include "sim/numbers/half.h"

namespace dlac {
namespace {

/// Of a sum of two numbers of the format: an fp32 has more than twice their bits, so that its own rounding does not
/// show.
float to_format(ieee_float format, float sum) {
  switch (format) {
    case ieee_float::fp32:
      return sum;
    case ieee_float::fp16:
      return round_to_half(sum);
    case ieee_float::bf16:
      return round_to_bfloat16(sum);
  }
  throw std::logic_error("no such ieee_float");
}

float fused(ieee_float format, float val1, float val2, float val3) {
  switch (format) {
    case ieee_float::fp32:
      return std::fma(val1, val2, val3);
    case ieee_float::fp16:
      return fma_half(val1, val2, val3);
    case ieee_float::bf16:
      return round_to_bfloat16(fma_to_odd(val1, val2, val3));
  }
  throw std::logic_error("no such ieee_float");
}

/// An fp32 holds products of two halves, and of two bfloat16 that are not tiny.
float product(ieee_float format, float val1, float val2) {
  const float rounded_once = val1 * val2;
  const bool is_zero = val1 == 0 || val2 == 0;
  return format == ieee_float::bf16 && !is_zero ? round_to_bfloat16(fma_to_odd(val1, val2, 0.0F))
                                                : to_format(format, rounded_once);
}

}  // namespace

float apply_pt_wise_op(pt_wise_kind op, ieee_float format, const pt_wise_operands& operands) {
  const auto& [val1, val2, val3] = operands;
  switch (op) {
    case pt_wise_kind::mul_add:
      return fused(format, val1, val2, val3);
    case pt_wise_kind::add:
      return to_format(format, val1 + val2);
    case pt_wise_kind::sub:
      return to_format(format, val1 - val2);
    case pt_wise_kind::mul:
      return product(format, val1, val2);
    case pt_wise_kind::clamp:
      return val1 < val2 ? val2 : val1 > val3 ? val3 : val1;
    case pt_wise_kind::select:
      break;
  }
  return val1 != 0.0F ? val2 : val3;
}

}  // namespace dlac
