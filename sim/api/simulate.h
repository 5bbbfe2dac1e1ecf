#pragma once
// A network on a machine: the program's main job, as a function.
//
//   const machine on = load_machine("dlac-fp16-inference", {"grid.rows=4"});
//   simulation run(on, load_network("resnet34"), {.layers = {"layer3.*"}});
//   const network_result result = run.start();
//   std::cout << report_table(report_of(run, result));

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/api/inputs.h"
#include "sim/engine/functional_maps.h"
#include "sim/engine/network_run.h"
#include "sim/report/report.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

struct simulation_options {
  run_options run = {};                   ///< who counts, what, and who hears of it
  std::vector<std::string> layers = {};   ///< globs of layer names; none: all layers
  std::optional<std::string> trace = {};  ///< path of a trace, in place of the one that the network names
  /// A functional run: only the image (tensor `image` of a file, where one is named) and the parameters are read, and
  /// each layer runs on the output of those before it. Takes a graph, and a forward pass.
  bool functional = false;
  std::optional<std::string> image = {};
  /// A file for the values (saved_values.h); takes an engine that computes some. A run that is stopped leaves none.
  std::optional<std::string> save_values = {};
};

/// A run that can start: whatever is wrong with its machine, network and trace together has been found.
class simulation {
 public:
  /// Throws input_error.
  simulation(machine on, network net, simulation_options options = {});

  /// As run_layers(). Throws input_error, simulation_error, or interruption (sim/core/stop.h).
  [[nodiscard]] network_result start() const;

  [[nodiscard]] const machine& on() const { return machine_; }
  [[nodiscard]] const network& of() const { return network_; }
  /// Of the contents of the trace, which is read for it; nothing where no trace was opened.
  [[nodiscard]] std::optional<std::string> trace_hash() const { return operands_->trace_hash(); }

 private:
  /// Those that are simulated, and of a functional run those that they read.
  [[nodiscard]] std::vector<const layer*> needed_layers() const;

  machine machine_;
  network network_;
  simulation_options options_;
  std::vector<const layer*> layers_;
  std::unique_ptr<functional_maps> maps_;  ///< of a functional run
  std::unique_ptr<operand_provider> operands_;
};

/// One that is of no further use.
network_result simulate(const machine& on, const network& net, const simulation_options& options = {});

/// The report of what a simulation gave; refers to both. `inputs` and `origin` tell where they came from.
report report_of(const simulation& run, const network_result& result, report_inputs inputs = {},
                 report_origin origin = {});

}  // namespace dlac
