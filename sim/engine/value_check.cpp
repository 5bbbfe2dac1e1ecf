#include "sim/engine/value_check.h"

#include <fmt/format.h>

#include "sim/core/error.h"
#include "sim/reference/comparison.h"
#include "sim/reference/convolution.h"
#include "sim/reference/epilogue.h"

namespace dlac {
namespace {

std::vector<float> reference_output(const layer& l, machine_mode mode, const operand_provider& operands) {
  const reference_layer shape{
      mode, l.activation_shape(operands.batch()), l.weight_shape(), l.stride, l.padding, l.groups, l.weights};
  auto output = reference_convolution(shape, operands.activation_values(l), operands.weight_values(l));
  std::vector<float> scale;
  std::vector<float> bias;
  std::vector<std::vector<float>> streamed;
  for (const auto& op : l.epilogue) {
    if (op.reads_scale() && scale.empty()) {
      scale = operands.scale(l);
    }
    if (op.reads_bias() && bias.empty()) {
      bias = operands.bias(l);
    }
    streamed.push_back(op.streams_feature_map ? operands.feature_map_values(op.tensor, l.output_shape(operands.batch()))
                                              : std::vector<float>{});
  }
  apply_reference_epilogue(l, mode, output, scale, bias, streamed);
  return output;
}

void check_recorded(const layer& l, const std::vector<float>& output, const operand_provider& operands) {
  auto shape = l.output_shape(operands.batch());
  auto simulated = output;
  if (l.recorded->pool) {
    simulated = apply_max_pool(simulated, shape, *l.recorded->pool);
    shape = pooled_shape(shape, *l.recorded->pool);
  }
  const auto recorded = operands.feature_map_values(l.recorded->tensor, shape);
  const bool ends_in_select = !l.epilogue.empty() && l.epilogue.back().kind == pt_wise_kind::select;
  const auto agreement = compare_with_recorded(
      simulated, recorded, ends_in_select ? std::optional(l.epilogue.back().threshold) : std::nullopt);
  if (!agreement.holds()) {
    throw simulation_error(
        fmt::format("layer {}: the output is not what the trained network recorded in {}: correlation {:.6f} (must be "
                    "above 0.9999), largest error {:.4g} (must be below 1 % of the range, {:.4g})",
                    l.name, l.recorded->tensor, agreement.correlation, agreement.largest_error, agreement.range));
  }
}

}  // namespace

void check_values(const layer& l, const layer_values& values, const operand_provider& operands) {
  const auto expected = reference_output(l, values.mode, operands);
  if (const auto mismatch = first_bit_difference(values.output, expected)) {
    throw simulation_error(fmt::format("layer {}: a value is not bit-exact: {}", l.name,
                                       to_string(*mismatch, l.output_shape(operands.batch()))));
  }
  if (values.mode == machine_mode::fp32_training && l.recorded) {
    check_recorded(l, values.output, operands);
  }
}

}  // namespace dlac
