#include "sim/report/report_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>
#include <vector>

#include "sim/json/json_format.h"
#include "sim/report/counter_words.h"
#include "sim/report/layer_notes.h"

namespace dlac {
namespace {

using json = nlohmann::ordered_json;
using row = report_row;
using namespace rule_places;

json text() {
  return {{"type", "string"}};
}
json texts() {
  return {{"type", "array"}, {"items", text()}};
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
json deprecated_figure() {
  return {{"type", "number"}, {"minimum", 0}, {"deprecated", true}};
}
json figure_if_known() {
  return {{"type", json::array({"number", "null"})}};
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

template <double performance::*ratio>
json derived(const row& r) {
  return r.figures.*ratio;
}

template <double recorded_figures::*part>
json agreement(const row& r) {
  const auto& of = r.layer->checked.agreement;
  return of ? json((*of).*part) : json(nullptr);
}

json tolerance(const row& r) {
  const auto& of = r.layer->checked.agreement;
  return of && of->tolerance ? json(*of->tolerance) : json(nullptr);
}

template <mean_decibels number_sums::*figure>
json decibels(const row& r) {
  const std::optional<double> mean = (r.sums.numbers.*figure).mean();
  return mean ? json(*mean) : json(nullptr);
}

using enum field_scope;
using field_list = std::vector<report_field>;

field_list joined(std::initializer_list<field_list> lists) {
  field_list all;
  for (const field_list& list : lists) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

/// The counters of a group, in the order of their words.
field_list counters_in(counter_group group) {
  field_list list;
  for (const counter_words& words : all_counter_words) {
    if (words.group == group) {
      const auto field = std::find_if(counter_fields.begin(), counter_fields.end(),
                                      [&](const counter_field& candidate) { return candidate.key == words.key; });
      list.push_back({std::string(words.key), both, words.unit, std::string(words.description),
                      std::string(words.formula), words.rule, count,
                      [field](const row& r) -> json { return field->of(r.sums.counters); }});
    }
  }
  return list;
}

field_list run_description() {
  return {
      {"name", layer, "", "Name of the layer.", "", products, text, [](const row& r) -> json { return r.layer->name; }},
      {"pass", layer, "", "Pass of the layer.", "", products, pass,
       [](const row& r) -> json { return to_string(r.layer->pass); }},
      {"block", layer, "outputs", "Outputs of a PE in a tile: positions m, channels n.", "Bm, Bn", blocks, block,
       [](const row& r) -> json {
         return json::array({r.layer->block.m, r.layer->block.n});
       }},
      {"order", layer, "", "Which tile index varies slowest.", "", blocks, order,
       [](const row& r) -> json { return to_string(r.layer->order); }},
      {"epilogue", layer, "", "Pointwise operations as executed in this pass, in order.", "", pointwise, operations,
       [](const row& r) -> json { return operations_of(*r.layer); }},
  };
}

field_list work() {
  const field_list before = {
      {"mm_ops", both, "mmOps", "Matrix products that were run.", "1 a group, and phase of backward-data", products,
       count, [](const row& r) -> json { return r.sums.mm_ops; }},
      {"m", layer, "rows", "Rows m of the first mmOp: output positions; backward-weight: kernel elements.",
       "batch x output pixels, forward", products, count, [](const row& r) -> json { return r.layer->m; }},
      {"n", layer, "columns", "Columns n of the first mmOp: output channels; backward-data: input channels.",
       "output channels / groups, forward", products, count, [](const row& r) -> json { return r.layer->n; }},
      {"k", layer, "steps", "Length of the sums of the first mmOp.",
       "(input channels / groups) x kernel elements, forward", products, count,
       [](const row& r) -> json { return r.layer->k; }}};
  const field_list after = {
      {"dense_macs", both, "MACs", "Multiply-accumulates, those with zeros included; the same number in every pass.",
       "batch x output pixels x output channels x (input channels / groups) x kernel elements", products, count,
       [](const row& r) -> json { return r.sums.dense_macs; }},
      {"effectual_macs", both, "MACs", "Multiply-accumulates of two non-zero operands.",
       "pairs with I[m,k] != 0 and W[k,n] != 0", products, count,
       [](const row& r) -> json { return r.sums.effectual_macs; }},
      {"density.row", layer, "", "Non-zero fraction of the row operand, as the mmOps use it.", "non-zeros / (m x k)",
       products, fraction, [](const row& r) -> json { return r.layer->row.fraction(); }},
      {"density.column", layer, "", "Non-zero fraction of the column operand, as the mmOps use it.",
       "non-zeros / (n x k)", products, fraction, [](const row& r) -> json { return r.layer->column.fraction(); }},
      {"density.operations", both, "", "Effectual MACs among the dense MACs.", "effectual_macs / dense_macs", products,
       fraction, derived<&performance::operations_density>},
  };
  return joined({before, counters_in(counter_group::work), after});
}

field_list grid_cycles() {
  return counters_in(counter_group::grid);
}

field_list pe_cycle_fields() {
  return counters_in(counter_group::pes);
}

field_list speed_fields() {
  return {
      {"flop_per_cycle", both, "FLOP/cycle", "Dense-equivalent speed: a MAC is two FLOP, skipped or not.",
       "2 x dense_macs / cycles", products, figure, derived<&performance::flop_per_cycle>, direction::larger_is_better},
      {"effectual_flop_per_cycle", both, "FLOP/cycle", "Speed in products of two non-zero operands.",
       "2 x effectual_macs / cycles", products, figure, derived<&performance::effectual_flop_per_cycle>,
       direction::larger_is_better},
      {"share_of_peak", both, "",
       "Cycles that all lanes would need for the dense MACs without a pause, among those it took. Above 1, zeros were "
       "skipped faster than the lanes could have multiplied them.",
       "dense_macs / (R x C x L) / cycles; in sums each layer by its own L", accounts, figure,
       derived<&performance::share_of_peak>, direction::larger_is_better},
      {"speedup_over_dense", both, "", "Deprecated: the earlier name of share_of_peak, with the same value.",
       "share_of_peak", accounts, deprecated_figure, derived<&performance::share_of_peak>, direction::larger_is_better},
      {"speedup_over_dense_machine", both, "",
       "How much faster than the same machine, blocks and memory when it skips nothing.",
       "dense_machine.cycles / cycles", accounts, figure, derived<&performance::speedup_over_dense_machine>,
       direction::larger_is_better},
      {"lane_utilisation", both, "", "Effectual MACs per lane and cycle.", "effectual_macs / (R x C x L x cycles)",
       accounts, fraction, derived<&performance::lane_utilisation>, direction::larger_is_better},
  };
}

field_list traffic() {
  return {
      {"traffic_bytes.weights", both, "bytes",
       "Column operands (weights, or gradients) read from memory; null with ideal memory.",
       "sum of the column chunks fetched", memory, count_if_known, bytes<&memory_traffic::columns>},
      {"traffic_bytes.feature_map", both, "bytes",
       "Row operands (activations, or gradients) read from memory; null with ideal memory.",
       "sum of the row chunks fetched", memory, count_if_known, bytes<&memory_traffic::rows>},
      {"traffic_bytes.outputs", both, "bytes", "Outputs written to memory; null with ideal memory.",
       "sum of ceil(outputs of a tile x bits / 8), and those of a requantising pass", memory, count_if_known,
       bytes<&memory_traffic::outputs>},
      {"traffic_bytes.streamed", both, "bytes", "Outputs read again to be requantised; null with ideal memory.",
       "outputs x bits of the epilogue's float / 8", requantising, count_if_known, bytes<&memory_traffic::streamed>},
  };
}

field_list activity() {
  return counters_in(counter_group::activity);
}

/// The energy by its parts, and what is made of it.
field_list energy() {
  field_list list;
  for (const auto& info : energy_parts()) {
    list.push_back({fmt::format("energy_pj.{}", info.name), both, "pJ", fmt::format("Energy: {}.", info.description),
                    std::string(info.formula), energy_model, figure,
                    [part = info.part](const row& r) -> json { return r.energy[part]; }});
  }
  list.push_back({"energy_pj.total", both, "pJ", "Energy: sum of the parts.", "sum of energy_pj.*", energy_model,
                  figure, [](const row& r) -> json { return r.energy.total(); }});
  list.push_back({"average_power_w", both, "W", "Average power.", "energy_pj.total x clock_mhz / cycles / 10^6",
                  energy_model, figure, [](const row& r) -> json { return r.energy_derived.average_power_w; }});
  list.push_back({"tflops_per_w", both, "TFLOP/s/W", "Energy efficiency, dense-equivalent.",
                  "2 x dense_macs / energy_pj.total", energy_model, figure,
                  [](const row& r) -> json { return r.energy_derived.tflops_per_w; }, direction::larger_is_better});
  list.push_back({"energy_delay_mj_ms", both, "mJ x ms", "Energy-delay product.", "energy in mJ x time in ms",
                  energy_model, figure, [](const row& r) -> json { return r.energy_derived.energy_delay_mj_ms; }});
  return list;
}

field_list dense_machine() {
  return {
      {"dense_machine.cycles", both, "cycles", "Cycles of the same blocks and memory on a machine that skips nothing.",
       "cycles, with na = vm and nw = vn in every step", steps, count,
       [](const row& r) -> json { return r.sums.dense_machine_cycles; }},
      {"dense_machine.energy_pj", both, "pJ", "What that machine spends.", "energy_pj.total of its counters",
       energy_model, figure, [](const row& r) -> json { return r.dense_energy.total(); }},
  };
}

/// What is told of a whole run only.
field_list whole_run() {
  return {
      {"latency_ms", total, "ms", "Time from the first cycle to the last, at the config's clock.",
       "cycles / (1000 x clock_mhz)", products, figure, derived<&performance::latency_ms>},
      {"images_per_second", total, "images/s",
       "Images of the batch in the time that the layers take which were run, one batch after the other.",
       "1000 x batch / latency_ms", products, figure, [](const row& r) -> json { return r.images_per_second(); },
       direction::larger_is_better},
      {"tflops", total, "TFLOP/s", "Dense-equivalent speed, at the config's clock.",
       "flop_per_cycle x clock_mhz / 10^6", products, figure, derived<&performance::tflops>,
       direction::larger_is_better},
      {"energy_mj", total, "mJ", "Sum of the energies of all layers.", "energy_pj.total / 10^9", energy_model, figure,
       [](const row& r) -> json { return r.energy.total() * 1e-9; }},
      {"tflops_per_mm2", total, "TFLOP/s/mm2", "Area efficiency, dense-equivalent.", "tflops / area_mm2.total",
       area_model, figure, [](const row& r) -> json { return r.figures.tflops / r.area.total(); },
       direction::larger_is_better},
  };
}

field_list area() {
  field_list list;
  for (const auto& info : area_parts()) {
    list.push_back({fmt::format("area_mm2.{}", info.name), total, "mm2", fmt::format("Area: {}.", info.description),
                    std::string(info.formula), area_model, figure,
                    [part = info.part](const row& r) -> json { return r.area[part]; }});
  }
  list.push_back({"area_mm2.total", total, "mm2", "Area: sum of the parts.", "sum of area_mm2.*", area_model, figure,
                  [](const row& r) -> json { return r.area.total(); }});
  return list;
}

/// What became of numbers in their formats.
field_list numbers() {
  const std::string sqnr = "10 log10(sum x^2 / sum (x - q(x))^2)";
  return {
      {"numbers.zeros_made", both, "elements",
       "Elements of the operands that are zero only as they are held; 0 of floats known by name and of drawn zeros.",
       "x != 0 and q(x) = 0", held_numbers, count, [](const row& r) -> json { return r.sums.numbers.zeros_made; }},
      {"numbers.saturated", both, "elements",
       "Elements of the operands beyond their format's largest or smallest number; with --values also of the outputs, "
       "and integer sums beyond their bits after a product.",
       "elements, and products, whose result was clamped", held_numbers, count,
       [](const row& r) -> json { return r.sums.numbers.saturated; }},
      {"numbers.sqnr_db.row", both, "dB",
       "Signal to quantisation noise of the row operand, of several layers the mean; null where nothing is lost, or no "
       "values were read.",
       sqnr, held_numbers, figure_if_known, decibels<&number_sums::row_sqnr_db>, direction::larger_is_better},
      {"numbers.sqnr_db.column", both, "dB", "The same of the column operand.", sqnr, held_numbers, figure_if_known,
       decibels<&number_sums::column_sqnr_db>, direction::larger_is_better},
      {"numbers.sqnr_db.output", both, "dB",
       "The same of the outputs, which the epilogue's float becomes in their format (--values).", sqnr, held_numbers,
       figure_if_known, decibels<&number_sums::output_sqnr_db>, direction::larger_is_better},
      {"model_bytes", total, "bytes",
       "Weights as they are held, their scales, and the scales and biases of epilogues, of the layers with a forward "
       "pass.",
       "sum of ceil(bits of a layer / 8)", held_numbers, count,
       [](const row& r) -> json { return r.sums.model_bytes; }},
  };
}

/// What was held against what, and how much of it. Not part of what is the same with every engine.
field_list checks() {
  return {
      {"checked.values", layer, "outputs", "Compared bit by bit with the plain reference (--values).",
       "outputs of the pass with --values, else 0", values, count,
       [](const row& r) -> json { return r.layer->checked.values; }},
      {"checked.overflowed", layer, "outputs",
       "Of these: accumulators or results that overflowed, and are infinite or NaN; null without values.",
       "counted among checked.values", values, count_if_known,
       [](const row& r) -> json {
         return r.layer->checked.values == 0 ? json(nullptr) : json(r.layer->checked.overflowed);
       }},
      {"checked.recorded", layer, "outputs",
       "Compared with what the trained network recorded (--values), within checked.tolerance.",
       "checked.recorded_of with --values, else 0", decisions, count,
       [](const row& r) -> json { return r.layer->checked.recorded; }},
      {"checked.recorded_of", layer, "outputs", "That the workload names a recording of.",
       "elements of the recorded tensor", decisions, count,
       [](const row& r) -> json { return r.layer->checked.recorded_of; }},
      {"checked.correlation", layer, "", "Of outputs and recording; above 0.9999. Null if not compared.",
       "Pearson's, of outputs and recording", decisions, figure_if_known, agreement<&recorded_figures::correlation>},
      {"checked.largest_error", layer, "", "Of an output against its recording. Null if not compared.",
       "largest abs(output - recorded)", decisions, figure_if_known, agreement<&recorded_figures::largest_error>},
      {"checked.tolerance", layer, "",
       "Of that error. Null if not compared, or if other formats than the network's own make the difference.",
       "fp32: 1 % of the recorded range; fp16: 2^-11 (k + 4) times the largest recorded magnitude", decisions,
       figure_if_known, tolerance},
      {"checked.engines", layer, "counters", "Of one engine compared with the other's (--check).",
       "counters of the pass with --check, else 0", accounts, count,
       [](const row& r) -> json { return r.layer->checked.engines; }},
  };
}

/// What a reader of the figures should know before using them.
field_list notes() {
  return {
      {"notes", layer, "",
       "What to know before using the figures of this layer: an operand without non-zeros, or without zeros to skip.",
       "", steps, texts, [](const row& r) -> json { return layer_notes(*r.layer); }},
  };
}

struct field_group {
  std::string_view title;
  field_list (*fields)();
};

constexpr std::array groups = {
    field_group{"What was run", run_description},
    field_group{"Work", work},
    field_group{"Cycles of the grid", grid_cycles},
    field_group{"PE-cycles", pe_cycle_fields},
    field_group{"Speed", speed_fields},
    field_group{"Off-chip memory", traffic},
    field_group{"Activity", activity},
    field_group{"Energy", energy},
    field_group{"The dense machine", dense_machine},
    field_group{"Number formats", numbers},
    field_group{"What was checked", checks},
    field_group{"The whole run", whole_run},
    field_group{"Area", area},
    field_group{"Notes", notes},
};

}  // namespace

std::span<const report_field> report_fields() {
  static const field_list fields = [] {
    field_list all;
    for (const field_group& group : groups) {
      for (report_field& field : group.fields()) {
        field.group = group.title;
        all.push_back(std::move(field));
      }
    }
    return all;
  }();
  return fields;
}

}  // namespace dlac
