#pragma once
// A layer's tensors in a trace: found by name, and checked against the layer before anything is read from them.
//
// NAME is the tensor that the layer's source names, or LAYER.activations, .weights (of a matmul .columns), .gradients.
// Feature maps are F32, F16 or the bit mask NAME.mask; ternary weights I8 or the packed NAME.t2; full-precision weights
// F32 or F16. Their shapes are those of tensor_layout.h. Tensors that nobody asks for may be anything.
// Every function throws input_error, naming the trace and the tensor; for a value the element, too. A file that changes
// meanwhile is a changed_file.

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/bits.h"
#include "sim/core/types.h"
#include "sim/numbers/operand_formats.h"
#include "sim/trace/safetensors.h"
#include "sim/workload/network.h"
#include "sim/workload/tensor_layout.h"

namespace dlac {

class trace_operands {
 public:
  /// Values have to be within the range of the formats that hold them, `numbers`.
  trace_operands(const std::string& path, const operand_formats& numbers, const std::optional<file_stamp>& expected)
      : file_(path, expected), numbers_(numbers) {}

  [[nodiscard]] const std::string& path() const { return file_.path(); }
  [[nodiscard]] std::string hash() const { return file_.hash(); }
  [[nodiscard]] bool holds(const std::string& tensor) const { return file_.find(tensor) != nullptr; }

  // The tensor of this layer and name: of the right format and shape, every value finite and in range, every code
  // legal.

  /// Possibly a mask.
  [[nodiscard]] const tensor_view& activations(const layer& l, const trace_source& source, std::uint32_t batch) const;
  /// Of the layer's weight format.
  [[nodiscard]] const tensor_view& weights(const layer& l, const trace_source& source) const;
  /// As activations, in the shape of the layer's output.
  [[nodiscard]] const tensor_view& gradients(const layer& l, const trace_source& source, std::uint32_t batch) const;
  /// LAYER.velocity or LAYER.master_weights: F32 or F16 values in the shape of the weights.
  [[nodiscard]] const tensor_view& update_state(const layer& l, std::string_view kind) const;
  /// LAYER.scale or LAYER.bias: F32 [cout].
  [[nodiscard]] const tensor_view& channel_constants(const layer& l, std::string_view kind) const;
  /// Of a matmul: its second map, possibly a mask.
  [[nodiscard]] const tensor_view& columns(const layer& l, const trace_source& source, std::uint32_t batch) const;
  /// Of exactly this shape, as `l` may have it, possibly a mask; its values are to be held in `format`.
  [[nodiscard]] const tensor_view& feature_map(const std::string& tensor, const layer& l, const shape_4d& shape,
                                               const number_format& format) const;

  /// Of these extents, with values.
  [[nodiscard]] const tensor_view& plain(const std::string& name, const tensor_extents& extents) const;

  /// `tensor` unless it is a mask, which has no values.
  [[nodiscard]] const tensor_view& with_values(const tensor_view& tensor) const;

  // What is not zero, and the values, of a tensor that the functions above gave.

  /// Of a feature map of the layer, in the order [n, c, h, w], a row for each n.
  [[nodiscard]] bit_matrix map_nonzeros(const layer& l, const tensor_view& tensor, const shape_4d& shape) const;
  [[nodiscard]] std::vector<float> map_values(const layer& l, const tensor_view& tensor, const shape_4d& shape) const;
  /// Of weights or what is shaped so, or of columns, in the order of layer::column_shape().
  [[nodiscard]] bit_matrix column_nonzeros(const layer& l, const tensor_view& tensor, const shape_4d& shape) const;
  [[nodiscard]] std::vector<float> column_values(const layer& l, const tensor_view& tensor) const;
  /// As they lie.
  [[nodiscard]] std::vector<float> values(const tensor_view& tensor) const;

 private:
  [[nodiscard]] const tensor_view& find_one(const std::vector<std::string>& names, const std::string& expected) const;
  /// A layer's input, the gradients of its output or its columns, in one of the layouts.
  [[nodiscard]] const tensor_view& layer_feature_map(const layer& l, const std::string& name, std::string_view what,
                                                     const std::vector<tensor_extents>& layouts,
                                                     const number_format& format) const;
  void check_shape(const tensor_view& tensor, const std::vector<tensor_extents>& layouts,
                   std::string_view addition = "") const;
  void check_format(const tensor_view& tensor, const std::vector<std::string_view>& formats,
                    const std::string& expected) const;
  void check_values(const tensor_view& tensor, const number_format& format) const;
  void check_ternary_values(const tensor_view& tensor) const;
  [[nodiscard]] operand_formats numbers_of(const layer& l) const { return with_layer(numbers_, l.own_numbers()); }
  /// Every value is looked at once: what the file is later, reading() tells.
  [[nodiscard]] float largest_of(const tensor_view& tensor) const;

  safetensors_file file_;
  operand_formats numbers_;
  mutable std::mutex mutex_;
  mutable std::map<const tensor_view*, float> largest_;  ///< magnitudes; 1 of ternary codes that were found legal
};

}  // namespace dlac
