#include "sim/report/report_fields.h"

#include <fmt/format.h>

#include <functional>
#include <vector>

#include "sim/json/json_format.h"

namespace dlac {
namespace {

using json = nlohmann::ordered_json;
using row = report_row;

json text() {
  return {{"type", "string"}};
}
json count() {
  return {{"type", "integer"}, {"minimum", 0}};
}
json count_if_known() {
  return {{"type", json::array({"integer", "null"})}, {"minimum", 0}};
}
json figure() {
  return {{"type", "number"}, {"minimum", 0}};
}
json fraction() {
  return {{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
}

json pass() {
  return enum_format<pass_kind>({pass_kind::forward, pass_kind::backward_data, pass_kind::backward_weight}).schema();
}
json order() {
  return enum_format<tile_order>({tile_order::nt_outer, tile_order::mt_outer}).schema();
}
json block() {
  return array_schema({{"type", "integer"}, {"minimum", 1}}, 2, 2);
}
json operations() {
  const json operation = {{"type", "object"},
                          {"properties", {{"op", text()}}},
                          {"required", json::array({"op"})},
                          {"additionalProperties", false}};
  return {{"type", "array"}, {"items", operation}};
}

json operations_of(const layer_result& layer) {
  json result = json::array();
  for (const std::string& name : layer.epilogue) {
    result.push_back({{"op", name}});
  }
  return result;
}

/// Ideal memory has no traffic: operands are there when they are wanted.
template <std::uint64_t memory_traffic::*part>
json bytes(const row& r) {
  return r.has_memory ? json(r.sums.traffic.*part) : json(nullptr);
}

using enum field_scope;

template <std::uint64_t activity_counters::*counter>
json moved(const row& r) {
  return r.sums.counters.activity.*counter;
}

/// What was run, and where its cycles went.
std::vector<report_field> cycle_fields() {
  return {
      report_field{"name", layer, "", "Name of the layer.", text, [](const row& r) -> json { return r.layer->name; }},
      report_field{"pass", layer, "", "Pass of the layer.", pass,
                   [](const row& r) -> json { return to_string(r.layer->pass); }},
      report_field{"block", layer, "outputs", "Outputs of a PE in a tile: positions m, channels n.", block,
                   [](const row& r) -> json {
                     return json::array({r.layer->block.m, r.layer->block.n});
                   }},
      report_field{"order", layer, "", "Which tile index varies slowest.", order,
                   [](const row& r) -> json { return to_string(r.layer->order); }},
      report_field{"epilogue", layer, "", "Pointwise operations as executed in this pass, in order.", operations,
                   [](const row& r) -> json { return operations_of(*r.layer); }},
      report_field{"mm_ops", both, "mmOps", "Matrix products that were run.", count,
                   [](const row& r) -> json { return r.sums.mm_ops; }},
      report_field{"m", layer, "rows", "Rows m of the first mmOp: output positions; backward-weight: kernel elements.",
                   count, [](const row& r) -> json { return r.layer->m; }},
      report_field{"n", layer, "columns",
                   "Columns n of the first mmOp: output channels; backward-data: input channels.", count,
                   [](const row& r) -> json { return r.layer->n; }},
      report_field{"k", layer, "steps", "Length of the sums of the first mmOp.", count,
                   [](const row& r) -> json { return r.layer->k; }},
      report_field{"tiles", both, "tiles", "Tiles of all mmOps.", count,
                   [](const row& r) -> json { return r.sums.counters.tiles; }},
      report_field{"dense_macs", both, "MACs", "Multiply-accumulates, those with zeros included.", count,
                   [](const row& r) -> json { return r.sums.dense_macs; }},
      report_field{"effectual_macs", both, "MACs", "Multiply-accumulates of two non-zero operands.", count,
                   [](const row& r) -> json { return r.sums.effectual_macs; }},
      report_field{"density.row", layer, "", "Non-zero fraction of the row operand, as the mmOps use it.", fraction,
                   [](const row& r) -> json { return r.layer->row.fraction(); }},
      report_field{"density.column", layer, "", "Non-zero fraction of the column operand, as the mmOps use it.",
                   fraction, [](const row& r) -> json { return r.layer->column.fraction(); }},
      report_field{"density.operations", both, "", "Effectual MACs among the dense MACs.", fraction,
                   [](const row& r) -> json { return r.figures.operations_density; }},
      report_field{"cycles", both, "cycles", "Clock cycles from the start to the end of the last drain.", count,
                   [](const row& r) -> json { return r.sums.counters.cycles; }},
      report_field{"cycle_parts.mm", both, "cycles", "Tiles streaming.", count,
                   [](const row& r) -> json { return r.sums.counters.parts.mm; }},
      report_field{"cycle_parts.pt", both, "cycles", "Pointwise operations.", count,
                   [](const row& r) -> json { return r.sums.counters.parts.pt; }},
      report_field{"cycle_parts.drain_stall", both, "cycles", "The next tile waiting for a free output bank.", count,
                   [](const row& r) -> json { return r.sums.counters.parts.drain_stall; }},
      report_field{"cycle_parts.drain_tail", both, "cycles", "The last drain, after the last pointwise operation.",
                   count, [](const row& r) -> json { return r.sums.counters.parts.drain_tail; }},
      report_field{"pe_cycle_parts.busy", both, "PE-cycles", "PEs multiplying, or passing a step without work.", count,
                   [](const row& r) -> json { return r.sums.counters.pe_parts.busy; }},
      report_field{"pe_cycle_parts.memory", both, "PE-cycles", "PEs waiting for operands from off-chip memory.", count,
                   [](const row& r) -> json { return r.sums.counters.pe_parts.memory; }},
      report_field{"pe_cycle_parts.neighbour", both, "PE-cycles",
                   "PEs waiting for operands that another PE's full queue holds back.", count,
                   [](const row& r) -> json { return r.sums.counters.pe_parts.neighbour; }},
      report_field{"pe_cycle_parts.barrier", both, "PE-cycles", "PEs done with a tile that others still work on.",
                   count, [](const row& r) -> json { return r.sums.counters.pe_parts.barrier; }},
      report_field{"pe_cycle_parts.pt", both, "PE-cycles", "Active PEs during pointwise operations.", count,
                   [](const row& r) -> json { return r.sums.counters.pe_parts.pt; }},
      report_field{"pe_cycle_parts.drain", both, "PE-cycles", "PEs waiting for the drain.", count,
                   [](const row& r) -> json { return r.sums.counters.pe_parts.drain; }},
      report_field{"pe_cycle_parts.inactive", both, "PE-cycles", "PEs without valid outputs in a tile.", count,
                   [](const row& r) -> json { return r.sums.counters.pe_parts.inactive; }},
  };
}

/// Ratios of the counts, and what was moved.
std::vector<report_field> activity_fields() {
  return {
      report_field{"flop_per_cycle", both, "FLOP/cycle", "Dense-equivalent: 2 x dense MACs / cycles.", figure,
                   [](const row& r) -> json { return r.figures.flop_per_cycle; }},
      report_field{"effectual_flop_per_cycle", both, "FLOP/cycle", "2 x effectual MACs / cycles.", figure,
                   [](const row& r) -> json { return r.figures.effectual_flop_per_cycle; }},
      report_field{"speedup_over_dense", both, "", "Cycles of the dense MACs at the peak of the same lanes / cycles.",
                   figure, [](const row& r) -> json { return r.figures.speedup_over_dense; }},
      report_field{"lane_utilisation", both, "", "Effectual MACs per lane and cycle.", fraction,
                   [](const row& r) -> json { return r.figures.lane_utilisation; }},
      report_field{"traffic_bytes.weights", both, "bytes",
                   "Column operands (weights, or gradients) read from memory; null with ideal memory.", count_if_known,
                   bytes<&memory_traffic::weights>},
      report_field{"traffic_bytes.feature_map", both, "bytes",
                   "Row operands (activations, or gradients) read from memory; null with ideal memory.", count_if_known,
                   bytes<&memory_traffic::feature_map>},
      report_field{"traffic_bytes.outputs", both, "bytes", "Outputs written to memory; null with ideal memory.",
                   count_if_known, bytes<&memory_traffic::outputs>},
      report_field{"pe_steps", both, "steps", "Steps executed, over all PEs.", count,
                   [](const row& r) -> json { return r.sums.counters.pe_steps; }},
      report_field{"issued_products", both, "MACs", "Products that the schedulers handed to the lanes.", count,
                   [](const row& r) -> json { return r.sums.counters.issued_products; }},
      report_field{"activity.row_elements_read", both, "elements", "Read from the feature-map buffer for row buses.",
                   count, moved<&activity_counters::row_elements_read>},
      report_field{"activity.column_elements_read", both, "elements", "Read from the weight buffer for column buses.",
                   count, moved<&activity_counters::column_elements_read>},
      report_field{"activity.row_elements_queued", both, "elements", "Written to and read from row operand queues.",
                   count, moved<&activity_counters::row_elements_queued>},
      report_field{"activity.column_elements_queued", both, "elements",
                   "Written to and read from column operand queues.", count,
                   moved<&activity_counters::column_elements_queued>},
      report_field{"activity.pt_mul_adds", both, "operations", "Pointwise mul-adds.", count,
                   moved<&activity_counters::pt_mul_adds>},
      report_field{"activity.pt_adds", both, "operations", "Other pointwise operations: add, sub, select.", count,
                   moved<&activity_counters::pt_adds>},
      report_field{"activity.pt_elements_streamed", both, "elements",
                   "Read from the feature-map buffer for pointwise operations.", count,
                   moved<&activity_counters::pt_elements_streamed>},
      report_field{"activity.outputs_drained", both, "elements", "Outputs that left the grid.", count,
                   moved<&activity_counters::outputs_drained>},
  };
}

json figure_if_known() {
  return {{"type", json::array({"number", "null"})}};
}

template <double recorded_figures::*figure>
json agreement(const row& r) {
  const auto& of = r.layer->checked.agreement;
  return of ? json((*of).*figure) : json(nullptr);
}

/// What was held against what, and how much of it. Not part of what is the same with every engine.
std::vector<report_field> check_fields() {
  return {
      report_field{"checked.values", layer, "outputs", "Compared bit by bit with the plain reference (--values).",
                   count, [](const row& r) -> json { return r.layer->checked.values; }},
      report_field{"checked.overflowed", layer, "outputs",
                   "Of these: accumulators or results that overflowed, and are infinite or NaN; null without values.",
                   count_if_known,
                   [](const row& r) -> json {
                     return r.layer->checked.values == 0 ? json(nullptr) : json(r.layer->checked.overflowed);
                   }},
      report_field{"checked.recorded", layer, "outputs",
                   "Compared with what the trained network recorded (--values), within checked.tolerance.", count,
                   [](const row& r) -> json { return r.layer->checked.recorded; }},
      report_field{"checked.recorded_of", layer, "outputs", "That the workload names a recording of.", count,
                   [](const row& r) -> json { return r.layer->checked.recorded_of; }},
      report_field{"checked.correlation", layer, "", "Of outputs and recording; above 0.9999. Null if not compared.",
                   figure_if_known, agreement<&recorded_figures::correlation>},
      report_field{"checked.largest_error", layer, "", "Of an output against its recording. Null if not compared.",
                   figure_if_known, agreement<&recorded_figures::largest_error>},
      report_field{"checked.tolerance", layer, "",
                   "Of that error: fp32: 1 % of the recorded range; fp16: 2^-11 (K + 4) times the largest recorded "
                   "magnitude, K being the length of the sums.",
                   figure_if_known, agreement<&recorded_figures::tolerance>},
      report_field{"checked.engines", layer, "counters", "Of one engine compared with the other's (--check).", count,
                   [](const row& r) -> json { return r.layer->checked.engines; }},
  };
}

/// The energy by its parts, and what is made of it.
std::vector<report_field> energy_fields() {
  std::vector<report_field> list;
  for (const auto& info : energy_parts()) {
    list.push_back({fmt::format("energy_pj.{}", info.name), both, "pJ", fmt::format("Energy: {}.", info.description),
                    figure, [part = info.part](const row& r) -> json { return r.energy[part]; }});
  }
  list.push_back({"energy_pj.total", both, "pJ", "Sum of the parts.", figure,
                  [](const row& r) -> json { return r.energy.total(); }});
  list.push_back({"average_power_w", both, "W", "Energy / time.", figure,
                  [](const row& r) -> json { return r.energy_derived.average_power_w; }});
  list.push_back({"tflops_per_w", both, "TFLOP/s/W", "Dense-equivalent.", figure,
                  [](const row& r) -> json { return r.energy_derived.tflops_per_w; }});
  list.push_back({"energy_delay_mj_ms", both, "mJ x ms", "Energy-delay product.", figure,
                  [](const row& r) -> json { return r.energy_derived.energy_delay_mj_ms; }});
  list.push_back({"dense_machine.cycles", both, "cycles",
                  "Cycles of the same blocks and memory on a machine that skips nothing.", count,
                  [](const row& r) -> json { return r.sums.dense_machine_cycles; }});
  list.push_back({"dense_machine.energy_pj", both, "pJ", "What that machine spends.", figure,
                  [](const row& r) -> json { return r.dense_energy.total(); }});
  return list;
}

/// What is told of a whole run only.
std::vector<report_field> run_fields() {
  std::vector<report_field> list = {
      report_field{"latency_ms", total, "ms", "The cycles at the config's clock.", figure,
                   [](const row& r) -> json { return r.figures.latency_ms; }},
      report_field{"tflops", total, "TFLOP/s", "Dense-equivalent, at the config's clock.", figure,
                   [](const row& r) -> json { return r.figures.tflops; }},
      report_field{"energy_mj", total, "mJ", "Sum of the energies of all layers.", figure,
                   [](const row& r) -> json { return r.energy.total() * 1e-9; }},
      report_field{"tflops_per_mm2", total, "TFLOP/s/mm2", "Dense-equivalent.", figure,
                   [](const row& r) -> json { return r.figures.tflops / r.area.total(); }},
  };
  for (const auto& info : area_parts()) {
    list.push_back({fmt::format("area_mm2.{}", info.name), total, "mm2", fmt::format("Area: {}.", info.description),
                    figure, [part = info.part](const row& r) -> json { return r.area[part]; }});
  }
  list.push_back({"area_mm2.total", total, "mm2", "Sum of the parts.", figure,
                  [](const row& r) -> json { return r.area.total(); }});
  return list;
}

/// All that a row sums up over its layers.
void add_layer(report_row& sum, const report& r, const layer_result& layer) {
  sum.sums.add(layer, r.config);
  sum.energy += energy_of(r.config, r.table, layer);
  sum.dense_energy += energy_of(r.config, r.table, on_dense_machine(layer));
}

void derive(report_row& sum, const report& r) {
  sum.figures = sum.sums.derive(r.config);
  sum.has_memory = r.config.memory.has_value();
  sum.area = area_of(r.config, r.table);
  sum.energy_derived =
      derive_energy_figures(sum.energy.total(), sum.sums.counters.cycles, sum.sums.dense_macs, r.config.clock_mhz);
}

report_row row_of_layers(const report& r, const std::function<bool(const layer_result&)>& belongs) {
  report_row sum;
  for (const layer_result& layer : r.result.layers) {
    if (belongs(layer)) {
      add_layer(sum, r, layer);
    }
  }
  derive(sum, r);
  return sum;
}

}  // namespace

report_row layer_row(const report& r, const layer_result& layer) {
  report_row row;
  row.layer = &layer;
  add_layer(row, r, layer);
  derive(row, r);
  return row;
}

report_row total_row(const report& r, layer_choice choice) {
  return row_of_layers(r, [choice](const layer_result& layer) {
    return choice == layer_choice::all || layer.column_format == weight_format::ternary;
  });
}

report_row pass_row(const report& r, pass_kind pass) {
  return row_of_layers(r, [pass](const layer_result& layer) { return layer.pass == pass; });
}

std::span<const report_field> report_fields() {
  static const std::vector<report_field> fields = [] {
    std::vector<report_field> all = cycle_fields();
    for (const auto& more : {activity_fields(), energy_fields(), check_fields(), run_fields()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  return fields;
}

}  // namespace dlac
