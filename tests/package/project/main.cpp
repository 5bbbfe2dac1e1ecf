// A network simulated through the installed library: prints its cycles by both engines, and the machine's area.

#include <cstdint>
#include <cstdio>

#include <sim/api/dlac.h>

int main() {
  dlac::use_data_folder(DATA);
  const auto on = dlac::load_machine();
  const auto net = dlac::load_network("resnet20");
  for (const auto& engine :
       {dlac::engine_choice(dlac::by_fast_engine{}), dlac::engine_choice(dlac::by_systemc_engine{})}) {
    const auto result = dlac::simulate(on, net, {.run = {.engine = engine}, .layers = {"fc"}});
    std::uint64_t cycles = 0;
    for (const auto& layer : result.layers) {
      cycles += layer.counters.cycles;
    }
    std::printf("%s %llu\n", result.engine.c_str(), static_cast<unsigned long long>(cycles));
  }
  const auto area = dlac::make_area_report(on.config, on.table);
  std::printf("area %.3f\n", area.area.total());
}
