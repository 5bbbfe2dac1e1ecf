#pragma once
// A run: the layers of a network, one at a time, through an engine. With values, every output is compared bit by bit
// with the plain reference and, within a tolerance, with what the trained network itself recorded.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/error.h"
#include "sim/engine/engine.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// What a run simulates: inference, or a step of training.
enum class run_kind { forward, training };
std::string_view to_string(run_kind kind);

struct run_options {
  engine_kind engine = engine_kind::fast;
  bool values = false;  ///< needs the SystemC engine: the recurrences carry no numbers
  run_kind kind = run_kind::forward;
  unsigned jobs = 1;                ///< threads, of the fast engine only: a SystemC simulation has one
  memory_factory make_memory = {};  ///< of the SystemC engine only: in place of the product's memory
};

/// Only a machine in fp32-training mode can train. Throws input_error.
void check_machine(const accelerator_config& config, run_kind kind);

/// A pass ran out of memory: its estimate was too low, or others took what was there.
class out_of_memory_error : public input_error {
 public:
  using input_error::input_error;
};

/// Called before each layer and pass (with several jobs: before it is waited for): how many are done, of how many, and
/// the next one's name.
using progress_callback = std::function<void(std::size_t done, std::size_t of, const std::string& layer)>;

/// Takes the results in order, each as soon as it is there.
using result_sink = std::function<void(layer_result)>;

/// Runs the forward pass of `layers` in order; a training step then goes through them backwards, for each layer
/// backward-data (which the network's first layer has not) and backward-weight. Throws input_error, simulation_error,
/// or interruption (sim/core/stop.h), that one after the sink has had all that was finished; input_error before
/// anything runs if a pass needs more memory than there is. Passes that run at a time, of whatever call, share what
/// there is and wait for each other.
void run_layers(const accelerator_config& config, const std::vector<const layer*>& layers,
                const operand_provider& operands, const run_options& options, const progress_callback& progress,
                const result_sink& sink);

}  // namespace dlac
