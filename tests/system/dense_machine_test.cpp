// The dense machine: nothing is skipped, every lane works in every cycle. Its speed-up over the peak of its lanes is 1,
// less what the contract charges for filling queues and for pointwise operations.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "sim/config/accelerator_config.h"
#include "sim/engine/network_run.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac::test {
namespace {

constexpr double allowed_loss = 0.03;

/// The layers of a ResNet-34 without a single zero, on a machine that skips none.
std::vector<layer_result> run_dense_network(const accelerator_config& config) {
  auto net = read_network(std::string(DLAC_SOURCE_DIR) + "/workloads/resnet34-synthetic.json");
  std::vector<const layer*> layers;
  for (auto& l : net.layers) {
    l.operands = {dense_source{}, dense_source{}, dense_source{}};
    l.padding = {0, 0};  // padding is zeros, and makes the first and last rows of tiles uneven
    l.input_size = {l.output_size().h + l.kernel.h - 1, l.output_size().w + l.kernel.w - 1};
    l.input_size.h += (l.stride.h - 1) * (l.input_size.h - l.kernel.h);
    l.input_size.w += (l.stride.w - 1) * (l.input_size.w - l.kernel.w);
    layers.push_back(&l);
  }
  const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
  return run_layers(config, net, layers, operands, {}).layers;
}

bool fills_tiles(const layer_result& result, const accelerator_config& config) {
  return result.m % (config.grid.rows * result.block.m) == 0 && result.n % (config.grid.cols * result.block.n) == 0;
}

}  // namespace

TEST_CASE("without zeros and without skipping, layers that fill the tiles run at the peak of the lanes") {
  for (const char* name : {"/configs/paper-fp16-inference.json", "/configs/paper-fp32-training.json"}) {
    const auto config =
        read_accelerator_config(std::string(DLAC_SOURCE_DIR) + name, std::vector<std::string>{"skip=none"});
    int checked = 0;
    for (const auto& result : run_dense_network(config)) {
      CAPTURE(name);
      CAPTURE(result.name);
      CHECK(result.counters.issued_products == result.dense_macs);
      if (!fills_tiles(result, config)) {
        continue;
      }
      ++checked;
      // Pointwise operations take F lanes a cycle per output: 3 % of a 1x1 convolution of 64 channels, less of others.
      auto streaming = result;
      streaming.counters.cycles -= result.counters.parts.pt;
      CHECK(derive_performance(streaming, config).share_of_peak == doctest::Approx(1).epsilon(allowed_loss));
      if (result.k >= 576) {
        CHECK(derive_performance(result, config).share_of_peak == doctest::Approx(1).epsilon(allowed_loss));
      }
    }
    CHECK(checked >= 10);  // of 37: 7 x 7 and 14 x 14 pixels fill no 8 rows
  }
}

}  // namespace dlac::test
