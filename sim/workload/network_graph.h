#pragma once
// What reads what in a network: layers, the nodes between them, and the image in front of all.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/nodes/map_shape.h"
#include "sim/nodes/node.h"

namespace dlac {

struct layer;
struct pt_wise_op;

/// The name of the network's input.
inline constexpr std::string_view image_name = "image";

/// A layer or a node; the first of a graph is the image, which reads nothing.
struct graph_node {
  std::string name;
  std::optional<std::size_t> layer = {};                  ///< among network::layers; none: a node, of `operation`
  node_operation operation = {};                          ///< of a node
  std::vector<std::size_t> inputs = {};                   ///< graph_nodes, one after the other along the channels
  std::optional<std::size_t> columns = {};                ///< of a matmul: where its second map comes from
  std::vector<std::optional<std::size_t>> epilogue = {};  ///< of a layer: whose output each operation reads
  map_shape shape = {};                                   ///< of its output
};

struct network_graph {
  std::vector<graph_node> nodes;           ///< each behind all that it reads
  std::vector<std::size_t> node_of_layer;  ///< of each of network::layers
  bool has_image_shape = false;            ///< whether the file says what the image is like
};

// A layer's feature maps as they come along the edges: of one image, in the layouts of traces (tensor_layout.h).

using map_extents = std::vector<std::uint64_t>;

/// In which shapes a layer takes its input, and a matmul its columns; the first is the one to name.
std::vector<map_extents> input_layouts(const layer& l);
std::vector<map_extents> column_map_layouts(const layer& l);
/// In which shapes an operation of its epilogue takes what it reads.
std::vector<map_extents> operand_layouts(const layer& l, const pt_wise_op& op);
/// The shape of its input, and of its output.
map_shape input_map(const layer& l);
map_shape output_map(const layer& l);

}  // namespace dlac
