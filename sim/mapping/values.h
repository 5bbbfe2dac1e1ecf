#pragma once
// The numbers behind the masks (contract section 8): what the lanes of a mmOp multiply, the operands of its pointwise
// operations, and where its outputs stand. All are floats that hold what the machine's formats hold: of integer sums
// their codes.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/pass_shapes.h"
#include "sim/numbers/operand_formats.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// Everything a layer's pass reads, in the formats of the machine; what the pass does not use is empty.
struct layer_values {
  pass_formats formats;
  std::vector<float> sum_scales;  ///< of integer sums: one, or one an output channel
  // Of sums of slices: of every group of the two operands' tensors, in the order of their first elements; empty: 1.
  std::vector<float> row_factors;
  std::vector<float> column_factors;
  std::optional<float> sum_mantissa;  ///< that multiplies the finished sums, where scales have the same one
  std::vector<float> sign_scales;     ///< of a mul-add of their own: one, or one an output channel
  held_figures row_figures;
  held_figures column_figures;
  std::vector<float> activations;  ///< [n, cin, h, w]
  std::vector<float> weights;      ///< [cout, cin/groups, kh, kw], or the columns of a matmul, [n, k, 1, columns]
  std::vector<float> gradients;    ///< [n, cout, oh, ow]
  held_parts row_parts;            ///< of operands that have parts
  held_parts column_parts;
  std::vector<float> scale;        ///< [cout], empty when no mul-add asks for it
  std::vector<float> first_scale;  ///< of the first mul-add, where it scales signs as well
  std::vector<float> bias;         ///< [cout], empty when no operation asks for it
  /// Forward, per epilogue operation: layer::operand_shape(), or empty.
  std::vector<std::vector<float>> tensors;
  std::vector<float> velocity;        ///< as the weights
  std::vector<float> master_weights;  ///< as the weights
  float momentum = 0;
  float learning_rate = 0;
  float ternary_threshold = 0;  ///< of the new weights
};

/// Loads and converts what a pass of `l`, a layer of `net`, needs. Throws input_error (see operand_provider).
layer_values load_values(const network& net, const layer& l, pass_kind pass, const operand_provider& operands);

/// The shape of a pass's output: forward [n, cout, oh, ow], backward-data as activations, backward-weight as weights,
/// or the columns of a matmul.
shape_4d output_shape(const layer& l, pass_kind pass, std::uint32_t batch);

/// What |w| has to exceed for a new weight other than zero: 0.7 times the mean of |w| over the layer's master weights
/// before the update, summed up in their order and multiplied in double, rounded to fp32.
float ternary_threshold(std::span<const float> master_weights);

/// The operands of a pointwise instruction <op, val1, val2, val3> on one output:
///   add val1 + val2, sub val1 - val2, mul val1 * val2, mul-add val1 * val2 + val3, select val1 != 0 ? val2 : val3,
///   clamp val1 < val2 ? val2 : val1 > val3 ? val3 : val1
struct pt_wise_operands {
  float val1 = 0;
  float val2 = 0;
  float val3 = 0;
};

/// The view of a layer's values that one mmOp has, addressed by the coordinates of its matrix product.
class mm_op_values {
 public:
  mm_op_values() = default;
  mm_op_values(const mm_op_values&) = delete;
  mm_op_values& operator=(const mm_op_values&) = delete;
  virtual ~mm_op_values() = default;

  [[nodiscard]] virtual const pass_formats& formats() const = 0;

  /// I[first + i, k] into out[s * stride + i] for i < count and every step s of k: of parts in their order.
  virtual void gather_rows(std::uint64_t first, std::uint64_t count, std::span<float> out,
                           std::uint64_t stride) const = 0;
  /// W[k, first + j] into out[s * stride + j] for j < count and every step s of k.
  virtual void gather_columns(std::uint64_t first, std::uint64_t count, std::span<float> out,
                              std::uint64_t stride) const = 0;

  /// Of column n: what a finished integer sum is multiplied by.
  [[nodiscard]] virtual float sum_scale(std::uint64_t n) const = 0;
  /// Of row m and of column n: the scales of the slice that begins with `step`.
  [[nodiscard]] virtual float row_scale(std::uint64_t m, std::uint64_t step) const = 0;
  [[nodiscard]] virtual float column_scale(std::uint64_t n, std::uint64_t step) const = 0;
  /// Of output (m, n): what the sum of that slice is multiplied by.
  [[nodiscard]] float slice_scale(std::uint64_t m, std::uint64_t n, std::uint64_t step) const {
    return row_scale(m, step) * column_scale(n, step);
  }
  /// What finished sums of slices are multiplied by, if anything.
  [[nodiscard]] virtual std::optional<float> sum_mantissa() const = 0;

  /// Operation `op` of the pass's epilogue on output (m, n), whose accumulator holds `x`.
  [[nodiscard]] virtual pt_wise_kind pt_wise(std::size_t op) const = 0;
  [[nodiscard]] virtual pt_wise_operands operands(std::size_t op, std::uint64_t m, std::uint64_t n, float x) const = 0;

  /// Where output (m, n) stands in the output of the layer's pass.
  [[nodiscard]] virtual std::uint64_t output_index(std::uint64_t m, std::uint64_t n) const = 0;
};

/// The values of one of mm_op_shapes(). Both arguments must outlive them.
std::unique_ptr<mm_op_values> make_mm_op_values(const layer_values& values, const mm_op_shape& shape);

/// Puts the outputs of that mmOp, m rows of n, where they stand in `output`, the output of the layer's pass.
void place_outputs(const mm_op_shape& shape, const mm_op_values& values, std::span<const float> outputs,
                   std::span<float> output);

}  // namespace dlac
