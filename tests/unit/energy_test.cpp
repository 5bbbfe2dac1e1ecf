// The energy model: every part by hand on round numbers, and its properties on random layers.

#include "models/energy.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "models/area.h"
#include "sim/engine/network_run.h"
#include "sim/workload/network.h"
#include "sim/workload/operation_counts.h"

namespace dlac {
namespace {

using enum energy_part;

technology table_of(const std::string& name) {
  return read_technology(DLAC_SOURCE_DIR "/models/technology/" + name + ".json");
}

accelerator_config config_of(const std::string& name, const std::vector<std::string>& changes = {}) {
  return read_accelerator_config(DLAC_SOURCE_DIR "/configs/" + name + ".json", changes);
}

/// Numbers that make products easy to follow: 1 pJ = 1000 fJ a bit.
technology round_table() {
  technology table = table_of("14nm");
  table.energy.fp16.multiply.value = 30;
  table.energy.fp16.add.value = 2;
  table.energy.fp32.multiply.value = 70;
  table.energy.fp32.add.value = 5;
  table.energy.scheduler_decision.value = 11;
  table.energy.register_write.value = 1000;
  table.energy.register_read.value = 3000;
  table.energy.sram_8kib.value = 64;
  table.energy.sram_32kib.value = 128;
  table.energy.sram_1mib.value = 640;
  table.energy.wire.value = 7000;
  table.energy.off_chip.value = 13;
  return table;
}

technology of_area(technology table, const accelerator_config& config, double mm2) {
  table.area.scheduler.value +=
      (mm2 - area_of(config, table).total()) * 1e6 / static_cast<double>(config.processing_elements());
  REQUIRE(area_of(config, table).total() == doctest::Approx(mm2));
  return table;
}

/// A machine of 1 mm2, so that a bus is 1 mm long.
technology of_one_mm2(const technology& table, const accelerator_config& config) {
  return of_area(table, config, 1);
}

layer_result layer_with(const accelerator_config& config, weight_format weights) {
  layer_result layer;
  layer.formats = config.formats(pass_kind::forward, weights);
  return layer;
}

TEST_CASE("energy: every part by hand, fp16 with ternary weights") {
  const accelerator_config config = config_of("dlac-fp16-inference");
  const technology table = of_one_mm2(round_table(), config);
  layer_result layer = layer_with(config, weight_format::ternary);
  layer.counters.issued_products = 100;
  layer.counters.pe_steps = 10;
  layer.counters.activity = {.row_elements_read = 4,
                             .column_elements_read = 6,
                             .row_elements_queued = 40,
                             .column_elements_queued = 60,
                             .pt_mul_adds = 8,
                             .pt_adds = 16,
                             .pt_elements_streamed = 1,
                             .outputs_drained = 2};
  layer.traffic = {.columns = 3, .rows = 5, .outputs = 7};
  const energy_breakdown energy = energy_of(config, table, layer);
  CHECK(energy[mm_op] == doctest::Approx(100 * 2));
  CHECK(energy[pt_wise_op] == doctest::Approx(8 * (30 + 2) + 16 * 2));
  CHECK(energy[scheduler] == doctest::Approx(10 * 11));
  CHECK(energy[operand_queues] == doctest::Approx((40 * 16 + 60 * 2) * (1 + 3)));
  // 32 KiB: 128 pJ for 64 bits; the bus 7 pJ a bit.
  CHECK(energy[weight_buffer] == doctest::Approx(6 * 2 * (2 + 7) + 3 * 8 * 2));
  CHECK(energy[feature_map_buffer] == doctest::Approx((4 + 1) * 16 * (2 + 7) + 5 * 8 * 2));
  CHECK(energy[output_buffers] == doctest::Approx((100 + 8 + 16) * 16 * (1 + 3) + 2 * 16 * 3));
  CHECK(energy[drain] == doctest::Approx(2 * 16 * (1 + 7)));
  CHECK(energy[off_chip] == doctest::Approx((3 + 5 + 7) * 13));
  CHECK(energy[energy_part::clock] == 0);
  CHECK(energy[leakage] == 0);
}

TEST_CASE("energy: full-precision columns take multiply-adds and whole elements, fp32 its own units") {
  const accelerator_config config = config_of("dlac-fp32-training", {"weight_buffer_bytes=8192"});
  const technology table = of_one_mm2(round_table(), config);
  layer_result layer = layer_with(config, weight_format::full);
  layer.counters.issued_products = 100;
  layer.counters.activity.column_elements_read = 6;
  layer.counters.activity.column_elements_queued = 60;
  const energy_breakdown energy = energy_of(config, table, layer);
  CHECK(energy[mm_op] == doctest::Approx(100 * (70 + 5)));
  CHECK(energy[operand_queues] == doctest::Approx(60 * 32 * 4));
  CHECK(energy[weight_buffer] == doctest::Approx(6 * 32 * (1 + 7)));
}

TEST_CASE("energy: a bus is as long as a side of the chip") {
  const accelerator_config config = config_of("dlac-fp16-inference");
  layer_result layer = layer_with(config, weight_format::ternary);
  layer.counters.activity.column_elements_read = 6;
  const energy_breakdown energy = energy_of(config, of_area(round_table(), config, 9), layer);
  CHECK(energy[weight_buffer] == doctest::Approx(6 * 2 * (2 + 3 * 7)));
}

TEST_CASE("energy: time without work costs clock and leakage, by hand") {
  const accelerator_config config = config_of("dlac-fp16-inference");
  technology table = round_table();
  table.clock.bit.value = 1000;
  table.clock.storage_share.value = 0.5;
  table.clock.buffer_share.value = 0.25;
  table.clock.pipeline_words.value = 3;
  table.leakage.value = 10;
  table = of_one_mm2(table, config);
  layer_result layer = layer_with(config, weight_format::ternary);
  layer.counters.cycles = 1000;
  const energy_breakdown energy = energy_of(config, table, layer);
  // 128 PEs x (2 x 32 outputs + 4 x 16 queue elements) and 64 + 128 + 64 on buses and drain, of 16 bits.
  const double registers = (128 * (64 + 64) + 256) * 16;
  const double buffers = 2 * 32768 * 8;
  const double pipeline = 128 * 4 * 3 * 16;
  CHECK(energy[energy_part::clock] == doctest::Approx(1000 * (0.5 * registers + 0.25 * buffers + pipeline)));
  // 10 mW for 2 us
  CHECK(energy[leakage] == doctest::Approx(20e3));
  CHECK(energy.total() == doctest::Approx(energy[energy_part::clock] + energy[leakage]));
  CHECK(energy_of(config, table, layer_with(config, weight_format::ternary)).total() == 0);
}

TEST_CASE("energy: a buffer's access grows with its capacity through the three published points") {
  const energy_costs costs = table_of("45nm").energy;
  const auto access = [&](std::uint64_t bytes) { return 64 * buffer_access_pj_per_bit(costs, bytes); };
  CHECK(access(8192) == doctest::Approx(10));
  CHECK(access(32768) == doctest::Approx(20));
  CHECK(access(1 << 20) == doctest::Approx(100));
  CHECK(access(16384) == doctest::Approx(10 * std::sqrt(2.0)));
  CHECK(access(2048) == doctest::Approx(5));
  double last = 0;
  for (std::uint64_t bytes = 1; bytes < (std::uint64_t{1} << 40U); bytes *= 2) {
    CHECK(access(bytes) > last);
    last = access(bytes);
  }
}

/// Every counter and byte that stands for work or time.
std::vector<std::function<std::uint64_t&(layer_result&)>> work() {
  return {[](layer_result& l) -> std::uint64_t& { return l.counters.cycles; },
          [](layer_result& l) -> std::uint64_t& { return l.counters.pe_steps; },
          [](layer_result& l) -> std::uint64_t& { return l.counters.issued_products; },
          [](layer_result& l) -> std::uint64_t& { return l.counters.activity.row_elements_read; },
          [](layer_result& l) -> std::uint64_t& { return l.counters.activity.column_elements_read; },
          [](layer_result& l) -> std::uint64_t& { return l.counters.activity.row_elements_queued; },
          [](layer_result& l) -> std::uint64_t& { return l.counters.activity.column_elements_queued; },
          [](layer_result& l) -> std::uint64_t& { return l.counters.activity.pt_mul_adds; },
          [](layer_result& l) -> std::uint64_t& { return l.counters.activity.pt_adds; },
          [](layer_result& l) -> std::uint64_t& { return l.counters.activity.pt_elements_streamed; },
          [](layer_result& l) -> std::uint64_t& { return l.counters.activity.outputs_drained; },
          [](layer_result& l) -> std::uint64_t& { return l.traffic.columns; },
          [](layer_result& l) -> std::uint64_t& { return l.traffic.rows; },
          [](layer_result& l) -> std::uint64_t& { return l.traffic.outputs; }};
}

TEST_CASE("energy: the parts sum to the total, more work takes more in some part and less in none, layers add up") {
  std::mt19937_64 random(7);
  for (const char* const name : {"45nm", "28nm", "14nm", "14nm-sram", "7nm"}) {
    const technology table = table_of(name);
    for (int i = 0; i < 20; ++i) {
      const accelerator_config config = config_of(i % 2 == 0 ? "dlac-fp16-inference" : "dlac-fp32-training");
      layer_result layer = layer_with(config, i % 3 == 0 ? weight_format::full : weight_format::ternary);
      for (const auto& count : work()) {
        count(layer) = random() % 1000000;
      }
      const energy_breakdown before = energy_of(config, table, layer);
      double sum = 0;
      for (const energy_part_info& info : energy_parts()) {
        sum += before[info.part];
      }
      CHECK(before.total() == doctest::Approx(sum).epsilon(1e-12));
      energy_breakdown twice = before;
      twice += before;
      CHECK(twice.total() == doctest::Approx(2 * before.total()).epsilon(1e-12));
      for (const auto& count : work()) {
        layer_result more = layer;
        count(more) += 1 + random() % 1000;
        const energy_breakdown after = energy_of(config, table, more);
        CHECK(after.total() > before.total());
        for (const energy_part_info& info : energy_parts()) {
          CHECK(after[info.part] >= before[info.part]);
        }
      }
    }
  }
}

TEST_CASE("energy: the list of parts is in the order of the enumeration") {
  std::size_t index = 0;
  for (const energy_part_info& info : energy_parts()) {
    CHECK(static_cast<std::size_t>(info.part) == index++);
    CHECK_FALSE(info.name.empty());
    CHECK_FALSE(info.description.empty());
  }
  CHECK(index == energy_part_count);
}

TEST_CASE("energy: power, efficiency and energy-delay product") {
  // 2e6 pJ = 2 uJ in 500 cycles at 500 MHz = 1 us: 2 W; 4e6 FLOP: 2 TFLOP/J; 2e-3 mJ x 1e-3 ms.
  const energy_figures figures = derive_energy_figures(2e6, 500, 2000000, 500);
  CHECK(figures.average_power_w == doctest::Approx(2));
  CHECK(figures.tflops_per_w == doctest::Approx(2));
  CHECK(figures.energy_delay_mj_ms == doctest::Approx(2e-6));
  CHECK(derive_energy_figures(0, 0, 0, 500).average_power_w == 0);
}

/// One layer of a network, simulated.
layer_result simulated(const accelerator_config& config, const std::string& workload, const std::string& name) {
  const network net = read_network(DLAC_SOURCE_DIR "/workloads/" + workload + ".json");
  const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
  std::vector<const layer*> layers;
  for (const layer& l : net.layers) {
    if (l.name == name) {
      layers.push_back(&l);
    }
  }
  REQUIRE(layers.size() == 1);
  return run_layers(config, net, layers, operands, {}).layers.front();
}

TEST_CASE("energy: the dense machine beside a layer is the machine that skips nothing") {
  const technology table = table_of("14nm");
  for (const char* const memory : {"memory=null", "memory.bytes_per_cycle=8"}) {
    const auto config = config_of("dlac-fp16-inference", {"mapping.block=[4,8]", memory});
    auto skips_nothing = config;
    skips_nothing.skip = skip_mode::none;
    const auto beside = on_dense_machine(simulated(config, "resnet20", "layer2.1.conv1"));
    const auto alone = simulated(skips_nothing, "resnet20", "layer2.1.conv1");
    CHECK(beside.counters == alone.counters);
    CHECK(alone.dense == alone.counters);
    CHECK(energy_of(config, table, beside).total() == energy_of(skips_nothing, table, alone).total());
  }
}

TEST_CASE("energy: of a simulated layer, skipping saves products, finite memory adds traffic") {
  const technology table = table_of("14nm");
  const auto energy_with = [&](const std::vector<std::string>& changes) {
    const accelerator_config config = config_of("paper-fp16-inference", changes);
    return energy_of(config, table, simulated(config, "resnet20", "layer2.1.conv1"));
  };
  const std::string block = "mapping.block=[4,8]";  // the same for both, so that both read the same
  const energy_breakdown skipping = energy_with({block});
  const energy_breakdown dense = energy_with({block, "skip=none"});
  CHECK(skipping[mm_op] > 0);
  for (const energy_part part : {mm_op, output_buffers, energy_part::clock, leakage}) {
    CHECK(skipping[part] < dense[part]);
  }
  for (const energy_part part : {pt_wise_op, scheduler, operand_queues, weight_buffer, feature_map_buffer, drain}) {
    CHECK(skipping[part] > 0);
    CHECK(skipping[part] == dense[part]);
  }
  CHECK(skipping[off_chip] == 0);
  const energy_breakdown finite =
      energy_with({block, R"(memory={"bytes_per_cycle":64,"latency_cycles":100,"compression":"none"})"});
  CHECK(finite[off_chip] > 0);
  CHECK(finite[mm_op] == skipping[mm_op]);
  CHECK(finite[feature_map_buffer] > skipping[feature_map_buffer]);
}

// Zhong et al. (2020) print these unit energies, the operation counts of a ResNet-18 training step and "at least 75 %".
// Their method quantises the operands of the multiplications and leaves the rest of the step in floating point.
TEST_CASE("energy: training ResNet-18 with 8-bit products saves at least 75 % of the arithmetic") {
  const energy_costs unit = table_of("45nm").energy;
  const operation_counts counts =
      count_operations(read_network(DLAC_SOURCE_DIR "/workloads/resnet18-cifar-stem.json")).totals;
  const auto both = [&](operation_type type) {
    return static_cast<double>(counts[type].forward) + static_cast<double>(counts[type].backward);
  };
  const double fp32_mul_add = unit.fp32.multiply.value + unit.fp32.add.value;
  const double rest =
      both(operation_type::batch_norm) * fp32_mul_add +
      (both(operation_type::element_wise_add) + both(operation_type::convolution_update)) * unit.fp32.add.value;
  const double macs = both(operation_type::convolution);
  const double fp32 = macs * fp32_mul_add + rest;
  const auto saved = [&](double multiply, double add) { return 1 - (macs * (multiply + add) + rest) / fp32; };
  CHECK(fp32 * 1e-9 == doctest::Approx(375.89).epsilon(1e-3));  // mJ an image
  CHECK(saved(unit.int8.multiply.value, unit.fp32.add.value) == doctest::Approx(0.760).epsilon(1e-3));
  CHECK(saved(unit.int8.multiply.value, unit.int8.add.value) == doctest::Approx(0.949).epsilon(1e-3));
}

}  // namespace
}  // namespace dlac
