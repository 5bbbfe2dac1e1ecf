#include "sim/mapping/values.h"

#include "sim/numbers/tensor_conversion.h"

namespace dlac {
namespace {

std::vector<float> held_in(const number_format& format, std::vector<float> values) {
  quantise(format, values);
  return values;
}

void load_epilogue_operands(const network& net, const layer& l, const operand_provider& operands,
                            layer_values& values) {
  const number_format constants = values.numbers.accumulator;
  for (const auto& op : l.epilogue) {
    if (op.reads_scale()) {
      values.scale = held_in(constants, operands.scale(l));
    }
    if (op.reads_bias()) {
      values.bias = held_in(constants, operands.bias(l));
    }
    values.streamed.push_back(
        op.streams_feature_map
            ? held_in(values.numbers.activations, operands.feature_map_values(op.tensor, l.output_shape(net.batch)))
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
                         const operand_formats& numbers) {
  layer_values values;
  values.numbers = numbers;
  values.activations = held_in(numbers.activations, operands.activation_values(l));
  if (pass != pass_kind::backward_weight) {
    values.weights = held_in(weights_of(numbers, l.weights), operands.weight_values(l));
  }
  if (pass == pass_kind::forward) {
    load_epilogue_operands(net, l, operands, values);
  } else {
    values.gradients = held_in(numbers.gradients, operands.gradient_values(l));
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
  return static_cast<float>(0.7 * mean_magnitude(master_weights));
}

}  // namespace dlac
