#include "tests/bench/subject.h"

#include <stdexcept>
#include <utility>

namespace dlac::bench {
namespace {

const std::string root = DLAC_SOURCE_DIR;

}  // namespace

subject::subject(const std::string& workload, const std::string& layer_name, std::optional<grid_shape> grid)
    : config_(read_accelerator_config(root + "/" + config_file, {})),
      net_(read_network(root + "/workloads/" + workload + ".json")),
      operands_(std::make_unique<operand_provider>(net_, std::nullopt, config_.numbers())) {
  config_.grid = grid.value_or(config_.grid);
  for (const auto& l : net_.layers) {
    if (layer_name.empty() || l.name == layer_name) {
      layers_.push_back(&l);
    }
  }
  if (layers_.empty()) {
    throw std::runtime_error(workload + " has no layer " + layer_name);
  }
}

std::vector<layer_result> subject::run(const engine_choice& engine) const {
  run_options options;
  options.engine = engine;
  return run_layers(config_, net_, layers_, *operands_, options).layers;
}

}  // namespace dlac::bench
