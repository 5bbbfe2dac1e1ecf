#pragma once
// How many operations a network takes in one training step (forward, backward, update), zeros included, and how large
// its model is: facts of the workload alone, whatever the machine. docs/operation-counts.md derives each rule.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/numbers/operand_formats.h"
#include "sim/workload/network.h"

namespace dlac {

/// What is counted, in the order in which it is listed. One operation is
///   convolution, linear   a multiply-accumulate; backward: twice as many (backward-data and backward-weight); a matmul
///   is
///                         linear, without an update
///   batch_norm            a mul-add on an output, for every mul-add of an epilogue; backward: as many
///   element_wise_add      the sum of an output and a tensor of the network: LAYER.activations, or LAYER.output of a
///                         projection on the shortcut; backward: of two gradients where the shortcut begins, which is
///                         the input of LAYER
///   other_add             the sum of an output and any other tensor; backward: none, nothing is known of that tensor
///   bias_add              an addition to an output; backward: one to the gradient of the bias
///   select                on an output, for every select or clamp of an epilogue; backward: as many (ReLU's
///   derivative) multiplication        of an output by a value of another tensor; backward: as many (of the gradient)
///   ..._update            backward only: an addition to a parameter, once in a step whatever the batch
enum class operation_type {
  convolution,
  linear,
  batch_norm,
  element_wise_add,
  other_add,
  bias_add,
  select,
  multiplication,
  convolution_update,
  linear_update,
  scale_bias_update
};
inline constexpr std::size_t operation_type_count = 11;

/// "convolution", "batch_norm", ...
std::string_view to_string(operation_type type);

/// The unit that does it: "mul-add", "add" or "select".
std::string_view unit_of(operation_type type);

struct direction_counts {
  std::uint64_t forward = 0;
  std::uint64_t backward = 0;
};

struct operation_counts {
  std::array<direction_counts, operation_type_count> of{};

  [[nodiscard]] direction_counts& operator[](operation_type type) { return of[static_cast<std::size_t>(type)]; }
  [[nodiscard]] const direction_counts& operator[](operation_type type) const {
    return of[static_cast<std::size_t>(type)];
  }
};

struct layer_operations {
  std::string name;
  layer_type type = layer_type::conv2d;
  std::uint64_t weights = 0;
  std::uint64_t scales_and_biases = 0;  ///< of the epilogue's mul-adds and bias additions
  operation_counts counts;
};

/// Bytes of all weights, scales and biases. Scales and biases are fp16 beside fp16 layers, else fp32.
struct model_bytes {
  std::uint64_t fp32 = 0;
  std::uint64_t fp16 = 0;
  std::uint64_t int8 = 0;
  std::uint64_t ternary_fp32 = 0;  ///< two bits a weight; the first and the last layer in fp32
  std::uint64_t ternary_fp16 = 0;  ///< two bits a weight; the first and the last layer in fp16
};

struct network_operations {
  std::vector<layer_operations> layers;
  operation_counts totals;
  std::uint64_t weights = 0;
  std::uint64_t scales_and_biases = 0;
  /// Backward-data of the first layer, part of the totals: nobody needs the gradient of the image.
  std::uint64_t first_layer_backward_data = 0;
  model_bytes bytes;
};

/// Of a layer's weights as they are held, their scales, and the scales and biases of its epilogue, in the float of
/// pointwise operations.
std::uint64_t model_bits(const layer& l, const operand_formats& numbers);

/// Bytes of a network's model in these number formats, each layer's rounded up. Layers may have their own.
std::uint64_t model_bytes_in(const network& net, const operand_formats& numbers);

/// Counts for all images of the batch. Throws input_error when a total has more than 64 bits.
network_operations count_operations(const network& net);

}  // namespace dlac
