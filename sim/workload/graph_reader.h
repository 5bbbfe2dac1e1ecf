#pragma once
// From the names that the layers of a file read to a graph: the order in which they can run, and the shapes along every
// edge.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/json/json_reader.h"
#include "sim/workload/network.h"
#include "sim/workload/network_format.h"

namespace dlac {

/// Whether a layer says what it reads, or a node is among them.
bool is_graph(const workload_file& file);

/// Of a graph: names what every layer and node reads where the file leaves it out (the one before, or the image), and
/// puts them into an order in which they can run, that of the file as far as it is one. Throws input_error for a name
/// that nobody has and for a cycle.
void order_graph(workload_file& file, const json_document& document);

/// The graph of an ordered file whose layers are checked by themselves. Throws input_error for maps that do not fit.
network_graph make_graph(const workload_file& file, const json_document& document);

/// The first node whose output is too large with this batch, where there is one.
std::optional<std::string> too_large_node(const network_graph& graph, std::uint32_t batch);

}  // namespace dlac
