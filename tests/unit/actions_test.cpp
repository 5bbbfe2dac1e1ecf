// The list that energy is summed from: what it names, and that it is the whole of energy and area.

#include "models/actions.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace dlac {
namespace {

technology table_of(const std::string& name) {
  return read_technology(DLAC_SOURCE_DIR "/models/technology/" + name + ".json");
}

accelerator_config config_of(const std::string& name, const std::vector<std::string>& changes = {}) {
  return read_accelerator_config(DLAC_SOURCE_DIR "/configs/" + name + ".json", changes);
}

layer_result random_layer(std::mt19937_64& random, const pass_formats& formats) {
  layer_result layer;
  layer.formats = formats;
  for (const counter_field& field : counter_fields) {
    field.in(layer.counters) = random() % 1000000;
  }
  layer.traffic = {.columns = random() % 1000, .rows = random() % 1000, .outputs = random() % 1000};
  return layer;
}

TEST_CASE("actions: names are stable, others rely on them") {
  std::vector<std::string> names;
  for (const energy_action& action : machine_actions(config_of("dlac-fp16-inference"), table_of("14nm"))) {
    names.push_back(std::string(action.component) + "." + std::string(action.name));
  }
  CHECK(names == std::vector<std::string>{"lanes.ternary_product",
                                          "lanes.full_product",
                                          "lanes.pt_mul_add",
                                          "lanes.pt_add",
                                          "scheduler.step",
                                          "operand_queues.write_bit",
                                          "operand_queues.read_bit",
                                          "output_buffers.write_bit",
                                          "output_buffers.read_bit",
                                          "weight_buffer.fill_bit",
                                          "weight_buffer.read_bit",
                                          "feature_map_buffer.fill_bit",
                                          "feature_map_buffer.read_bit",
                                          "buses_and_drain.column_bus_bit",
                                          "buses_and_drain.row_bus_bit",
                                          "buses_and_drain.drain_write_bit",
                                          "buses_and_drain.drain_bus_bit",
                                          "off_chip_memory.read_byte",
                                          "off_chip_memory.write_byte",
                                          "clock.cycle",
                                          "lanes.leak",
                                          "scheduler.leak",
                                          "operand_queues.leak",
                                          "output_buffers.leak",
                                          "weight_buffer.leak",
                                          "feature_map_buffer.leak",
                                          "buses_and_drain.leak"});
  const std::set<std::string> distinct(names.begin(), names.end());
  CHECK(distinct.size() == names.size());
}

TEST_CASE("actions: counts of a layer by hand") {
  const accelerator_config inference = config_of("dlac-fp16-inference");
  const accelerator_config training = config_of("dlac-fp32-training");
  layer_result layer;
  layer.formats = inference.formats(pass_kind::forward, weight_format::ternary);
  layer.counters.cycles = 9;
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
  const auto counts = [&](const accelerator_config& config) {
    std::vector<std::uint64_t> result;
    for (const energy_action& action : actions_of(config, table_of("14nm"), layer)) {
      result.push_back(action.count);
    }
    return result;
  };
  constexpr std::uint64_t element = 16;
  constexpr std::uint64_t weight = 2;
  constexpr std::uint64_t byte = 8;
  const std::uint64_t queued = 40 * element + 60 * weight;
  // clang-format off
  const std::vector<std::uint64_t> expected = {
      100, 0, 8, 16,                                      // operations
      10,                                                 // steps
      queued, queued,                                     // written, read
      124 * element, 126 * element,                       // accumulated; read again when drained
      3 * byte, 6 * weight,                               // weight buffer
      5 * byte, 5 * element,                              // feature-map buffer
      6 * weight, 5 * element, 2 * element, 2 * element,  // buses, drain
      8, 7,                                               // off the chip
      9, 9, 9, 9, 9, 9, 9, 9};                            // cycles
  // clang-format on
  CHECK(counts(inference) == expected);
  layer.formats = training.formats(pass_kind::forward, weight_format::full);
  const std::vector<std::uint64_t> full = counts(training);
  CHECK(full[0] == 0);
  CHECK(full[1] == 100);
  CHECK(full[5] == 100 * 32);   // queued
  CHECK(full[10] == 6 * 32);    // read from the weight buffer
  CHECK(full[13] == full[10]);  // and put on the buses
}

TEST_CASE("actions: what one takes depends on the machine alone, part by part they are the energy") {
  std::mt19937_64 random(11);
  for (const char* const name : {"45nm", "14nm", "7nm"}) {
    for (const char* const machine : {"dlac-fp16-inference", "dlac-fp32-training"}) {
      const technology table = table_of(name);
      const accelerator_config config = config_of(machine);
      const std::vector<energy_action> empty = machine_actions(config, table);
      for (const weight_format format : {weight_format::ternary, weight_format::full}) {
        const layer_result layer = random_layer(random, config.formats(pass_kind::forward, format));
        const std::vector<energy_action> actions = actions_of(config, table, layer);
        REQUIRE(actions.size() == empty.size());
        energy_breakdown sum;
        double total = 0;
        for (std::size_t i = 0; i < actions.size(); ++i) {
          CHECK(actions[i].name == empty[i].name);
          CHECK(actions[i].component == empty[i].component);
          CHECK(actions[i].pj_each == empty[i].pj_each);
          CHECK(actions[i].pj_each >= 0);
          CHECK(empty[i].count == 0);
          sum.pj[static_cast<std::size_t>(actions[i].part)] += actions[i].pj();
          total += actions[i].pj();
        }
        const energy_breakdown energy = energy_of(config, table, layer);
        CHECK(energy.total() == doctest::Approx(total).epsilon(1e-12));
        for (const energy_part_info& info : energy_parts()) {
          CHECK(energy[info.part] == sum[info.part]);
          CHECK(energy[info.part] > 0);
        }
      }
    }
  }
}

TEST_CASE("actions: every action is of a component, and the components make up the area") {
  const accelerator_config config = config_of("dlac-fp32-training", {"pe.adders=1"});
  const technology table = table_of("14nm");
  const area_breakdown area = area_of(config, table);
  std::vector<int> times_owned(area_part_count);
  std::set<std::string_view> names;
  double sum = 0;
  for (const component_info& component : components()) {
    CHECK_FALSE(component.description.empty());
    CHECK(names.insert(component.name).second);
    for (const area_part part : component.area_parts) {
      ++times_owned[static_cast<std::size_t>(part)];
    }
    sum += component_area(component, area);
  }
  CHECK(times_owned == std::vector<int>(area_part_count, 1));
  CHECK(sum == doctest::Approx(area.total()).epsilon(1e-12));
  for (const energy_action& action : machine_actions(config, table)) {
    CHECK(names.contains(action.component));
  }
}

}  // namespace
}  // namespace dlac
