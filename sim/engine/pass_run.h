#pragma once
// One pass of a layer through an engine: its mmOps one after the other, the requantising pass behind them, and with
// values the comparison with the reference.

#include "sim/config/accelerator_config.h"
#include "sim/engine/engine.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

struct pass_inputs {
  const accelerator_config& config;
  const network& net;
  const layer& of;  ///< of net
  pass_kind pass = pass_kind::forward;
  const operand_provider& operands;
  bool with_values = false;
  unsigned threads = 1;  ///< for what is counted beside the engine
};

/// Throws input_error, simulation_error or interruption.
layer_result run_pass(const pass_inputs& inputs, engine& runner);

}  // namespace dlac
