#pragma once
// The values of nodes: computed in doubles from the fp32 numbers of their inputs and rounded once.

#include <cstdint>
#include <span>
#include <vector>

#include "sim/nodes/map_shape.h"
#include "sim/nodes/node.h"

namespace dlac {

/// `images` maps, one after the other.
struct node_input {
  const map_shape* shape = nullptr;
  const std::vector<float>* values = nullptr;
};

/// What a layer_norm multiplies by and adds, each of as many elements as it normalises at a time; empty: 1 and 0.
struct node_constants {
  std::vector<float> scale;
  std::vector<float> bias;
};

/// One after the other along an axis, as concatenated_shape() has it.
std::vector<float> concatenated_values(const std::vector<node_input>& inputs, std::uint64_t images,
                                       std::optional<std::uint32_t> axis = {});

/// What the node gives, in node_shape().
std::vector<float> node_values(const node_operation& node, const std::vector<node_input>& inputs, std::uint64_t images,
                               const node_constants& constants = {});

/// Maxima over the windows of `planes` planes of that size.
std::vector<float> max_pool_values(const pool_window& window, size_2d size, std::uint64_t planes,
                                   std::span<const float> in);

/// Elements that a layer_norm takes together: those from its axis on.
std::uint64_t normalised_elements(const node_operation& node, const map_shape& input);

}  // namespace dlac
