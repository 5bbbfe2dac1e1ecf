#include "sim/workload/operands.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/trace/tensor_data.h"
#include "sim/workload/operand_state.h"
#include "sim/workload/synthetic_operands.h"

namespace dlac {
namespace {

/// A dense operand is a synthetic one without zeros.
synthetic_source as_synthetic(const operand_source& source) {
  const auto* const synthetic = std::get_if<synthetic_source>(&source);
  return synthetic != nullptr ? *synthetic : synthetic_source{};
}

}  // namespace

operand_provider::operand_provider(const network& net, std::optional<std::string> trace_override,
                                   const operand_formats& numbers, const computed_maps* computed)
    : state_(std::make_unique<state>()) {
  state_->net = net;
  state_->numbers = numbers;
  state_->computed = computed;
  const bool has_affine_nodes =
      net.graph && std::any_of(net.graph->nodes.begin(), net.graph->nodes.end(), [](const graph_node& node) {
        return !node.layer && node.operation.type == node_type::layer_norm && node.operation.is_affine;
      });
  const bool reads_beyond_layers = computed != nullptr && (net.image || has_affine_nodes);
  const bool wanted =
      reads_beyond_layers || std::any_of(net.layers.begin(), net.layers.end(), [](const layer& l) {
        const bool names_tensors =
            std::any_of(l.epilogue.begin(), l.epilogue.end(), [](const pt_wise_op& op) { return op.reads_tensor(); });
        return is_trace(l.operands.activations) || is_trace(l.operands.weights) || l.recorded || names_tensors;
      });
  if (trace_override) {
    state_->trace.emplace(*trace_override, numbers, std::nullopt);
  } else if (wanted && net.trace_path) {
    state_->trace.emplace(*net.trace_path, numbers, net.trace_stamp);
  }
}

operand_provider::~operand_provider() = default;

tensor_mask operand_provider::activation_mask(const layer& l) const {
  const shape_4d shape = l.activation_shape(state_->net.batch);
  if (is_computed(l.operands.activations)) {
    return {shape, nonzero_bits(activation_values(l), shape.c * shape.h * shape.w)};
  }
  if (is_trace(l.operands.activations)) {
    return {shape, state_->trace->map_nonzeros(l, state_->traced_activations(l), shape)};
  }
  return synthetic_feature_map(as_synthetic(l.operands.activations), l.name + ".activations", shape);
}

tensor_mask operand_provider::weight_mask(const layer& l) const {
  const shape_4d shape = l.column_shape(state_->net.batch);
  if (is_computed(l.operands.weights)) {
    return {shape, nonzero_bits(weight_values(l), shape.c * shape.h * shape.w)};
  }
  if (is_trace(l.operands.weights)) {
    return {shape, state_->trace_for(l, "weights").column_nonzeros(l, state_->traced_weights(l), shape)};
  }
  const synthetic_source source = as_synthetic(l.operands.weights);
  return l.is_matmul() ? synthetic_feature_map(source, l.name + ".columns", shape)
                       : synthetic_weights(source, l.name + ".weights", shape);
}

tensor_mask operand_provider::gradient_mask(const layer& l) const {
  const shape_4d shape = l.output_shape(state_->net.batch);
  if (is_trace(l.operands.gradients)) {
    const tensor_view& tensor = state_->traced_gradients(l);
    return {shape, state_->trace->map_nonzeros(l, tensor, shape)};
  }
  return synthetic_feature_map(as_synthetic(l.operands.gradients), l.name + ".gradients", shape);
}

std::vector<float> operand_provider::activation_values(const layer& l) const {
  if (is_computed(l.operands.activations)) {
    return state_->computed->operand(l, tensor_role::activations);
  }
  if (is_trace(l.operands.activations)) {
    const tensor_view& tensor = state_->traced_activations(l);
    return state_->trace->map_values(l, tensor, l.activation_shape(state_->net.batch));
  }
  return synthetic_activation_values(as_synthetic(l.operands.activations).seed, l.name + ".activations",
                                     activation_mask(l).bits);
}

std::vector<float> operand_provider::weight_values(const layer& l) const {
  if (is_computed(l.operands.weights)) {
    return state_->computed->operand(l, tensor_role::weights);
  }
  if (is_trace(l.operands.weights)) {
    return state_->trace_for(l, "weights").column_values(l, state_->traced_weights(l));
  }
  const std::uint64_t seed = as_synthetic(l.operands.weights).seed;
  return l.is_matmul() ? synthetic_activation_values(seed, l.name + ".columns", weight_mask(l).bits)
                       : synthetic_weight_values(seed, l.name + ".weights", weight_mask(l).bits, l.weights);
}

std::vector<float> operand_provider::gradient_values(const layer& l) const {
  if (is_trace(l.operands.gradients)) {
    const tensor_view& tensor = state_->traced_gradients(l);
    return state_->trace->map_values(l, tensor, l.output_shape(state_->net.batch));
  }
  return synthetic_gradient_values(as_synthetic(l.operands.gradients).seed, l.name + ".gradients",
                                   gradient_mask(l).bits);
}

operand_formats operand_provider::numbers_of(const layer& l) const {
  return with_layer(state_->numbers, l.own_numbers());
}

shape_4d operand_provider::shape_of(const layer& l, tensor_role operand) const {
  const std::uint32_t batch = state_->net.batch;
  return operand == tensor_role::activations ? l.activation_shape(batch)
         : operand == tensor_role::weights   ? l.column_shape(batch)
                                             : l.output_shape(batch);
}

tensor_mask operand_provider::stored_mask(const layer& l, tensor_role operand) const {
  return operand == tensor_role::activations ? activation_mask(l)
         : operand == tensor_role::weights   ? weight_mask(l)
                                             : gradient_mask(l);
}

std::vector<float> operand_provider::stored_values(const layer& l, tensor_role operand) const {
  return operand == tensor_role::activations ? activation_values(l)
         : operand == tensor_role::weights   ? weight_values(l)
                                             : gradient_values(l);
}

std::vector<float> operand_provider::velocity(const layer& l) const {
  const tensor_view* const tensor = state_->update_state(l, "velocity");
  return tensor != nullptr ? state_->trace->column_values(l, *tensor)
                           : std::vector<float>(l.weight_shape().elements(), 0.0F);
}

std::vector<float> operand_provider::master_weights(const layer& l) const {
  if (l.weights == weight_format::full) {
    return weight_values(l);
  }
  const tensor_view* const tensor = state_->update_state(l, "master_weights");
  return tensor != nullptr ? state_->trace->column_values(l, *tensor)
                           : synthetic_master_weights(l.name, weight_values(l));
}

std::vector<float> operand_provider::scale(const layer& l) const {
  if (is_trace(l.operands.weights)) {
    const trace_operands& trace = state_->trace_for(l, "the scale");
    return trace.values(trace.channel_constants(l, "scale"));
  }
  return synthetic_scale(as_synthetic(l.operands.weights).seed, l.name + ".scale", l.out_channels, l.filter_elements());
}

std::vector<float> operand_provider::bias(const layer& l) const {
  if (is_trace(l.operands.weights)) {
    const trace_operands& trace = state_->trace_for(l, "the bias");
    return trace.values(trace.channel_constants(l, "bias"));
  }
  return synthetic_bias(as_synthetic(l.operands.weights).seed, l.name + ".bias", l.out_channels);
}

std::vector<float> operand_provider::epilogue_values(const layer& l, const pt_wise_op& op) const {
  if (state_->computes(op)) {
    return state_->computed->epilogue_operand(l, op);
  }
  const state::feature_map_origin origin = state_->find_operand(op, l);
  const shape_4d shape = l.operand_shape(op, state_->net.batch);
  if (origin.tensor != nullptr) {
    return state_->values_of(origin, shape);
  }
  return origin.consumer != nullptr ? activation_values(*origin.consumer)
                                    : synthetic_signed_values(op.tensor, shape.elements());
}

std::optional<std::vector<float>> operand_provider::recorded_values(const layer& l) const {
  if (!l.recorded) {
    return std::nullopt;
  }
  const state::feature_map_origin origin = state_->find_recorded(l);
  return origin.tensor != nullptr ? std::optional(state_->values_of(origin, l.recorded_shape(state_->net.batch)))
                                  : std::nullopt;
}

std::optional<std::string> operand_provider::trace_hash() const {
  return state_->trace ? std::optional(state_->trace->hash()) : std::nullopt;
}

}  // namespace dlac
