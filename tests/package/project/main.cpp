// A layer simulated through the library: prints its cycles by both engines.

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/engine/network_run.h"
#include "sim/workload/network.h"

int main() {
  const std::string data = DATA;
  const auto config = dlac::read_accelerator_config(data + "/configs/dlac-fp16-inference.json");
  const auto net = dlac::read_network(data + "/workloads/resnet20.json");
  const dlac::operand_provider operands(net, std::nullopt, config.mode);
  for (const auto engine : {dlac::engine_kind::fast, dlac::engine_kind::systemc}) {
    dlac::run_options options;
    options.engine = engine;
    std::uint64_t cycles = 0;
    dlac::run_layers(
        config, {&net.layers.back()}, operands, options, [](std::size_t, std::size_t, const std::string&) {},
        [&](const dlac::layer_result& result) { cycles += result.counters.cycles; });
    std::printf("%s %llu\n", net.layers.back().name.c_str(), static_cast<unsigned long long>(cycles));
  }
}
