#include "sim/mapping/values.h"

#include <algorithm>
#include <cmath>

#include "sim/core/half.h"

namespace dlac {
namespace {

std::vector<float> in_format(std::vector<float> values, machine_mode mode) {
  if (mode == machine_mode::fp16_inference) {
    std::transform(values.begin(), values.end(), values.begin(), [](float value) { return round_to_half(value); });
  }
  return values;
}

void load_epilogue_operands(const network& net, const layer& l, const operand_provider& operands,
                            layer_values& values) {
  for (const auto& op : l.epilogue) {
    if (op.reads_scale()) {
      values.scale = in_format(operands.scale(l), values.mode);
    }
    if (op.reads_bias()) {
      values.bias = in_format(operands.bias(l), values.mode);
    }
    values.streamed.push_back(
        op.streams_feature_map
            ? in_format(operands.feature_map_values(op.tensor, l.output_shape(net.batch)), values.mode)
            : std::vector<float>{});
  }
}

void load_update_operands(const network& net, const layer& l, const operand_provider& operands, layer_values& values) {
  values.velocity = operands.velocity(l);
  values.master_weights = operands.master_weights(l);
  values.momentum = static_cast<float>(net.training.momentum);
  values.learning_rate = static_cast<float>(net.training.learning_rate);
  values.ternary_threshold = ternary_threshold(values.master_weights);
}

}  // namespace

layer_values load_values(const network& net, const layer& l, pass_kind pass, const operand_provider& operands,
                         machine_mode mode) {
  layer_values values;
  values.mode = mode;
  values.activations = in_format(operands.activation_values(l), mode);
  if (pass != pass_kind::backward_weight) {
    values.weights = in_format(operands.weight_values(l), mode);
  }
  if (pass == pass_kind::forward) {
    load_epilogue_operands(net, l, operands, values);
  } else {
    values.gradients = in_format(operands.gradient_values(l), mode);
  }
  if (pass == pass_kind::backward_weight) {
    load_update_operands(net, l, operands, values);
  }
  return values;
}

shape_4d output_shape(const layer& l, pass_kind pass, std::uint32_t batch) {
  switch (pass) {
    case pass_kind::backward_data:
      return l.activation_shape(batch);
    case pass_kind::backward_weight:
      return l.weight_shape();
    case pass_kind::forward:
      break;
  }
  return l.output_shape(batch);
}

float ternary_threshold(std::span<const float> master_weights) {
  double sum = 0;
  for (const float weight : master_weights) {
    sum += std::fabs(static_cast<double>(weight));
  }
  return static_cast<float>(0.7 * (sum / static_cast<double>(master_weights.size())));
}

}  // namespace dlac
