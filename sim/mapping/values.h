#pragma once
// The numbers behind the masks (contract section 8): operand values of a mmOp as its buffers hold them, the operands
// of its pointwise operations, and where its outputs go. All numbers are floats that the machine's format can hold.

#include <cstdint>
#include <span>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// Everything a layer's forward pass reads and writes, in the machine's number format.
struct layer_values {
  machine_mode mode = machine_mode::fp32_training;
  std::vector<float> activations;            ///< [n, c, h, w]
  std::vector<float> weights;                ///< [cout, cin/groups, kh, kw]
  std::vector<float> scale;                  ///< [cout], empty when no mul-add asks for it
  std::vector<float> bias;                   ///< [cout], empty when no operation asks for it
  std::vector<std::vector<float>> streamed;  ///< per epilogue operation: [n, cout, oh, ow], or empty
  std::vector<float> output;                 ///< [n, cout, oh, ow]
};

/// Loads and rounds what `l` needs. Throws input_error (see operand_provider).
layer_values load_forward_values(const layer& l, const operand_provider& operands, machine_mode mode);

/// One group's view of a layer's values, addressed by the coordinates of its matrix product.
class mm_op_values {
 public:
  mm_op_values(const layer& l, layer_values& values, std::uint32_t group);

  [[nodiscard]] machine_mode mode() const { return values_.mode; }
  [[nodiscard]] weight_format column_format() const { return layer_.weights; }
  [[nodiscard]] const std::vector<pt_wise_op>& epilogue() const { return layer_.epilogue; }

  /// I[first + i, k] into out[k * stride + i] for i < count and every k.
  void gather_rows(std::uint64_t first, std::uint64_t count, std::span<float> out, std::uint64_t stride) const;
  /// W[k, first + j] into out[k * stride + j] for j < count and every k.
  void gather_columns(std::uint64_t first, std::uint64_t count, std::span<float> out, std::uint64_t stride) const;

  [[nodiscard]] float scale(std::uint64_t n) const { return values_.scale[first_output_channel_ + n]; }
  [[nodiscard]] float bias(std::uint64_t n) const { return values_.bias[first_output_channel_ + n]; }
  [[nodiscard]] float streamed(std::size_t op, std::uint64_t m, std::uint64_t n) const {
    return values_.streamed[op][output_index(m, n)];
  }
  void store(std::uint64_t m, std::uint64_t n, float value) { values_.output[output_index(m, n)] = value; }

 private:
  [[nodiscard]] std::uint64_t output_index(std::uint64_t m, std::uint64_t n) const {
    return ((m / pixels_) * layer_.out_channels + first_output_channel_ + n) * pixels_ + m % pixels_;
  }

  const layer& layer_;
  layer_values& values_;
  std::uint64_t first_input_channel_;
  std::uint64_t first_output_channel_;
  std::uint64_t pixels_;  ///< of one output plane
};

}  // namespace dlac
