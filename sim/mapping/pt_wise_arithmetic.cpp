#include "sim/mapping/pt_wise_arithmetic.h"

#include <cmath>
#include <cstddef>
#include <stdexcept>

#include "sim/core/vector_clones.h"
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

inline float result_of(pt_wise_kind op, ieee_float format, const pt_wise_operands& operands) {
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

/// Compiled for every kind and format by itself, so that the loop over the outputs has no choice to make.
template <pt_wise_kind op, ieee_float format>
DLAC_VECTOR_CLONES void apply_to_all(const pt_wise_operands& operands, float* outputs, std::size_t count) {
  const float val2 = operands.val2;
  const float val3 = operands.val3;
  for (std::size_t i = 0; i < count; ++i) {
    outputs[i] = result_of(op, format, {outputs[i], val2, val3});
  }
}

template <pt_wise_kind op>
void apply_in_format(ieee_float format, const pt_wise_operands& operands, std::span<float> outputs) {
  switch (format) {
    case ieee_float::fp32:
      return apply_to_all<op, ieee_float::fp32>(operands, outputs.data(), outputs.size());
    case ieee_float::fp16:
      return apply_to_all<op, ieee_float::fp16>(operands, outputs.data(), outputs.size());
    case ieee_float::bf16:
      return apply_to_all<op, ieee_float::bf16>(operands, outputs.data(), outputs.size());
  }
}

}  // namespace

float apply_pt_wise_op(pt_wise_kind op, ieee_float format, const pt_wise_operands& operands) {
  return result_of(op, format, operands);
}

void apply_pt_wise_op(pt_wise_kind op, ieee_float format, const pt_wise_operands& operands, std::span<float> outputs) {
  switch (op) {
    case pt_wise_kind::mul_add:
      return apply_in_format<pt_wise_kind::mul_add>(format, operands, outputs);
    case pt_wise_kind::add:
      return apply_in_format<pt_wise_kind::add>(format, operands, outputs);
    case pt_wise_kind::sub:
      return apply_in_format<pt_wise_kind::sub>(format, operands, outputs);
    case pt_wise_kind::mul:
      return apply_in_format<pt_wise_kind::mul>(format, operands, outputs);
    case pt_wise_kind::clamp:
      return apply_in_format<pt_wise_kind::clamp>(format, operands, outputs);
    case pt_wise_kind::select:
      break;
  }
  throw std::logic_error("a select of many outputs at once");
}

}  // namespace dlac
