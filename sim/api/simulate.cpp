#include "sim/api/simulate.h"

#include <utility>

#include "models/energy.h"
#include "sim/api/saved_values.h"
#include "sim/core/error.h"
#include "sim/workload/layer_selection.h"

namespace dlac {

// The layers are pointers into the network, so that neither is ever copied.
simulation::simulation(machine on, network net, simulation_options options)
    : machine_(std::move(on)), network_(std::move(net)), options_(std::move(options)) {
  check_machine(machine_.config, options_.run.kind);
  if (options_.functional) {
    make_functional(network_, "--functional");
    if (options_.run.kind == run_kind::training) {
      throw input_error("--functional", "", "a training pass, whose loss nobody says", "a forward pass");
    }
    maps_ = std::make_unique<functional_maps>(network_, options_.image);
    options_.run.functional = maps_.get();
  } else if (options_.image) {
    throw input_error("--image", "", "a run that is not functional", "--functional with it");
  }
  layers_ = select_layers(network_, options_.layers, "--layers");
  check_layer_formats(machine_.config, network_, layers_);
  operands_ = std::make_unique<operand_provider>(network_, options_.trace, machine_.config.numbers(), maps_.get());
  if (options_.save_values && !computes_values(options_.run.engine) && !options_.functional) {
    throw input_error("save_values", "", "an engine that computes no values", "one that does");
  }
  check_operands(*operands_, needed_layers(), options_.run.kind,
                 computes_values(options_.run.engine) || options_.functional);
  if (options_.trace) {
    network_.trace = options_.trace;  // what a report tells is what was run
  }
}

std::vector<const layer*> simulation::needed_layers() const {
  return maps_ ? maps_->needed_layers(layers_) : layers_;
}

network_result simulation::start() const {
  run_options options = options_.run;
  options.energy = energy_by(machine_.config, machine_.table);
  if (!options_.save_values) {
    return run_layers(machine_.config, network_, layers_, *operands_, options);
  }
  saved_values saved(*options_.save_values, network_, passes_of(network_, layers_, options_.run.kind));
  options.outputs = [&](const layer& l, pass_kind pass, const std::vector<float>& output) {
    saved.take(l, pass, output);
    if (options_.run.outputs) {
      options_.run.outputs(l, pass, output);
    }
  };
  network_result result = run_layers(machine_.config, network_, layers_, *operands_, options);
  if (!result.planned) {
    saved.commit();
  }
  return result;
}

network_result simulate(const machine& on, const network& net, const simulation_options& options) {
  return simulation(on, net, options).start();
}

report report_of(const simulation& run, const network_result& result, report_inputs inputs, report_origin origin) {
  return {.config = run.on().config,
          .net = run.of(),
          .result = result,
          .table = run.on().table,
          .inputs = std::move(inputs),
          .origin = std::move(origin)};
}

}  // namespace dlac
