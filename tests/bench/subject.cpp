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
      operands_(std::make_unique<operand_provider>(net_, std::nullopt, config_.mode)) {
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

std::vector<layer_result> subject::run(engine_kind engine, unsigned jobs) const {
  std::vector<layer_result> results;
  run_layers(
      config_, layers_, *operands_, {.engine = engine, .jobs = jobs},
      [](std::size_t, std::size_t, const std::string&) {},
      [&](layer_result result) { results.push_back(std::move(result)); });
  return results;
}

}  // namespace dlac::bench
