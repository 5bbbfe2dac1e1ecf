#pragma once
// The operations of a network in a training step and the size of its model: what `dlac ops` tells, as a structure and
// in every format. docs/operation-counts.md derives each rule.

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/text/text_table.h"
#include "sim/workload/network.h"
#include "sim/workload/operation_counts.h"

namespace dlac {

/// Bytes of a model in the number formats of this name.
struct model_size {
  std::string name;
  std::uint64_t bytes = 0;
};

struct operations_report {
  std::string workload;     ///< what the network calls itself
  std::uint32_t batch = 1;  ///< images that are counted
  network_operations operations;
  std::vector<model_size> sizes = {};  ///< in number formats that were asked for
};

/// Throws input_error when a total has more than 64 bits.
operations_report make_operations_report(const network& net, std::vector<model_size> sizes = {});

/// {"schema": "dlac-ops/1", "workload", "batch", "layers": [...], "totals": {...}, "model": {...}}
nlohmann::ordered_json operations_json(const operations_report& r);

/// A header line and one line per layer: name, type, weights, scales and biases, and each type's operations forward and
/// backward, by the names of the JSON joined by dots.
std::string operations_csv(const operations_report& r);

/// A line a layer, sums by type and the model's size, for people.
std::string operations_table(const operations_report& r, const text_width& width = {});

}  // namespace dlac
