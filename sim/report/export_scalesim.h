#pragma once
// A network as a topology of SCALE-Sim: a CSV table of convolutions, with as many outputs and multiply-accumulates in a
// row as the layer has. What the format cannot say is told; docs/export.md.

#include <span>
#include <string>
#include <vector>

#include "sim/core/types.h"
#include "sim/workload/network.h"

namespace dlac {

struct scalesim_topology {
  std::string csv;
  std::vector<std::string> remarks;  ///< a line each: what of the network is not in the table
};

/// Of an image, forward. Throws input_error where no layer can be written.
scalesim_topology scalesim_topology_of(const network& net, std::span<const layer* const> layers, run_kind kind);

}  // namespace dlac
