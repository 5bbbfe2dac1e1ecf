#include "sim/mapping/values.h"

#include <cmath>
#include <utility>

#include "sim/numbers/tensor_conversion.h"
#include "sim/workload/held_operands.h"

namespace dlac {
namespace {

std::vector<float> held_in(ieee_float format, std::vector<float> values) {
  quantise(format, values);
  return values;
}

/// One of a tensor, or one of each element of `scales`; none is 1.
float scale_at(const std::vector<float>& scales, std::size_t i) {
  return scales.empty() ? 1.0F : scales[scales.size() == 1 ? 0 : i];
}

/// Both scales of a channel in one, rounded once.
std::vector<float> folded(ieee_float format, std::vector<float> scale, const std::vector<float>& sign_scales) {
  for (std::size_t channel = 0; channel < scale.size(); ++channel) {
    scale[channel] = rounded(format, double{scale[channel]} * scale_at(sign_scales, channel));
  }
  return scale;
}

/// The tensor that an operation names, as it is held: a feature map that streams as activations are, values of channels
/// like other constants.
std::vector<float> load_operand(const network& net, const layer& l, const pt_wise_op& op,
                                const operand_provider& operands, ieee_float pointwise) {
  auto values = operands.epilogue_values(l, op);
  if (op.is_per_channel) {
    return held_in(pointwise, std::move(values));
  }
  const auto format = streamed_format(operands.numbers_of(l), op.tensor);
  const source_tensor source{
      .name = op.tensor, .role = tensor_role::activations, .shape = l.operand_shape(op, net.batch), .values = {}};
  return held_in(pointwise, hold_values(format, source, std::move(values)).values);
}

void load_epilogue_operands(const network& net, const layer& l, const operand_provider& operands,
                            const std::vector<float>& sign_scales, layer_values& values) {
  const ieee_float pointwise = values.formats.pointwise;
  const bool is_folded = sign_scaling_of(l, values.formats, pass_kind::forward) == sign_scaling::folded;
  for (std::size_t place = 0; place < l.epilogue.size(); ++place) {
    const auto& op = l.epilogue[place];
    if (op.reads_scale()) {
      const std::vector<float> scale = operands.scale(l);
      values.scale = held_in(pointwise, scale);
      if (is_folded) {
        values.first_scale = folded(pointwise, scale, sign_scales);
      }
    }
    if (op.reads_bias()) {
      values.bias = held_in(pointwise, operands.bias(l));
    }
    values.tensors.push_back(op.reads_tensor() ? load_operand(net, l, op, operands, pointwise) : std::vector<float>{});
  }
}

void load_update_operands(const network& net, const layer& l, const operand_provider& operands, layer_values& values) {
  values.velocity = operands.velocity(l);
  values.master_weights = operands.master_weights(l);
  values.momentum = static_cast<float>(net.training.momentum);
  values.learning_rate = static_cast<float>(net.training.learning_rate);
  values.ternary_threshold = ternary_threshold(values.master_weights);
}

/// fp32(S of the rows x S of the columns), for sums of codes.
std::vector<float> sum_scales_of(const held_operand& rows, const held_operand& columns, bool columns_are_scaled) {
  const float row_scale = scale_at(rows.scales, 0);
  std::vector<float> scales;
  for (std::size_t i = 0; !columns_are_scaled && i < columns.scales.size(); ++i) {
    scales.push_back(columns.scales[i] * row_scale);
  }
  if (scales.empty()) {
    scales.push_back(row_scale);
  }
  return scales;
}

/// What scales of groups are without a mantissa that all of them share.
std::vector<float> factors_of(const held_operand& operand) {
  std::vector<float> factors = operand.scales;
  if (operand.shares_mantissa) {
    for (float& factor : factors) {
      factor = static_cast<float>(std::ldexp(1.0, std::ilogb(factor)));
    }
  }
  return factors;
}

void load_slice_scales(const held_operand& rows, const held_operand& columns, layer_values& values) {
  values.row_factors = factors_of(rows);
  values.column_factors = factors_of(columns);
  if (rows.shares_mantissa || columns.shares_mantissa) {
    values.sum_mantissa = rows.mantissa * columns.mantissa;
  }
}

}  // namespace

layer_values load_values(const network& net, const layer& l, pass_kind pass, const operand_provider& operands) {
  const operand_formats numbers = operands.numbers_of(l);
  layer_values values;
  values.formats = formats_of(numbers, pass, l);
  held_operand activations = operands.operand_values(l, tensor_role::activations, pass);
  held_operand weights;
  held_operand gradients;
  if (pass != pass_kind::backward_weight) {
    weights = operands.operand_values(l, tensor_role::weights, pass);
  }
  if (pass != pass_kind::forward) {
    gradients = operands.operand_values(l, tensor_role::gradients, pass);
  }
  const bool are_swapped = l.is_transposed() && pass == pass_kind::backward_weight;
  held_operand& rows = pass == pass_kind::backward_data || are_swapped ? gradients : activations;
  held_operand& columns = are_swapped ? activations : pass == pass_kind::backward_weight ? gradients : weights;
  const bool gradients_are_scaled = pass == pass_kind::backward_data && scales_gradients(numbers, l.weights);
  if (values.formats.sums_slices()) {
    load_slice_scales(rows, columns, values);
  } else {
    values.sum_scales = sum_scales_of(rows, columns, gradients_are_scaled);
  }
  values.row_parts = std::move(rows.parts);
  values.column_parts = std::move(columns.parts);
  values.row_figures = rows.figures;
  values.column_figures = columns.figures;
  if (sign_scaling_of(l, values.formats, pass) == sign_scaling::own_operation) {
    values.sign_scales = held_in(values.formats.pointwise, weights.sign_scales);
  }
  if (pass == pass_kind::forward) {
    load_epilogue_operands(net, l, operands, weights.sign_scales, values);
  }
  if (pass == pass_kind::backward_weight && !l.is_matmul()) {
    load_update_operands(net, l, operands, values);
  }
  values.activations = std::move(activations.values);
  values.weights = std::move(weights.values);
  values.gradients = std::move(gradients.values);
  return values;
}

shape_4d output_shape(const layer& l, pass_kind pass, std::uint32_t batch) {
  switch (pass) {
    case pass_kind::backward_data:
      return l.activation_shape(batch);
    case pass_kind::backward_weight:
      return l.column_shape(batch);
    case pass_kind::forward:
      break;
  }
  return l.output_shape(batch);
}

float ternary_threshold(std::span<const float> master_weights) {
  return static_cast<float>(0.7 * mean_magnitude(master_weights));
}

}  // namespace dlac
