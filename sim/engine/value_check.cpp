#include "sim/engine/value_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/core/error.h"
#include "sim/mapping/values.h"
#include "sim/reference/backward.h"
#include "sim/reference/comparison.h"
#include "sim/reference/convolution.h"
#include "sim/reference/direct_sums.h"
#include "sim/reference/epilogue.h"
#include "sim/reference/held_numbers.h"
#include "sim/reference/slice_sums.h"
#include "sim/workload/held_operands.h"

namespace dlac {
namespace {

reference_layer reference_shape(const network& net, const layer& l, const pass_formats& formats) {
  return {.formats = formats,
          .input = l.activation_shape(net.batch),
          .weights = l.weight_shape(),
          .stride = l.stride,
          .padding = l.padding,
          .groups = l.groups,
          .dilation = l.dilation};
}

/// What the reference computes, before and after the pointwise operations.
struct reference_result {
  std::vector<bool> overflowed;  ///< accumulators that are not finite; empty where all of them are
  std::vector<float> output;
};

/// q(x) of a held tensor: of signs times their scale.
std::vector<float> values_of_signs(reference_held held) {
  const std::size_t filters = std::max<std::size_t>(held.sign_scales.size(), 1);
  for (std::size_t i = 0; !held.sign_scales.empty() && i < held.values.size(); ++i) {
    held.values[i] *= held.sign_scales[i / (held.values.size() / filters)];
  }
  return std::move(held.values);
}

std::vector<bool> not_finite(const std::vector<float>& values) {
  if (count_not_finite(values) == 0) {
    return {};
  }
  std::vector<bool> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), [](float value) { return !std::isfinite(value); });
  return result;
}

/// The reference's operands: what the lanes multiply, and the scales that follow.
class reference_operands {
 public:
  reference_operands(const layer& l, pass_kind pass, const operand_provider& operands)
      : layer_(l), pass_(pass), operands_(operands), numbers_(operands.numbers_of(l)) {}

  reference_held hold(tensor_role operand, const shape_4d& shape) const {
    const number_format format = operands_.format_of(layer_, operand);
    auto values = operands_.numbers_to_hold(layer_, operand, pass_);
    // The convolution rounds halves itself, as it reads them.
    const bool rounds = pass_ == pass_kind::forward && !has_direct_reference(layer_);
    const bool stays = is_float(format, ieee_float::fp32) || (is_float(format, ieee_float::fp16) && rounds);
    if (stays || values.empty()) {
      reference_held stored;
      stored.values = std::move(values);
      return stored;
    }
    const std::string name = operand_provider::operand_name(layer_, operand);
    reference_held held = reference_hold(
        format, {.name = name, .role = layer_.held_role(operand), .shape = shape, .values = values, .pass = pass_});
    if (formats_of(numbers_, pass_, layer_).multiplies_codes() && !held.codes.empty()) {
      held.values = std::move(held.codes);
      held.low.values = std::move(held.low.codes);
      held.high.values = std::move(held.high.codes);
    }
    return held;
  }

  /// fp32(S of the rows x S of the columns).
  [[nodiscard]] std::vector<float> sum_scales(const reference_held& rows, const reference_held& columns) const {
    const float row_scale = rows.scales.empty() ? 1.0F : rows.scales.front();
    const bool are_in_gradients = pass_ == pass_kind::backward_data && scales_gradients(numbers_, layer_.weights);
    std::vector<float> scales;
    for (const float scale : columns.scales) {
      scales.push_back((are_in_gradients ? 1.0F : scale) * row_scale);
    }
    return scales.empty() ? std::vector<float>{row_scale} : scales;
  }

 private:
  const layer& layer_;
  pass_kind pass_;
  const operand_provider& operands_;
  operand_formats numbers_;
};

void apply_epilogue(const network& net, const layer& l, const pass_formats& formats, const operand_provider& operands,
                    const std::vector<float>& sign_scales, std::vector<float>& output) {
  std::vector<float> scale;
  std::vector<float> bias;
  std::vector<std::vector<float>> tensors;
  for (const auto& op : l.epilogue) {
    if (op.reads_scale() && scale.empty()) {
      scale = operands.scale(l);
    }
    if (op.reads_bias() && bias.empty()) {
      bias = operands.bias(l);
    }
    tensors.emplace_back();
    if (op.is_per_channel) {
      tensors.back() = operands.epilogue_values(l, op);
    }
    if (op.streams_feature_map) {
      const auto format = streamed_format(operands.numbers_of(l), op.tensor);
      const auto values = operands.epilogue_values(l, op);
      tensors.back() = values_of_signs(reference_hold(format, {.name = op.tensor,
                                                               .role = tensor_role::activations,
                                                               .shape = l.operand_shape(op, net.batch),
                                                               .values = values}));
    }
  }
  apply_reference_epilogue(l, formats.pointwise, output, scale, bias, tensors, sign_scales);
}

