#pragma once
// The plain references of the backward passes: the derivatives of the forward convolution, by loops over its own index
// space (image, output channel, input channel, kernel position, output pixel), without phases, windows or transposed
// operands. Operands are what the lanes multiply (sim/reference/held_numbers.h).
//
// Contract section 8: every output starts from +0 and accumulates its products in the contract's order, one rounding
// each (sim/reference/arithmetic.h). A finished
// accumulation of zero is +0, as in sim/reference/convolution.h.

#include <span>
#include <vector>

#include "sim/reference/convolution.h"

namespace dlac {

/// The gradient of the layer's input, [n, cin, h, w], before ReLU's derivative. Each pixel takes its products in the
/// order (cout, ky, kx) of those that reach it. `gradients` is [n, cout, oh, ow]. Throws simulation_error if an operand
/// has not the elements of its shape.
[[nodiscard]] std::vector<float> reference_backward_data(const reference_layer& layer,
                                                         const reference_operand& gradients,
                                                         const reference_operand& weights);

/// The gradient of the layer's weights, [cout, cin / groups, kh, kw]; products in the order (image, oy, ox).
[[nodiscard]] std::vector<float> reference_backward_weight(const reference_layer& layer,
                                                           const reference_operand& activations,
                                                           const reference_operand& gradients);

/// ReLU's derivative: the gradient is +0 where the layer's input is zero.
void apply_reference_relu_derivative(std::span<float> gradients, std::span<const float> activations);

/// What the update of a layer's weights reads beside their gradient.
struct reference_update {
  weight_format format = weight_format::ternary;
  float momentum = 0;
  float learning_rate = 0;
  std::span<const float> velocity;
  std::span<const float> master_weights;
};

/// Turns gradients into new weights: v = momentum * v + gradient, w = w - learning_rate * v, both fused; a ternary
/// layer's become w > t ? 1 : w < -t ? -1 : 0 with t = 0.7 * mean |w| of the weights before the update, in double.
void apply_reference_update(const reference_update& update, std::span<float> gradients);

}  // namespace dlac
