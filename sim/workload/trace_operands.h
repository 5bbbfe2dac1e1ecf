#pragma once
// A layer's tensors in a trace: found by name, and checked against the layer before anything is read from them.
//
// NAME is the tensor that the layer's source names, or LAYER.activations, .weights, .gradients. Feature maps are F32,
// F16 or the bit mask NAME.mask; ternary weights I8 or the packed NAME.t2; full-precision weights F32 or F16. A linear
// layer's tensors may leave out the two trailing ones of their shape.
// Every function throws input_error, naming the trace and the tensor.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/trace/safetensors.h"
#include "sim/workload/network.h"

namespace dlac {

class trace_operands {
 public:
  explicit trace_operands(const std::string& path) : file_(path) {}

  [[nodiscard]] const std::string& path() const { return file_.path(); }
  [[nodiscard]] bool holds(const std::string& tensor) const { return file_.find(tensor) != nullptr; }

  /// Finite, of the layer's shape; possibly a mask.
  [[nodiscard]] const tensor_view& activations(const layer& l, const trace_source& source, std::uint32_t batch) const;
  /// Of the layer's shape and weight format; finite, or every code ternary.
  [[nodiscard]] const tensor_view& weights(const layer& l, const trace_source& source) const;
  /// As activations, in the shape of the layer's output.
  [[nodiscard]] const tensor_view& gradients(const layer& l, const trace_source& source, std::uint32_t batch) const;
  /// LAYER.velocity or LAYER.master_weights: finite F32 or F16 values in the shape of the weights.
  [[nodiscard]] const tensor_view& update_state(const layer& l, std::string_view kind) const;
  /// LAYER.scale or LAYER.bias: finite F32 [cout].
  [[nodiscard]] const tensor_view& channel_constants(const layer& l, std::string_view kind) const;
  /// Finite F32 or F16 values of exactly this shape.
  [[nodiscard]] const tensor_view& feature_map(const std::string& tensor, const shape_4d& shape) const;

  /// `tensor` unless it is a mask, which has no values.
  [[nodiscard]] const tensor_view& with_values(const tensor_view& tensor) const;

 private:
  [[nodiscard]] const tensor_view& find_one(const std::vector<std::string>& names, const std::string& expected) const;
  /// A layer's input or the gradients of its output.
  [[nodiscard]] const tensor_view& layer_feature_map(const layer& l, const std::string& name, std::string_view what,
                                                     const shape_4d& shape) const;
  void check_shape(const tensor_view& tensor, const shape_4d& shape, bool may_be_flat,
                   std::string_view addition = "") const;
  void check_format(const tensor_view& tensor, const std::vector<std::string_view>& formats,
                    const std::string& expected) const;

  safetensors_file file_;
};

}  // namespace dlac
