// What operand_provider finds wrong before a run: tensors that are missing, of another shape or without values.

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "sim/core/error.h"
#include "sim/trace/tensor_data.h"
#include "sim/workload/held_operands.h"
#include "sim/workload/operand_state.h"
#include "sim/workload/operands.h"

namespace dlac {
namespace {

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
    if (computes(op)) {
      continue;
    }
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

}  // namespace dlac
