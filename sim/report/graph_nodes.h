#pragma once
// What a network has between its layers, for reports: nothing is silently free.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/nodes/node.h"
#include "sim/workload/network.h"

namespace dlac {

/// A node, and how many numbers it gives in a run.
struct counted_node {
  std::string_view name;
  node_type type = node_type::flatten;
  std::uint64_t elements = 0;
};

/// Those that another processor has to compute, or those that ride along without cycles; none of a list of layers.
std::vector<counted_node> counted_nodes(const network& net, bool on_host);

/// By type, in the order of the first: "max_pool2d x 2 (250,880 elements), flatten (512 elements)".
std::string nodes_text(const std::vector<counted_node>& nodes);

}  // namespace dlac
