#pragma once
// The operands of one layer: which elements are non-zero (always), and their values (on request). They come from
// the trace, are dense, or are synthetic; whoever uses them cannot tell.
//
// Activations and gradients are bit matrices of n rows of c*h*w bits, weights one of cout rows of (cin/groups)*kh*kw
// bits: a bit an element, however small the images are. The column operand of a matmul stands where others have
// weights, and is a feature map.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/bits.h"
#include "sim/numbers/operand_formats.h"
#include "sim/numbers/tensor_conversion.h"
#include "sim/trace/safetensors.h"
#include "sim/workload/network.h"

namespace dlac {

/// Non-zero bits of a tensor [n, c, h, w]: row n, bit (c*H + h)*W + w. Weights are [cout, cin/groups, kh, kw].
struct tensor_mask {
  shape_4d shape;
  bit_matrix bits;

  /// Where row y of channel c begins in the bits of its n.
  [[nodiscard]] std::uint64_t first_bit(std::uint64_t c, std::uint64_t y) const { return (c * shape.h + y) * shape.w; }
};

/// What became of an operand's numbers in its format.
struct held_figures {
  std::uint64_t zeros_made = 0;  ///< elements that are zero only as they are held
  std::uint64_t saturated = 0;   ///< beyond the format's largest or smallest number
  /// Signal to quantisation noise of q(x), dB; infinite without noise. Nothing where no values were read.
  std::optional<double> sqnr_db = {};
};

/// Of a tensor whose elements have two parts, those parts that are not zero.
struct part_masks {
  tensor_mask low;
  tensor_mask high;
  [[nodiscard]] bool exist() const { return low.bits.rows() > 0; }
};

struct held_mask {
  tensor_mask mask;
  held_figures figures;
  part_masks parts = {};
};

/// The two parts of a tensor's elements, each as the lanes multiply it: the high one is shifted already.
struct held_parts {
  std::vector<float> low;
  std::vector<float> high;
  [[nodiscard]] bool exist() const { return !low.empty(); }
};

struct held_operand {
  std::vector<float> values;     ///< what the lanes multiply, or where there are parts the wholes of it
  held_parts parts = {};         ///< what the lanes multiply of an element with parts
  std::vector<float> scales;     ///< of codes: of each group, in the order of their first elements; empty: 1
  bool shares_mantissa = false;  ///< the scales have the same one, which may multiply the finished sums
  float mantissa = 1;
  std::vector<float> sign_scales;  ///< of signs, which multiply the finished sums: one, or one a filter; empty: 1
  held_figures figures;
};

/// Feature maps that a run computes itself: what computed_source stands for.
class computed_maps {
 public:
  computed_maps() = default;
  computed_maps(const computed_maps&) = delete;
  computed_maps& operator=(const computed_maps&) = delete;
  virtual ~computed_maps() = default;

  /// Activations, [n, c, h, w], or the columns of a matmul, layer::column_shape().
  [[nodiscard]] virtual std::vector<float> operand(const layer& l, tensor_role operand) const = 0;
  /// What an operation of its epilogue reads `from` a layer, in layer::operand_shape().
  [[nodiscard]] virtual std::vector<float> epilogue_operand(const layer& l, const pt_wise_op& op) const = 0;
};

/// The input of a network, and where it comes from, in words.
struct network_image {
  std::vector<float> values;  ///< as the trace has them: [n, channels, height, width]
  std::string origin;
};

/// Gives the operands of a network's layers one at a time; holds the mapped trace, never a whole network. Who derives
/// from it may give other masks.
class operand_provider {
 public:
  /// Opens the trace when a layer's activations or weights, the tensors of its epilogue or its recording need one (for
  /// gradients, when they are asked for), or one is given. `trace_override` replaces the workload's trace. `numbers`
  /// are the formats that the machine holds them in, `computed` has the maps of a functional run. Every function throws
  /// input_error for a missing trace or tensor, a wrong format, a shape that is not the layer's, an illegal ternary
  /// code, NaN, infinity and a value out of its format's range, naming tensor and element; and changed_file when the
  /// trace changes after it was opened, or is not the one of the network's trace_stamp. Scale and bias come from where
  /// the layer's weights come from.
  operand_provider(const network& net, std::optional<std::string> trace_override, const operand_formats& numbers,
                   const computed_maps* computed = nullptr);
  virtual ~operand_provider();
  operand_provider(const operand_provider&) = delete;
  operand_provider& operator=(const operand_provider&) = delete;

