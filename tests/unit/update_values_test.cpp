// The operands of the weight update's pointwise operations, at the borders of the ternary threshold.

#include <doctest/doctest.h>

#include <cmath>

#include "sim/mapping/pt_wise_arithmetic.h"
#include "sim/mapping/values.h"

namespace dlac::test {

TEST_CASE("new ternary weights: the sign of what exceeds the threshold") {
  layer l;
  l.in_channels = l.out_channels = 1;
  l.input_size = l.kernel = l.stride = {1, 1};
  l.weights = weight_format::ternary;
  layer_values values;
  values.velocity = {0};
  values.master_weights = {0};
  values.ternary_threshold = 0.5F;
  const auto shape = mm_op_shapes(l, pass_kind::backward_weight, 1).front();
  const auto update = make_mm_op_values(values, shape);
  const auto ternary = [&](float weight) {
    for (const std::size_t op : {2U, 3U}) {
      weight = apply_pt_wise_op(update->pt_wise(op), ieee_float::fp32, update->operands(op, 0, 0, weight));
    }
    return weight;
  };
  const float above = std::nextafter(0.5F, 1.0F);
  CHECK(ternary(above) == 1.0F);
  CHECK(ternary(-above) == -1.0F);
  CHECK(ternary(0.5F) == 0.0F);
  CHECK(ternary(-0.5F) == 0.0F);
  CHECK(ternary(0.0F) == 0.0F);
}

}  // namespace dlac::test
