#include "sim/workload/operands.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "sim/core/error.h"
#include "sim/trace/tensor_data.h"
#include "sim/workload/held_operands.h"
#include "sim/workload/synthetic_operands.h"
#include "sim/workload/trace_operands.h"

namespace dlac {

namespace {

bool is_trace(const operand_source& source) {
  return std::holds_alternative<trace_source>(source);
}

/// A dense operand is a synthetic one without zeros.
synthetic_source as_synthetic(const operand_source& source) {
  const auto* const synthetic = std::get_if<synthetic_source>(&source);
  return synthetic != nullptr ? *synthetic : synthetic_source{};
}

/// What a layer's own tensors of feature maps are shaped like, by the kind in the name LAYER.KIND.
std::optional<shape_4d> named_shape(const layer& l, std::string_view kind, std::uint32_t batch) {
  if (kind == ".activations") {
    return l.activation_shape(batch);
  }
  return kind == ".output" || kind == ".gradients" ? std::optional(l.output_shape(batch)) : std::nullopt;
}

std::string text_of(const shape_4d& shape) {
  return shape_text({shape.n, shape.c, shape.h, shape.w});
}

}  // namespace

struct operand_provider::state {
  network net;
  operand_formats numbers;
  std::optional<trace_operands> trace;

  /// The trace, for an operand of `l` that comes from it.
  [[nodiscard]] const trace_operands& trace_for(const layer& l, std::string_view operand) const {
    if (!trace) {
      const auto place = std::find_if(net.layers.begin(), net.layers.end(),
                                      [&](const layer& candidate) { return candidate.name == l.name; });
      throw input_error(net.file, fmt::format("/layers/{} ({})", place - net.layers.begin(), l.name),
                        fmt::format("{} from a trace, and no trace", operand),
                        "a \"trace\" in the workload, or --trace FILE");
    }
    return *trace;
  }
  [[nodiscard]] const tensor_view& traced_activations(const layer& l) const {
    return trace_for(l, "activations").activations(l, std::get<trace_source>(l.operands.activations), net.batch);
  }
  /// Of a matmul its second map.
  [[nodiscard]] const tensor_view& traced_weights(const layer& l) const {
    const auto& source = std::get<trace_source>(l.operands.weights);
    return l.is_matmul() ? trace_for(l, "columns").columns(l, source, net.batch)
                         : trace_for(l, "weights").weights(l, source);
  }
  /// Gradients alone are not worth a trace until they are asked for: a forward run reads none.
  [[nodiscard]] const tensor_view& traced_gradients(const layer& l) {
    if (!trace && net.trace_path) {
      trace.emplace(*net.trace_path, numbers, net.trace_stamp);
    }
    return trace_for(l, "gradients").gradients(l, std::get<trace_source>(l.operands.gradients), net.batch);
  }
  /// LAYER.kind in the shape of the weights, or nullptr where there is none.
  [[nodiscard]] const tensor_view* update_state(const layer& l, std::string_view kind) const {
    const bool from_trace = is_trace(l.operands.weights) && trace && trace->holds(fmt::format("{}.{}", l.name, kind));
    return from_trace ? &trace->update_state(l, kind) : nullptr;
  }
  [[nodiscard]] const layer* find_layer(std::string_view name) const {
    const auto found =
        std::find_if(net.layers.begin(), net.layers.end(), [&](const layer& l) { return l.name == name; });
    return found == net.layers.end() ? nullptr : &*found;
  }
  /// Whether the trace has the activations of `l` as a mask only: it tells zeros, and nothing can be computed.
  [[nodiscard]] bool has_only_zeros(const layer& l) const {
    const std::string name = activations_name(l);
    return trace && !trace->holds(name) && trace->holds(name + ".mask");
  }
  [[nodiscard]] static std::string activations_name(const layer& l) {
    const auto* const source = std::get_if<trace_source>(&l.operands.activations);
    return source != nullptr && source->tensor ? *source->tensor : l.name + ".activations";
  }
  [[nodiscard]] bool holds(const std::string& feature_map) const {
    return trace && (trace->holds(feature_map) || trace->holds(feature_map + ".mask"));
  }
  /// Where a feature map comes from: a tensor of the trace, possibly a mask, or a layer's synthetic activations, or
  /// neither: then its values are made up. What a traced layer should have recorded is never made up.
  struct feature_map_origin {
    const tensor_view* tensor = nullptr;
    const layer* laid_out_for = nullptr;  ///< of the tensor
    const layer* consumer = nullptr;
  };
  /// Of a map that goes with the output of `l`. A tensor that is `optional` may be missing; its values are to be held
  /// in `format`.
  [[nodiscard]] feature_map_origin find_feature_map(const std::string& tensor, const layer& l, const shape_4d& shape,
                                                    bool optional, const number_format& format) const;
  /// What an operation of the epilogue of `l` names; a value of a channel is held in the epilogue's float.
  [[nodiscard]] feature_map_origin find_operand(const pt_wise_op& op, const layer& l, bool optional = false) const {
    const number_format pointwise = numbers.accumulator.pointwise();
    return find_feature_map(op.tensor, l, l.operand_shape(op, net.batch), optional,
                            op.is_per_channel ? pointwise : numbers.activations);
  }
  /// It is compared with, not held: any finite value will do.
  [[nodiscard]] feature_map_origin find_recorded(const layer& l, bool optional = false) const {
    return find_feature_map(l.recorded->tensor, l, l.recorded_shape(net.batch), optional, ieee_float::fp32);
  }
  [[nodiscard]] std::vector<float> values_of(const feature_map_origin& origin, const shape_4d& shape) const {
    return trace->map_values(*origin.laid_out_for, *origin.tensor, shape);
  }
  void check_constants(const layer& l, const pt_wise_op& op, bool optional) const;
  void check_epilogue(const layer& l, bool values) const;
  void check_update(const layer& l);
};

operand_provider::state::feature_map_origin operand_provider::state::find_feature_map(
    const std::string& tensor, const layer& l, const shape_4d& shape, bool optional,
    const number_format& format) const {
  if (trace && trace->holds(tensor)) {
    return {.tensor = &trace->feature_map(tensor, l, shape, format), .laid_out_for = &l};
  }
  const std::size_t dot = std::min(tensor.rfind('.'), tensor.size());
  const layer* const owner = find_layer(std::string_view(tensor).substr(0, dot));
  const std::string_view kind = std::string_view(tensor).substr(dot);
  if (const auto found = owner != nullptr ? named_shape(*owner, kind, net.batch) : std::nullopt;
      found && *found != shape) {
    throw input_error(net.file, tensor, "shape " + text_of(*found),
                      text_of(shape) + " as the output that it is used with");
  }
  if (owner != nullptr && kind == ".activations") {
    if (!is_trace(owner->operands.activations)) {
      return {.consumer = owner};
    }
    return {.tensor = optional && !holds(activations_name(*owner)) ? nullptr : &traced_activations(*owner),
            .laid_out_for = owner};
  }
  const bool is_recorded = owner != nullptr ? is_trace(owner->operands.weights) : trace.has_value();
  if (!is_recorded || (optional && !holds(tensor))) {
    return {};
  }
  const trace_operands& from = owner != nullptr ? trace_for(*owner, "an output") : *trace;
  return {.tensor = &from.feature_map(tensor, l, shape, format), .laid_out_for = &l};
}

/// The scale and bias that an operation reads.
void operand_provider::state::check_constants(const layer& l, const pt_wise_op& op, bool optional) const {
  const auto check = [&](bool is_read, std::string_view kind) {
    if (is_read && !(optional && !trace->holds(fmt::format("{}.{}", l.name, kind)))) {
      static_cast<void>(trace->channel_constants(l, kind));
    }
  };
  check(op.reads_bias(), "bias");
  check(op.reads_scale(), "scale");
}

/// What goes with a layer's own operands; with `values` a run reads it.
void operand_provider::state::check_epilogue(const layer& l, bool values) const {
  const bool optional = !values && has_only_zeros(l);
  const auto check = [&](const feature_map_origin& origin) {
    if (values && origin.tensor != nullptr) {
      static_cast<void>(trace->with_values(*origin.tensor));
    }
  };
  if (l.is_matmul() && is_trace(l.operands.weights)) {
    check({.tensor = &traced_weights(l)});
  }
  if (is_trace(l.operands.activations)) {
    check({.tensor = &traced_activations(l)});
  }
  for (const pt_wise_op& op : l.epilogue) {
    if (op.reads_tensor()) {
      check(find_operand(op, l, optional));
    } else if (is_trace(l.operands.weights)) {
      check_constants(l, op, optional);
    }
  }
  if (l.recorded) {
    check(find_recorded(l, optional));
  }
}

/// What the backward passes of a run with values read beyond the zeros.
void operand_provider::state::check_update(const layer& l) {
  if (is_trace(l.operands.gradients)) {
    static_cast<void>(trace->with_values(traced_gradients(l)));
  }
  if (l.is_matmul()) {
    return;
  }
  static_cast<void>(update_state(l, "velocity"));
  if (l.weights == weight_format::ternary) {
    static_cast<void>(update_state(l, "master_weights"));
  }
}

operand_provider::operand_provider(const network& net, std::optional<std::string> trace_override,
                                   const operand_formats& numbers)
    : state_(std::make_unique<state>()) {
  state_->net = net;
  state_->numbers = numbers;
  const bool wanted = std::any_of(net.layers.begin(), net.layers.end(), [](const layer& l) {
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

void operand_provider::check_forward(const std::vector<const layer*>& layers, bool values) const {
  for (const layer* const l : layers) {
    if (is_trace(l->operands.activations)) {
      const tensor_view& tensor = state_->traced_activations(*l);
      if (changes_zeros(format_of(*l, tensor_role::activations))) {
        static_cast<void>(state_->trace->with_values(tensor));
      }
    }
    if (is_trace(l->operands.weights)) {
      const tensor_view& tensor = state_->traced_weights(*l);
      if (l->is_matmul() && changes_zeros(format_of(*l, tensor_role::weights))) {
        static_cast<void>(state_->trace->with_values(tensor));
      }
    }
    static_cast<void>(output_format(numbers_of(*l), *l, pass_kind::forward));
    state_->check_epilogue(*l, values);
  }
}

void operand_provider::check_training(const std::vector<const layer*>& layers, bool values) const {
  for (const layer* const l : layers) {
    if (is_trace(l->operands.gradients)) {
      const tensor_view& tensor = state_->traced_gradients(*l);
      if (changes_zeros(format_of(*l, tensor_role::gradients))) {
        static_cast<void>(state_->trace->with_values(tensor));
      }
    }
  }
  check_forward(layers, values);
  for (const layer* const l : layers) {
    static_cast<void>(format_of(*l, tensor_role::gradients));
    static_cast<void>(output_format(numbers_of(*l), *l, pass_kind::backward_data));
    static_cast<void>(output_format(numbers_of(*l), *l, pass_kind::backward_weight));
  }
  for (const layer* const l : layers) {
    if (values) {
      state_->check_update(*l);
    }
  }
}

tensor_mask operand_provider::activation_mask(const layer& l) const {
  const shape_4d shape = l.activation_shape(state_->net.batch);
  if (is_trace(l.operands.activations)) {
    return {shape, state_->trace->map_nonzeros(l, state_->traced_activations(l), shape)};
  }
  return synthetic_feature_map(as_synthetic(l.operands.activations), l.name + ".activations", shape);
}

tensor_mask operand_provider::weight_mask(const layer& l) const {
  const shape_4d shape = l.column_shape(state_->net.batch);
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
  if (is_trace(l.operands.activations)) {
    const tensor_view& tensor = state_->traced_activations(l);
    return state_->trace->map_values(l, tensor, l.activation_shape(state_->net.batch));
  }
  return synthetic_activation_values(as_synthetic(l.operands.activations).seed, l.name + ".activations",
                                     activation_mask(l).bits);
}

std::vector<float> operand_provider::weight_values(const layer& l) const {
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