  /// Checks every tensor of a forward run over `layers`, those of epilogues and recorded outputs included, and the
  /// shapes that tensors without data must have by their names, so that a mistake is found before anything runs,
  /// whatever the run reads. Only a layer whose activations the trace holds as a mask may lack the values that go with
  /// them (scale, bias, feature maps): nothing can be computed there. With `values`, everything has to have values.
  void check_forward(const std::vector<const layer*>& layers, bool values) const;
  /// The same for a training step: gradients, too, and with `values` what the update reads.
  void check_training(const std::vector<const layer*>& layers, bool values) const;

  // The non-zero elements as they are stored or drawn.
  [[nodiscard]] tensor_mask activation_mask(const layer& l) const;
  [[nodiscard]] tensor_mask weight_mask(const layer& l) const;
  [[nodiscard]] tensor_mask gradient_mask(const layer& l) const;
  [[nodiscard]] tensor_mask stored_mask(const layer& l, tensor_role operand) const;

  /// The non-zero elements as the machine holds them in this pass. Where its format can make zeros of numbers, the
  /// values are read; drawn zeros are those of held operands.
  [[nodiscard]] virtual held_mask operand_mask(const layer& l, tensor_role operand, pass_kind pass) const;
  /// What its lanes multiply.
  [[nodiscard]] virtual held_operand operand_values(const layer& l, tensor_role operand, pass_kind pass) const;
  /// The numbers that are held so: as they are stored or drawn, none of the drawn ones held as zero; in backward-data
  /// gradients times the scales that run along their sums.
  [[nodiscard]] std::vector<float> numbers_to_hold(const layer& l, tensor_role operand, pass_kind pass) const;
  /// The machine's formats for a layer, and that of one of its operands, with its range where the ranges are known.
  [[nodiscard]] operand_formats numbers_of(const layer& l) const;
  [[nodiscard]] number_format format_of(const layer& l, tensor_role operand) const;
  /// Of an operand: of the trace, or LAYER.activations, .weights, .gradients.
  [[nodiscard]] static const operand_source& source_in(const layer& l, tensor_role operand);
  [[nodiscard]] static std::string operand_name(const layer& l, tensor_role operand);

  // Values, as floats, before they are rounded to their formats. A mask-only trace has none: input_error.
  [[nodiscard]] std::vector<float> activation_values(const layer& l) const;  ///< [n, c, h, w]
  [[nodiscard]] std::vector<float> weight_values(const layer& l) const;      ///< layer::column_shape()
  [[nodiscard]] std::vector<float> gradient_values(const layer& l) const;    ///< [n, cout, oh, ow]
  [[nodiscard]] std::vector<float> scale(const layer& l) const;              ///< [cout]
  [[nodiscard]] std::vector<float> bias(const layer& l) const;               ///< [cout]
  /// The tensor that an operation of the epilogue of `l` names, in layer::operand_shape(): of the trace, or the
  /// activations of the layer that it is named after; for a network without a trace, made-up signed values.
  [[nodiscard]] std::vector<float> epilogue_values(const layer& l, const pt_wise_op& op) const;
  /// What the network recorded after `l`, [n, c, h, w] behind its pooling; nothing where it recorded nothing, or no
  /// trace holds it.
  [[nodiscard]] std::optional<std::vector<float>> recorded_values(const layer& l) const;
  /// LAYER.velocity, in the shape of the weights, where the weights come from a trace that has it; else zeros.
  [[nodiscard]] std::vector<float> velocity(const layer& l) const;
  /// The weights that training updates, in the shape of the weights: of a layer in full precision the weights
  /// themselves; of a ternary one LAYER.master_weights of the trace or, without, made-up numbers that the rule
  /// 0.7 * mean |w| turns into its weights.
  [[nodiscard]] std::vector<float> master_weights(const layer& l) const;
  /// Of a functional run: tensor `image` of the file, where one is named, or of the trace, or the activations of the
  /// first layer that reads it.
  [[nodiscard]] network_image image(const std::optional<std::string>& file) const;
  /// NAME.scale or NAME.bias of a node, from the trace; nothing where the network has none.
  [[nodiscard]] std::vector<float> node_constants(const std::string& node, std::string_view kind,
                                                  std::uint64_t count) const;
  /// Hash of the contents of the trace (see content_hash.h), if one was opened.
  [[nodiscard]] std::optional<std::string> trace_hash() const;

 private:
  struct state;
  [[nodiscard]] shape_4d shape_of(const layer& l, tensor_role operand) const;
  [[nodiscard]] std::vector<float> stored_values(const layer& l, tensor_role operand) const;
  std::unique_ptr<state> state_;
};

}  // namespace dlac
