#pragma once
// A layer from the shapes of its weights and activations.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/import/layer_parameters.h"
#include "sim/workload/network_format.h"

namespace dlac {

struct array_shapes {
  std::vector<std::uint64_t> weights;
  std::vector<std::uint64_t> activations;  ///< of all images
  std::string file;                        ///< of the weights, for messages
};

/// A conv2d of [n, c, h, w] and [filters, c / groups, h, w], a conv1d of one axis less, a linear layer of [n, features]
/// or [n, tokens, features] (or of a feature map that has as many elements) and [filters, features]. Throws input_error
/// for shapes that do not go together.
layer_entry layer_of_shapes(const array_shapes& shapes, const layer_parameters& parameters);

}  // namespace dlac
