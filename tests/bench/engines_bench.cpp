// How fast both engines simulate, in one run: networks, a layer, grids of 16 to 4096 PEs, threads. All on one machine,
// which the head of the output names. Columns:
//   Time, CPU       a whole simulation, operands read (or drawn) included; CPU is of all threads together
//   MAC/s           dense multiply-accumulates of the layers, per second of the host
//   cycles/s        simulated cycles
//   PE-cycles/s     cycles x PEs of the grid
//   PE-step         time per step of an active PE: the unit of work, which grids should not change
//   peak            most memory resident at a time
//   fast/systemc    on rows of the SystemC engine: how many times sooner the fast engine had done the same

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/peak_memory.h"
#include "tests/bench/subject.h"

namespace dlac::bench {
namespace {

/// What a row of the table simulates.
struct work {
  std::string name;
  std::string workload;
  std::string layer;  ///< all of them if empty
  std::optional<grid_shape> grid;
};

/// What one simulation simulated.
struct amount {
  double dense_macs = 0;
  double cycles = 0;
  double pe_steps = 0;
};

amount amount_of(const std::vector<layer_result>& results) {
  amount sum;
  for (const auto& layer : results) {
    sum.dense_macs += static_cast<double>(layer.dense_macs);
    sum.cycles += static_cast<double>(layer.counters.cycles);
    sum.pe_steps += static_cast<double>(layer.counters.pe_steps);
  }
  return sum;
}

/// Seconds of the fast engine on one thread, by the work's name: rows of the SystemC engine follow theirs.
std::map<std::string, double>& fast_seconds() {
  static std::map<std::string, double> seconds;
  return seconds;
}

void show(benchmark::State& state, const amount& done, double processing_elements) {
  using benchmark::Counter;
  const auto rate = Counter::kIsIterationInvariantRate;
  state.counters["MAC/s"] = Counter(done.dense_macs, rate);
  state.counters["cycles/s"] = Counter(done.cycles, rate);
  state.counters["PE-cycles/s"] = Counter(done.cycles * processing_elements, rate);
  state.counters["PE-step"] = Counter(done.pe_steps, rate | Counter::kInvert);
  state.counters["peak"] = Counter(static_cast<double>(peak_memory()), Counter::kDefaults, Counter::kIs1024);
}

void simulate(benchmark::State& state, const work& what, const engine_choice& engine) {
  const subject measured(what.workload, what.layer, what.grid);
  amount done;
  double seconds = 0;
  reset_peak_memory();
  for ([[maybe_unused]] auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    done = amount_of(measured.run(engine));
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  show(state, done, static_cast<double>(measured.processing_elements()));
  const auto mean = seconds / static_cast<double>(state.iterations());
  const bool is_fast = std::holds_alternative<by_fast_engine>(engine);
  if (is_fast && jobs_of(engine) == 1) {
    fast_seconds()[what.name] = mean;
  }
  const auto fast = fast_seconds().find(what.name);
  // On the other rows, too: the table would be cut into pieces by rows of other columns.
  state.counters["fast/systemc"] = !is_fast && fast != fast_seconds().end() ? mean / fast->second : 0;
}

benchmark::internal::Benchmark* add(const work& what, const engine_choice& engine) {
  const auto jobs = jobs_of(engine);
  const auto name =
      fmt::format("{}/{}{}", what.name, std::holds_alternative<by_fast_engine>(engine) ? "fast" : "systemc",
                  jobs == 1 ? "" : fmt::format("/jobs:{}", jobs));
  return benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { simulate(state, what, engine); })
      ->UseRealTime()
      ->MeasureProcessCPUTime()
      ->Unit(benchmark::kMillisecond);
}

void add_all() {
  constexpr std::string_view layer = "layer3.1.conv1";
  constexpr std::array<std::uint32_t, 5> grid_sides{4, 8, 16, 32, 64};
  for (const auto* network : {"resnet34", "resnet50"}) {
    const work forward{network, network, "", std::nullopt};
    add(forward, by_fast_engine{});
    add(forward, by_fast_engine{.jobs = 2});
    add(forward, by_systemc_engine{})->Iterations(1);  // takes long enough
  }
  const work one_layer{"3x3x256", "resnet34", std::string(layer), std::nullopt};
  add(one_layer, by_fast_engine{});
  add(one_layer, by_systemc_engine{});
  for (const auto side : grid_sides) {
    const work grid{fmt::format("3x3x256 on {0}x{0}", side), "resnet34", std::string(layer), grid_shape{side, side}};
    add(grid, by_fast_engine{});
    add(grid, by_systemc_engine{});
  }
}

}  // namespace
}  // namespace dlac::bench

int main(int argc, char** argv) {
  try {
    benchmark::AddCustomContext("config", dlac::bench::config_file);
    dlac::bench::add_all();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
      return 2;
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    return 1;
  }
}
