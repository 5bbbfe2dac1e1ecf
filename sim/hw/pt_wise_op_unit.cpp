#include "sim/hw/pt_wise_op_unit.h"

#include <cmath>

#include "sim/core/half.h"

namespace dlac::hw {

float apply_pt_wise_op(const mm_op_values& values, std::size_t op, std::uint64_t m, std::uint64_t n, float x) {
  const auto& instruction = values.epilogue()[op];
  const bool half = values.mode() == machine_mode::fp16_inference;
  const auto rounded = [half](float value) { return half ? round_to_half(value) : value; };
  const auto addend = [&] { return instruction.streams_feature_map ? values.streamed(op, m, n) : values.bias(n); };
  switch (instruction.kind) {
    case pt_wise_kind::mul_add:
      return half ? fma_half(x, values.scale(n), values.bias(n)) : std::fma(x, values.scale(n), values.bias(n));
    case pt_wise_kind::add:
      return rounded(x + addend());
    case pt_wise_kind::sub:
      return rounded(x - addend());
    case pt_wise_kind::select:
      return x > (half ? round_to_half(instruction.threshold) : static_cast<float>(instruction.threshold)) ? x : 0.0F;
  }
  return x;
}

}  // namespace dlac::hw
