#pragma once
// A run: the layers of a network, one at a time, through an engine. With values, every output is compared bit by bit
// with the plain reference and, in fp32, with what the trained network itself recorded.

#include <functional>
#include <string>
#include <vector>

#include "sim/engine/engine.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

struct run_options {
  engine_kind engine = engine_kind::systemc;
  bool values = false;  ///< needs the SystemC engine: the recurrences carry no numbers
};

/// Called before each layer: how many are done, of how many, and the next one's name.
using progress_callback = std::function<void(std::size_t done, std::size_t of, const std::string& layer)>;

/// Takes each layer's result as soon as it is there.
using result_sink = std::function<void(layer_result)>;

/// Runs the forward pass of `layers`. Throws input_error or simulation_error.
void run_forward(const accelerator_config& config, const std::vector<const layer*>& layers,
                 const operand_provider& operands, const run_options& options, const progress_callback& progress,
                 const result_sink& sink);

}  // namespace dlac
