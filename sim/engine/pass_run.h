#pragma once
// One pass of a layer through an engine: its mmOps one after the other, the requantising pass behind them, and with
// values the comparison with the reference.

#include <functional>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/engine/engine.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// What a pass has computed, in the output's format and the shape of output_shape(). What it throws ends the run.
using output_callback = std::function<void(const layer& of, pass_kind pass, const std::vector<float>& output)>;

struct pass_inputs {
  const accelerator_config& config;
  const network& net;
  const layer& of;  ///< of net
  pass_kind pass = pass_kind::forward;
  const operand_provider& operands;
  bool with_values = false;
  unsigned threads = 1;          ///< for what is counted beside the engine
  output_callback outputs = {};  ///< with values, or by the reference
  bool by_reference = false;     ///< without values: the reference computes the output
  layer_energy energy = {};      ///< where mapping.objective asks for it
};

/// Throws input_error, simulation_error or interruption.
layer_result run_pass(const pass_inputs& inputs, engine& runner);

}  // namespace dlac
