#include "sim/workload/operands.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "sim/core/error.h"
#include "sim/trace/tensor_data.h"
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

shape_4d recorded_shape(const layer& l, const recorded_output& recorded, std::uint32_t batch) {
  shape_4d shape = l.output_shape(batch);
  if (recorded.pool) {
    const max_pool& pool = *recorded.pool;
    shape.h = (shape.h + 2 * std::uint64_t{pool.padding.h} - pool.kernel.h) / pool.stride.h + 1;
    shape.w = (shape.w + 2 * std::uint64_t{pool.padding.w} - pool.kernel.w) / pool.stride.w + 1;
  }
  return shape;
}

}  // namespace

struct operand_provider::state {
  network net;
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
  [[nodiscard]] const tensor_view& traced_weights(const layer& l) const {
    return trace_for(l, "weights").weights(l, std::get<trace_source>(l.operands.weights));
  }
  /// Gradients alone are not worth a trace until they are asked for: a forward run reads none.
  [[nodiscard]] const tensor_view& traced_gradients(const layer& l) {
    if (!trace && net.trace_path) {
      trace.emplace(*net.trace_path);
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
  /// Where the values of a feature map come from: a tensor of the trace, a layer's synthetic activations, or neither:
  /// then they are made up. What a traced layer should have recorded is never made up.
  struct feature_map_origin {
    const tensor_view* tensor = nullptr;
    const layer* consumer = nullptr;
  };
  [[nodiscard]] feature_map_origin find_feature_map(const std::string& tensor, const shape_4d& shape) const;
  void check_values(const layer& l) const;
  void check_update(const layer& l);
};

operand_provider::state::feature_map_origin operand_provider::state::find_feature_map(const std::string& tensor,
                                                                                      const shape_4d& shape) const {
  if (trace && trace->holds(tensor)) {
    return {.tensor = &trace->feature_map(tensor, shape)};
  }
  const std::size_t dot = std::min(tensor.rfind('.'), tensor.size());
  const layer* const owner = find_layer(std::string_view(tensor).substr(0, dot));
  const std::string_view kind = std::string_view(tensor).substr(dot);
  if (owner != nullptr && kind == ".activations") {
    if (owner->activation_shape(net.batch) != shape) {
      const shape_4d found = owner->activation_shape(net.batch);
      throw input_error(net.file, tensor, "shape " + shape_text({found.n, found.c, found.h, found.w}),
                        shape_text({shape.n, shape.c, shape.h, shape.w}) + " as the output that it is used with");
    }
    if (is_trace(owner->operands.activations)) {
      return {.tensor = &trace_for(*owner, "activations").with_values(traced_activations(*owner))};
    }
    return {.consumer = owner};
  }
  if (owner != nullptr && is_trace(owner->operands.weights)) {
    return {.tensor = &trace_for(*owner, "an output").feature_map(tensor, shape)};
  }
  if (owner == nullptr && trace) {
    return {.tensor = &trace->feature_map(tensor, shape)};
  }
  return {};
}

/// What a run with values reads beyond the zeros.
void operand_provider::state::check_values(const layer& l) const {
  if (is_trace(l.operands.activations)) {
    static_cast<void>(trace->with_values(traced_activations(l)));
  }
  for (const pt_wise_op& op : l.epilogue) {
    if (op.streams_feature_map) {
      static_cast<void>(find_feature_map(op.tensor, l.output_shape(net.batch)));
    } else if (op.kind != pt_wise_kind::select && is_trace(l.operands.weights)) {
      static_cast<void>(trace->channel_constants(l, "bias"));
      if (op.kind == pt_wise_kind::mul_add) {
        static_cast<void>(trace->channel_constants(l, "scale"));
      }
    }
  }
  if (l.recorded) {
    static_cast<void>(find_feature_map(l.recorded->tensor, recorded_shape(l, *l.recorded, net.batch)));
  }
}

/// What the backward passes of a run with values read beyond the zeros.
void operand_provider::state::check_update(const layer& l) {
  if (is_trace(l.operands.gradients)) {
    static_cast<void>(trace->with_values(traced_gradients(l)));
  }
  static_cast<void>(update_state(l, "velocity"));
  if (l.weights == weight_format::ternary) {
    static_cast<void>(update_state(l, "master_weights"));
  }
}

operand_provider::operand_provider(const network& net, std::optional<std::string> trace_override)
    : state_(std::make_unique<state>()) {
  state_->net = net;
  const bool wanted = std::any_of(net.layers.begin(), net.layers.end(), [](const layer& l) {
    return is_trace(l.operands.activations) || is_trace(l.operands.weights);
  });
  if (trace_override) {
    state_->trace.emplace(*trace_override);
  } else if (wanted && net.trace_path) {
    state_->trace.emplace(*net.trace_path);
  }
}

operand_provider::~operand_provider() = default;

void operand_provider::check_forward(const std::vector<const layer*>& layers, bool values) const {
  for (const layer* const l : layers) {
    if (is_trace(l->operands.activations)) {
      static_cast<void>(state_->traced_activations(*l));
    }
    if (is_trace(l->operands.weights)) {
      static_cast<void>(state_->traced_weights(*l));
    }
    if (values) {
      state_->check_values(*l);
    }
  }
}

void operand_provider::check_training(const std::vector<const layer*>& layers, bool values) const {
  for (const layer* const l : layers) {
    if (is_trace(l->operands.gradients)) {
      static_cast<void>(state_->traced_gradients(*l));
    }
  }
  check_forward(layers, values);
  for (const layer* const l : layers) {
    if (values) {
      state_->check_update(*l);
    }
  }
}

feature_map_mask operand_provider::activation_mask(const layer& l) const {
  const shape_4d shape = l.activation_shape(batch());
  if (is_trace(l.operands.activations)) {
    return {shape, nonzero_bits(state_->traced_activations(l), shape.elements() / shape.n)};
  }
  return synthetic_feature_map(as_synthetic(l.operands.activations), l.name + ".activations", shape);
}

weight_mask operand_provider::weight_nonzeros(const layer& l) const {
  const shape_4d shape = l.weight_shape();
  if (is_trace(l.operands.weights)) {
    return {shape, nonzero_bits(state_->traced_weights(l), shape.c * shape.h * shape.w)};
  }
  return synthetic_weights(as_synthetic(l.operands.weights), l.name + ".weights", shape);
}

feature_map_mask operand_provider::gradient_mask(const layer& l) const {
  const shape_4d shape = l.output_shape(batch());
  if (is_trace(l.operands.gradients)) {
    return {shape, nonzero_bits(state_->traced_gradients(l), shape.elements() / shape.n)};
  }
  return synthetic_feature_map(as_synthetic(l.operands.gradients), l.name + ".gradients", shape);
}

std::vector<float> operand_provider::activation_values(const layer& l) const {
  if (is_trace(l.operands.activations)) {
    const tensor_view& tensor = state_->traced_activations(l);
    return float_values(state_->trace->with_values(tensor));
  }
  return synthetic_activation_values(as_synthetic(l.operands.activations).seed, l.name + ".activations",
                                     activation_mask(l).bits);
}

std::vector<float> operand_provider::weight_values(const layer& l) const {
  if (is_trace(l.operands.weights)) {
    return float_values(state_->traced_weights(l));
  }
  return synthetic_weight_values(as_synthetic(l.operands.weights).seed, l.name + ".weights", weight_nonzeros(l).bits,
                                 l.weights);
}

std::vector<float> operand_provider::gradient_values(const layer& l) const {
  if (is_trace(l.operands.gradients)) {
    return float_values(state_->trace->with_values(state_->traced_gradients(l)));
  }
  return synthetic_gradient_values(as_synthetic(l.operands.gradients).seed, l.name + ".gradients",
                                   gradient_mask(l).bits);
}

std::vector<float> operand_provider::velocity(const layer& l) const {
  const tensor_view* const tensor = state_->update_state(l, "velocity");
  return tensor != nullptr ? float_values(*tensor) : std::vector<float>(l.weight_shape().elements(), 0.0F);
}

std::vector<float> operand_provider::master_weights(const layer& l) const {
  if (l.weights == weight_format::full) {
    return weight_values(l);
  }
  const tensor_view* const tensor = state_->update_state(l, "master_weights");
  return tensor != nullptr ? float_values(*tensor) : synthetic_master_weights(l.name, weight_values(l));
}

std::vector<float> operand_provider::scale(const layer& l) const {
  if (is_trace(l.operands.weights)) {
    return float_values(state_->trace_for(l, "the scale").channel_constants(l, "scale"));
  }
  const shape_4d shape = l.weight_shape();
  return synthetic_scale(as_synthetic(l.operands.weights).seed, l.name + ".scale", l.out_channels,
                         shape.c * shape.h * shape.w);
}

std::vector<float> operand_provider::bias(const layer& l) const {
  if (is_trace(l.operands.weights)) {
    return float_values(state_->trace_for(l, "the bias").channel_constants(l, "bias"));
  }
  return synthetic_bias(as_synthetic(l.operands.weights).seed, l.name + ".bias", l.out_channels);
}

std::vector<float> operand_provider::feature_map_values(const std::string& tensor, const shape_4d& shape) const {
  const state::feature_map_origin origin = state_->find_feature_map(tensor, shape);
  if (origin.tensor != nullptr) {
    return float_values(*origin.tensor);
  }
  return origin.consumer != nullptr ? activation_values(*origin.consumer)
                                    : synthetic_signed_values(tensor, shape.elements());
}

std::uint32_t operand_provider::batch() const {
  return state_->net.batch;
}

const training_parameters& operand_provider::training() const {
  return state_->net.training;
}

bool operand_provider::has_backward_data(const layer& l) const {
  return l.name != state_->net.layers.front().name;
}

}  // namespace dlac
