#include "sim/report/graph_nodes.h"

#include <fmt/format.h>

#include <algorithm>

namespace dlac {

std::vector<counted_node> counted_nodes(const network& net, bool on_host) {
  std::vector<counted_node> result;
  if (!net.graph) {
    return result;
  }
  const auto& nodes = net.graph->nodes;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    if (!nodes[i].layer && runs_on_host(nodes[i].operation.type) == on_host) {
      result.push_back({nodes[i].name, nodes[i].operation.type, net.batch * nodes[i].shape.elements()});
    }
  }
  return result;
}

std::string nodes_text(const std::vector<counted_node>& nodes) {
  struct of_a_type {
    node_type type;
    std::uint64_t count;
    std::uint64_t elements;
  };
  std::vector<of_a_type> types;
  for (const counted_node& node : nodes) {
    const auto found =
        std::find_if(types.begin(), types.end(), [&](const of_a_type& other) { return other.type == node.type; });
    if (found == types.end()) {
      types.push_back({node.type, 1, node.elements});
    } else {
      ++found->count;
      found->elements += node.elements;
    }
  }
  std::string text;
  for (const of_a_type& type : types) {
    text += fmt::format("{}{}{} ({} elements)", text.empty() ? "" : ", ", to_string(type.type),
                        type.count == 1 ? "" : fmt::format(" x {}", type.count), type.elements);
  }
  return text;
}

}  // namespace dlac
