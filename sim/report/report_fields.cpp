#include "sim/report/report_fields.h"

#include <array>
#include <functional>

#include "sim/core/json_format.h"

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
  return enum_format<pass_kind>({pass_kind::forward, pass_kind::backward_data, pass_kind::backward_weight}).schema;
}
json order() {
  return enum_format<tile_order>({tile_order::nt_outer, tile_order::mt_outer}).schema;
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

constexpr std::array fields = {
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
    report_field{"n", layer, "columns", "Columns n of the first mmOp: output channels; backward-data: input channels.",
                 count, [](const row& r) -> json { return r.layer->n; }},
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
    report_field{"density.column", layer, "", "Non-zero fraction of the column operand, as the mmOps use it.", fraction,
                 [](const row& r) -> json { return r.layer->column.fraction(); }},
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
    report_field{"cycle_parts.drain_tail", both, "cycles", "The last drain, after the last pointwise operation.", count,
                 [](const row& r) -> json { return r.sums.counters.parts.drain_tail; }},
    report_field{"pe_cycle_parts.busy", both, "PE-cycles", "PEs multiplying, or passing a step without work.", count,
                 [](const row& r) -> json { return r.sums.counters.pe_parts.busy; }},
    report_field{"pe_cycle_parts.memory", both, "PE-cycles", "PEs waiting for operands from off-chip memory.", count,
                 [](const row& r) -> json { return r.sums.counters.pe_parts.memory; }},
    report_field{"pe_cycle_parts.neighbour", both, "PE-cycles",
                 "PEs waiting for operands that another PE's full queue holds back.", count,
                 [](const row& r) -> json { return r.sums.counters.pe_parts.neighbour; }},
    report_field{"pe_cycle_parts.barrier", both, "PE-cycles", "PEs done with a tile that others still work on.", count,
                 [](const row& r) -> json { return r.sums.counters.pe_parts.barrier; }},
    report_field{"pe_cycle_parts.pt", both, "PE-cycles", "Active PEs during pointwise operations.", count,
                 [](const row& r) -> json { return r.sums.counters.pe_parts.pt; }},
    report_field{"pe_cycle_parts.drain", both, "PE-cycles", "PEs waiting for the drain.", count,
                 [](const row& r) -> json { return r.sums.counters.pe_parts.drain; }},
    report_field{"pe_cycle_parts.inactive", both, "PE-cycles", "PEs without valid outputs in a tile.", count,
                 [](const row& r) -> json { return r.sums.counters.pe_parts.inactive; }},
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
    report_field{"latency_ms", total, "ms", "The cycles at the config's clock.", figure,
                 [](const row& r) -> json { return r.figures.latency_ms; }},
    report_field{"tflops", total, "TFLOP/s", "Dense-equivalent, at the config's clock.", figure,
                 [](const row& r) -> json { return r.figures.tflops; }},
};

report_row row_of(const layer_result* layer, const totals& sums, const accelerator_config& config) {
  return {.layer = layer, .sums = sums, .figures = sums.derive(config), .has_memory = config.memory.has_value()};
}

report_row row_of_layers(const network_result& result, const accelerator_config& config,
                         const std::function<bool(const layer_result&)>& belongs) {
  totals sums;
  for (const layer_result& layer : result.layers) {
    if (belongs(layer)) {
      sums.add(layer, config);
    }
  }
  return row_of(nullptr, sums, config);
}

}  // namespace

report_row layer_row(const layer_result& layer, const accelerator_config& config) {
  totals one;
  one.add(layer, config);
  return row_of(&layer, one, config);
}

report_row total_row(const network_result& result, const accelerator_config& config, layer_choice choice) {
  return row_of_layers(result, config, [choice](const layer_result& layer) {
    return choice == layer_choice::all || layer.column_format == weight_format::ternary;
  });
}

report_row pass_row(const network_result& result, const accelerator_config& config, pass_kind pass) {
  return row_of_layers(result, config, [pass](const layer_result& layer) { return layer.pass == pass; });
}

std::span<const report_field> report_fields() {
  return fields;
}

}  // namespace dlac
