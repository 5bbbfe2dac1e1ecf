#include "sim/hw/pt_wise_op_unit.h"

#include <cmath>

#include "sim/numbers/half.h"

namespace dlac::hw {

float apply_pt_wise_op(pt_wise_kind op, ieee_float format, const pt_wise_operands& operands) {
  const bool half = format == ieee_float::fp16;
  const auto& [val1, val2, val3] = operands;
  const auto rounded = [half](float value) { return half ? round_to_half(value) : value; };
  switch (op) {
    case pt_wise_kind::mul_add:
      return half ? fma_half(val1, val2, val3) : std::fma(val1, val2, val3);
    case pt_wise_kind::add:
      return rounded(val1 + val2);
    case pt_wise_kind::sub:
      return rounded(val1 - val2);
    case pt_wise_kind::select:
      break;
  }
  return val1 != 0.0F ? val2 : val3;
}

}  // namespace dlac::hw