/// What the lanes multiply: parts where there are such.
reference_operand multiplied(const reference_held& held) {
  return held.low.values.empty() ? reference_operand(held.values)
                                 : reference_operand(held.low.values, held.high.values);
}

reference_codes coded(const reference_held& held) {
  return {held.values, held.scales, held.mantissa};
}

/// The sums of a pass of a transposed convolution or a matmul.
std::vector<float> direct_reference(const network& net, const layer& l, pass_kind pass, const pass_formats& formats,
                                    const std::pair<shape_4d, const reference_held&>& rows,
                                    const std::pair<shape_4d, const reference_held&>& columns,
                                    std::span<const float> sum_scales, std::uint64_t& saturated) {
  if (formats.sums_slices()) {
    return direct_slice_sums(l, pass, net.batch, formats, rows.first, coded(rows.second), columns.first,
                             coded(columns.second));
  }
  return direct_sums(l, pass, net.batch, formats, {rows.first, multiplied(rows.second)},
                     {columns.first, multiplied(columns.second)}, sum_scales, saturated);
}

/// The sums of a pass with its pointwise operations, in the epilogue's float.
reference_result reference_of(const network& net, const layer& l, pass_kind pass, const pass_formats& formats,
                              const operand_provider& operands, std::uint64_t& saturated) {
  auto shape = reference_shape(net, l, formats);
  const reference_operands hold(l, pass, operands);
  const auto activations_of = [&] { return hold.hold(tensor_role::activations, shape.input); };
  const shape_4d column_shape = l.column_shape(net.batch);
  const shape_4d output_map = l.output_shape(net.batch);
  const auto weights_of = [&] { return hold.hold(tensor_role::weights, column_shape); };
  const auto gradients_of = [&] { return hold.hold(tensor_role::gradients, output_map); };
  const bool is_direct = has_direct_reference(l);
  shape.saturated = &saturated;
  std::vector<float> scales;
  const auto set_scales = [&](const reference_held& rows, const reference_held& columns) {
    scales = hold.sum_scales(rows, columns);
    shape.sum_scales = scales;
  };
  if (pass == pass_kind::backward_data) {
    const auto gradients = gradients_of();
    const auto weights = weights_of();
    set_scales(gradients, weights);
    auto output = is_direct ? direct_reference(net, l, pass, formats, {output_map, gradients}, {column_shape, weights},
                                               scales, saturated)
                  : formats.sums_slices() ? reference_slices_backward_data(shape, coded(gradients), coded(weights))
                                          : reference_backward_data(shape, multiplied(gradients), multiplied(weights));
    auto overflowed = not_finite(output);
    if (formats.scales_sums) {
      apply_reference_sign_scales(formats.pointwise, output, weights.sign_scales, 1, output.size());
    }
    if (!l.is_matmul()) {
      apply_reference_relu_derivative(output, activations_of().values);
    }
    return {std::move(overflowed), std::move(output)};
  }
  if (pass == pass_kind::backward_weight) {
    const auto activations = activations_of();
    const auto gradients = gradients_of();
    set_scales(l.is_transposed() ? gradients : activations, l.is_transposed() ? activations : gradients);
    auto output = l.is_transposed() ? direct_reference(net, l, pass, formats, {output_map, gradients},
                                                       {shape.input, activations}, scales, saturated)
                  : is_direct       ? direct_reference(net, l, pass, formats, {shape.input, activations},
                                                       {output_map, gradients}, scales, saturated)
                  : formats.sums_slices()
                      ? reference_slices_backward_weight(shape, coded(activations), coded(gradients))
                      : reference_backward_weight(shape, multiplied(activations), multiplied(gradients));
    auto overflowed = not_finite(output);
    if (!l.is_matmul()) {
      const auto velocity = operands.velocity(l);
      const auto master_weights = operands.master_weights(l);
      apply_reference_update({l.weights, static_cast<float>(net.training.momentum),
                              static_cast<float>(net.training.learning_rate), velocity, master_weights},
                             output);
    }
    return {std::move(overflowed), std::move(output)};
  }
  const auto weights = weights_of();
  std::vector<float> output;
  {
    const auto activations = activations_of();
    set_scales(activations, weights);
    output = is_direct ? direct_reference(net, l, pass, formats, {shape.input, activations}, {column_shape, weights},
                                          scales, saturated)
             : formats.sums_slices() ? reference_slices_forward(shape, coded(activations), coded(weights))
                                     : reference_convolution(shape, multiplied(activations), multiplied(weights));
  }
  auto overflowed = not_finite(output);
  apply_epilogue(net, l, formats, operands, weights.sign_scales, output);
  return {std::move(overflowed), std::move(output)};
}

