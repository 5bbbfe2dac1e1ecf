#include "sim/engine/value_check.h"

#include <fmt/format.h>

#include "sim/core/error.h"
#include "sim/reference/backward.h"
#include "sim/reference/comparison.h"
#include "sim/reference/convolution.h"
#include "sim/reference/epilogue.h"

namespace dlac {
namespace {

reference_layer reference_shape(const layer& l, machine_mode mode, const operand_provider& operands) {
  return {mode, l.activation_shape(operands.batch()), l.weight_shape(), l.stride, l.padding, l.groups, l.weights};
}

std::vector<float> reference_forward(const layer& l, machine_mode mode, const operand_provider& operands) {
  auto output = reference_convolution(reference_shape(l, mode, operands), operands.activation_values(l),
                                      operands.weight_values(l));
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

std::vector<float> reference_output(const layer& l, pass_kind pass, machine_mode mode,
                                    const operand_provider& operands) {
  const auto shape = reference_shape(l, mode, operands);
  if (pass == pass_kind::backward_data) {
    auto output = reference_backward_data(shape, operands.gradient_values(l), operands.weight_values(l));
    apply_reference_relu_derivative(output, operands.activation_values(l));
    return output;
  }
  if (pass == pass_kind::backward_weight) {
    auto output = reference_backward_weight(shape, operands.activation_values(l), operands.gradient_values(l));
    const auto velocity = operands.velocity(l);
    const auto master_weights = operands.master_weights(l);
    apply_reference_update({l.weights, static_cast<float>(operands.training().momentum),
                            static_cast<float>(operands.training().learning_rate), velocity, master_weights},
                           output);
    return output;
  }
  return reference_forward(l, mode, operands);
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

void check_values(const layer& l, pass_kind pass, const layer_values& values, const operand_provider& operands) {
  const auto expected = reference_output(l, pass, values.mode, operands);
  if (const auto mismatch = first_bit_difference(values.output, expected)) {
    throw simulation_error(fmt::format("layer {}, {} pass: a value is not bit-exact: {}", l.name, to_string(pass),
                                       to_string(*mismatch, output_shape(l, pass, operands.batch()))));
  }
  if (pass == pass_kind::forward && values.mode == machine_mode::fp32_training && l.recorded) {
    check_recorded(l, values.output, operands);
  }
}

}  // namespace dlac
