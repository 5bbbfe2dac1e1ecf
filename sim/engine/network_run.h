#pragma once
// A run: the layers of a network, one at a time, through an engine. With values, every output is compared bit by bit
// with the plain reference and, within a tolerance, with what the trained network itself recorded.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "sim/core/error.h"
#include "sim/engine/engine.h"
#include "sim/engine/functional_maps.h"
#include "sim/engine/pass_run.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// Called before each layer and pass (with several jobs: before it is waited for): how many are done, of how many, and
/// the next one's name. What it throws ends the run.
using progress_callback = std::function<void(std::size_t done, std::size_t of, const std::string& layer)>;

/// A pass that a run simulates.
struct layer_pass {
  const layer* of = nullptr;
  pass_kind pass = pass_kind::forward;
};

/// Those of a run over `layers`, which are of `net`, in their order.
std::vector<layer_pass> passes_of(const network& net, const std::vector<const layer*>& layers, run_kind kind);

struct run_options {
  engine_choice engine = by_fast_engine{};
  run_kind kind = run_kind::forward;
  progress_callback progress = {};
  /// Hears of every pass's output, where values are computed, in the order of passes_of().
  output_callback outputs = {};
  /// Of a functional run, forward and by one layer at a time: the maps that the operands have their values from. An
  /// engine that computes none leaves them to the reference.
  functional_maps* functional = nullptr;
  /// Of a run that is stopped, return what was finished, with network_result::planned, where it would throw.
  bool keeps_partial = false;
  /// What a pass takes: needed where the config's mapping.objective is not cycles.
  layer_energy energy = {};
};

/// Only a machine in fp32-training mode can train. Throws input_error.
void check_machine(const accelerator_config& config, run_kind kind);

/// Layers with number formats of their own have such as the machine can compute with. Throws input_error.
void check_layer_formats(const accelerator_config& config, const network& net, const std::vector<const layer*>& layers);

/// Checks all tensors that a run over `layers` needs, as operand_provider does.
void check_operands(const operand_provider& operands, const std::vector<const layer*>& layers, run_kind kind,
                    bool values);

/// Runs the forward pass of `layers`, which are of `net`, in order; a training step then goes through them backwards,
/// for each layer backward-data (which the network's first layer has not) and backward-weight. Throws input_error
/// (out_of_memory_error where memory ran out all the same), simulation_error, or interruption (sim/core/stop.h);
/// input_error before anything runs if a pass needs more memory than there is. Passes that run at a time, of whatever
/// call, share what there is and wait for each other.
network_result run_layers(const accelerator_config& config, const network& net, const std::vector<const layer*>& layers,
                          const operand_provider& operands, const run_options& options);

}  // namespace dlac