/// What leaves in the output's format, where that is another than the epilogue's.
void hold_output(const layer& l, pass_kind pass, const shape_4d& shape, const operand_provider& operands,
                 const pass_formats& formats, std::vector<float>& output) {
  if (is_float(formats.output, formats.pointwise)) {
    return;
  }
  const std::string name = output_name(l, pass);
  const auto format = output_format(operands.numbers_of(l), l, pass);
  output = values_of_signs(reference_hold(
      format, {.name = name, .role = output_role(pass), .shape = shape, .values = output, .pass = pass}));
}

/// Elements whose accumulator or whose result is not finite.
std::uint64_t count_overflowed(const reference_result& result) {
  if (result.overflowed.empty()) {
    return count_not_finite(result.output);
  }
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < result.output.size(); ++i) {
    count += result.overflowed[i] || !std::isfinite(result.output[i]) ? 1 : 0;
  }
  return count;
}

void check_recorded(const network& net, const layer& l, const pass_formats& formats, const std::vector<float>& output,
                    const operand_provider& operands, checked_numbers& checked) {
  const auto recorded = operands.recorded_values(l);
  if (!recorded) {
    return;
  }
  const auto simulated =
      l.recorded->pool ? apply_max_pool(output, l.output_shape(net.batch), *l.recorded->pool) : output;
  const bool ends_in_select = !l.epilogue.empty() && l.epilogue.back().kind == pt_wise_kind::select;
  const auto agreement = compare_with_recorded(
      simulated, *recorded, ends_in_select ? std::optional(l.epilogue.back().threshold) : std::nullopt);
  checked.recorded += recorded->size();
  checked.agreement = {agreement.correlation, agreement.largest_error, std::nullopt};
  // In a functional run what other layers computed differs, too, and more from layer to layer.
  const bool is_functional = std::holds_alternative<computed_source>(l.operands.activations);
  if (is_functional || !is_held_against_recordings(formats)) {
    return;
  }
  const auto k = l.filter_elements();
  const auto tolerance = agreement.tolerance(formats.pointwise, k);
  if (!agreement.holds(formats.pointwise, k)) {
    throw simulation_error(
        fmt::format("layer {}: the output is not what the trained network recorded in {}: correlation {:.6f}, largest "
                    "error {:.4g}, "
                    "tolerance {:.4g} ({}); {} of {} outputs overflowed",
                    l.name, l.recorded->tensor, agreement.correlation, agreement.largest_error, tolerance,
                    recorded_rule(operands.numbers_of(l)), checked.overflowed, checked.values));
  }
  checked.agreement->tolerance = tolerance;
}

}  // namespace

std::vector<float> reference_output(const network& net, const layer& l, const operand_provider& operands,
                                    checked_numbers& checked) {
  const pass_formats formats = formats_of(operands.numbers_of(l), pass_kind::forward, l);
  std::uint64_t saturated = 0;
  auto expected = reference_of(net, l, pass_kind::forward, formats, operands, saturated);
  hold_output(l, pass_kind::forward, l.output_shape(net.batch), operands, formats, expected.output);
  if (l.recorded) {
    check_recorded(net, l, formats, expected.output, operands, checked);
  }
  return std::move(expected.output);
}

std::vector<float> epilogue_of_zeros(const network& net, const layer& l, const pass_formats& formats,
                                     const operand_provider& operands) {
  std::vector<float> output(l.output_shape(net.batch).elements());
  apply_epilogue(net, l, formats, operands, {}, output);
  return output;
}

void check_values(const network& net, const layer& l, pass_kind pass, const simulated_outputs& simulated,
                  const operand_provider& operands, checked_numbers& checked) {
  const pass_formats formats = formats_of(operands.numbers_of(l), pass, l);
  const shape_4d shape = output_shape(l, pass, net.batch);
  std::uint64_t saturated = 0;
  auto expected = reference_of(net, l, pass, formats, operands, saturated);
  const auto overflowed = count_overflowed(expected);
  hold_output(l, pass, shape, operands, formats, expected.output);
  if (const auto mismatch = first_bit_difference(simulated.values, expected.output)) {
    throw simulation_error(fmt::format("layer {}, {} pass: a value is not bit-exact: {}", l.name, to_string(pass),
                                       to_string(*mismatch, shape)));
  }
  if (simulated.are_all_computed ? simulated.saturated_sums != saturated : simulated.saturated_sums > saturated) {
    throw simulation_error(fmt::format("layer {}, {} pass: {} sums saturated, expected {}", l.name, to_string(pass),
                                       simulated.saturated_sums, saturated));
  }
  checked.values += simulated.values.size() - simulated.unreached;
  checked.overflowed += overflowed;
  if (pass == pass_kind::forward && l.recorded) {
    check_recorded(net, l, formats, simulated.values, operands, checked);
  }
}

}  // namespace dlac
