#include "sim/engine/value_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/mapping/values.h"
#include "sim/reference/backward.h"
#include "sim/reference/comparison.h"
#include "sim/reference/convolution.h"
#include "sim/reference/epilogue.h"

namespace dlac {
namespace {

reference_layer reference_shape(const network& net, const layer& l, const pass_formats& formats) {
  return {formats, l.activation_shape(net.batch), l.weight_shape(), l.stride, l.padding, l.groups};
}

/// What the reference computes, before and after the pointwise operations.
struct reference_result {
  std::vector<bool> overflowed;  ///< accumulators that are not finite; empty where all of them are
  std::vector<float> output;
};

std::vector<bool> not_finite(const std::vector<float>& values) {
  if (count_not_finite(values) == 0) {
    return {};
  }
  std::vector<bool> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), [](float value) { return !std::isfinite(value); });
  return result;
}

void apply_epilogue(const network& net, const layer& l, ieee_float accumulator, const operand_provider& operands,
                    std::vector<float>& output) {
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
    streamed.push_back(op.streams_feature_map ? operands.feature_map_values(op.tensor, l.output_shape(net.batch))
                                              : std::vector<float>{});
  }
  apply_reference_epilogue(l, accumulator, output, scale, bias, streamed);
}

reference_result reference_of(const network& net, const layer& l, pass_kind pass, const pass_formats& formats,
                              const operand_provider& operands) {
  const auto shape = reference_shape(net, l, formats);
  if (pass == pass_kind::backward_data) {
    auto output = reference_backward_data(shape, operands.gradient_values(l), operands.weight_values(l));
    auto overflowed = not_finite(output);
    apply_reference_relu_derivative(output, operands.activation_values(l));
    return {std::move(overflowed), std::move(output)};
  }
  if (pass == pass_kind::backward_weight) {
    auto output = reference_backward_weight(shape, operands.activation_values(l), operands.gradient_values(l));
    auto overflowed = not_finite(output);
    const auto velocity = operands.velocity(l);
    const auto master_weights = operands.master_weights(l);
    apply_reference_update({l.weights, static_cast<float>(net.training.momentum),
                            static_cast<float>(net.training.learning_rate), velocity, master_weights},
                           output);
    return {std::move(overflowed), std::move(output)};
  }
  auto output = reference_convolution(shape, operands.activation_values(l), operands.weight_values(l));
  auto overflowed = not_finite(output);
  apply_epilogue(net, l, formats.accumulator, operands, output);
  return {std::move(overflowed), std::move(output)};
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

void check_recorded(const network& net, const layer& l, ieee_float accumulator, const std::vector<float>& output,
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
  const auto k = l.weight_shape().elements() / l.out_channels;
  const auto tolerance = agreement.tolerance(accumulator, k);
  if (!agreement.holds(accumulator, k)) {
    throw simulation_error(
        fmt::format("layer {}: the output is not what the trained network recorded in {}: correlation {:.6f}, largest "
                    "error {:.4g}, "
                    "tolerance {:.4g} ({}); {} of {} outputs overflowed",
                    l.name, l.recorded->tensor, agreement.correlation, agreement.largest_error, tolerance,
                    recorded_rule(accumulator), checked.overflowed, checked.values));
  }
  checked.recorded += recorded->size();
  checked.agreement = {agreement.correlation, agreement.largest_error, tolerance};
}

}  // namespace

void check_values(const network& net, const layer& l, pass_kind pass, const operand_formats& numbers,
                  const std::vector<float>& output, const operand_provider& operands, checked_numbers& checked) {
  const pass_formats formats = formats_of(numbers, pass, l.weights);
  const auto expected = reference_of(net, l, pass, formats, operands);
  if (const auto mismatch = first_bit_difference(output, expected.output)) {
    throw simulation_error(fmt::format("layer {}, {} pass: a value is not bit-exact: {}", l.name, to_string(pass),
                                       to_string(*mismatch, output_shape(l, pass, net.batch))));
  }
  checked.values += output.size();
  checked.overflowed += count_overflowed(expected);
  if (pass == pass_kind::forward && l.recorded) {
    check_recorded(net, l, formats.accumulator, output, operands, checked);
  }
}

}  // namespace dlac
