#pragma once
// The keys of the nodes of a workload file: pooling, concatenation and what runs on the host.

#include <vector>

#include "sim/json/json_format.h"
#include "sim/workload/network_format.h"

namespace dlac {

/// A format of each type, in the order of node_type. `input` is the key that all of them have.
std::vector<tagged_alternative<layer_entry>> node_formats(const json_format<std::vector<std::string>>& input);

}  // namespace dlac
