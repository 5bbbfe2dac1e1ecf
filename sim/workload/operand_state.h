#pragma once
// What an operand_provider has: for the sources of this folder that give what it promises.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <fmt/format.h>

#include "sim/core/error.h"
#include "sim/workload/operands.h"
#include "sim/workload/trace_operands.h"

namespace dlac {

inline bool is_trace(const operand_source& source) {
  return std::holds_alternative<trace_source>(source);
}

inline bool is_computed(const operand_source& source) {
  return std::holds_alternative<computed_source>(source);
}

struct operand_provider::state {
  network net;
  operand_formats numbers;
  std::optional<trace_operands> trace;
  const computed_maps* computed = nullptr;

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
  [[nodiscard]] bool computes(const pt_wise_op& op) const { return computed != nullptr && !op.from.empty(); }
  [[nodiscard]] std::vector<float> values_of(const feature_map_origin& origin, const shape_4d& shape) const {
    return trace->map_values(*origin.laid_out_for, *origin.tensor, shape);
  }
  void check_constants(const layer& l, const pt_wise_op& op, bool optional) const;
  void check_epilogue(const layer& l, bool values) const;
  void check_update(const layer& l);
};

}  // namespace dlac
