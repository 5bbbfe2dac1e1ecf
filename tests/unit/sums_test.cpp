// Products added up in every accumulator, by hand.

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <vector>

#include "sim/hw/mm_op_unit.h"
#include "sim/numbers/product_sum.h"
#include "tests/unit/held_tensors.h"

namespace dlac::test {
namespace {

TEST_CASE("sums: hand vectors") {
  const auto sum_of = [](const accumulator_format& format, product_rounding operation, const floats& a, const floats& w,
                         float start = 0) {
    pass_formats formats;
    formats.accumulator = format;
    formats.operation = operation;
    auto state = hw::state_for(format);
    float sum = start;
    const std::uint32_t first = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      hw::accumulator_for(formats)({&a[k], &w[k], {&first, 1}, {&first, 1}}, 1, &sum, state);
    }
    return sum;
  };
  using enum product_rounding;
  // 261 + 2^-20 is nearer to 262 than to 260; 261 itself is in the middle.
  CHECK(sum_of(ieee_float::bf16, fused, {9}, {29}, 0x1p-20F) == 262);
  CHECK(sum_of(ieee_float::bf16, fused, {9}, {29}) == 260);
  CHECK(sum_of(ieee_float::bf16, separate, {9}, {29}, 0x1p-20F) == 260);
  // 2 - 2^-30 is 2 in fp32, before its low bits are cleared.
  CHECK(sum_of(truncated_float{7}, fused, {-0x1p-15F}, {0x1p-15F}, 2) == 2);
  CHECK(sum_of(truncated_float{7}, fused, {1.9875F}, {1}) == 1.984375F);
  // 1.015625 x 1.0078125 - 1, the product being cut or not.
  CHECK(sum_of(truncated_float{7}, fused, {1.015625F}, {1.0078125F}, -1) == 0.0235595703125F);
  CHECK(sum_of(truncated_float{7}, separate, {1.015625F}, {1.0078125F}, -1) == 0.0234375F);
  // fp16 sums of products that are no halves: 1 + 2^-11 + 2^-40 is above the middle of 1 and the next half.
  CHECK(sum_of(ieee_float::fp16, fused, {0x1p-11F, 0x1p-20F}, {1, 0x1p-20F}, 1) == 1);
  CHECK(sum_of(ieee_float::fp16, fused, {0x1.000002p-11F}, {1}, 1) == 1 + 0x1p-10F);
}

TEST_CASE("int32 sums saturate at step 33,026 of 255 x 255, and not before") {
  pass_formats formats;
  formats.rows = affine();
  formats.columns = affine();
  formats.accumulator = integer_sum();
  auto state = hw::state_for(formats.accumulator);
  const auto accumulate = hw::accumulator_for(formats);
  float sum = 0;
  const float code = 255;
  const std::uint32_t first = 0;
  std::uint32_t steps = 0;
  while (state.saturated == 0) {
    accumulate({&code, &code, {&first, 1}, {&first, 1}}, 1, &sum, state);
    ++steps;
  }
  CHECK(steps == 33026);
  CHECK(std::bit_cast<std::int32_t>(sum) == 2147483647);
  CHECK(scaled_sum(sum, 0.5F) == 0x1p30F);
}

}  // namespace
}  // namespace dlac::test
