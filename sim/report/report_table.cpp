// A run's report as a table for people.

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/report/graph_nodes.h"
#include "sim/report/layer_notes.h"
#include "sim/report/report.h"
#include "sim/report/report_fields.h"
#include "sim/report/table_words.h"
#include "sim/text/text_table.h"

namespace dlac {
namespace {

constexpr std::string_view legend =
    "dense: all MACs, eff.: of two non-zero operands (ops: their share); neigh, barr: waiting for other PEs; pt: "
    "ptWiseOps\n"
    "times peak: speed against all lanes always busy, above 1 by skipping; dense: against this machine skipping "
    "nothing";
constexpr std::string_view training_legend =
    "dX, dW: backward-data, backward-weight; rows, cols: row operand (activations; in dX gradients) and column "
    "operand\n"
    "(weights; in dW gradients)";
constexpr std::string_view memory_legend = "mem: waiting for off-chip memory; its energy is in uJ, too";

bool is_training(const report& r) {
  return std::any_of(r.result.layers.begin(), r.result.layers.end(),
                     [](const layer_result& layer) { return layer.pass != pass_kind::forward; });
}

std::string_view short_name(pass_kind pass) {
  switch (pass) {
    case pass_kind::backward_data:
      return "dX";
    case pass_kind::backward_weight:
      return "dW";
    case pass_kind::forward:
      break;
  }
  return "fwd";
}

struct table_column {
  text_column heading;
  std::string (*cell)(const report_row& row);
};

std::string percent(double fraction) {
  return fmt::format("{:.1f}", 100 * fraction);
}

std::string microjoules(double picojoules) {
  const double value = picojoules * 1e-6;
  return value < 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

/// A part of the row's PE-cycles.
template <std::uint64_t pe_cycle_parts::*part>
std::string pe_share(const report_row& row) {
  const pe_cycle_parts& parts = row.sums.counters.pe_parts;
  const auto all = static_cast<double>(parts.total());
  return percent(all == 0 ? 0 : static_cast<double>(parts.*part) / all);
}

/// Densities of operands are a layer's; a row of sums has none.
template <operand_density layer_result::*operand>
std::string density(const report_row& row) {
  return row.layer == nullptr ? "" : percent((row.layer->*operand).fraction());
}

using namespace column_groups;

/// All but the first column, which names the row.
std::vector<table_column> columns_of(const report& shown) {
  using row = report_row;
  const bool training = is_training(shown);
  std::vector<table_column> list = {
      {{"block", ""},
       [](const row& r) { return r.layer == nullptr ? "" : fmt::format("{}x{}", r.layer->block.m, r.layer->block.n); }},
      {{"cycles", ""}, [](const row& r) { return fmt::format("{}", r.sums.counters.cycles); }},
      {{"dense", speed}, [](const row& r) { return fmt::format("{:.1f}", r.figures.flop_per_cycle); }},
      {{"eff.", speed}, [](const row& r) { return fmt::format("{:.1f}", r.figures.effectual_flop_per_cycle); }},
      {{"peak", times}, [](const row& r) { return fmt::format("{:.2f}", r.figures.share_of_peak); }},
      {{"dense", times}, [](const row& r) { return fmt::format("{:.2f}", r.figures.speedup_over_dense_machine); }},
      {{"ops", nonzeros}, [](const row& r) { return percent(r.figures.operations_density); }},
      {{training ? "rows" : "act", nonzeros}, density<&layer_result::row>},
      {{training ? "cols" : "wgt", nonzeros}, density<&layer_result::column>},
      {{"busy", pe_cycles}, pe_share<&pe_cycle_parts::busy>},
      {{"neigh", pe_cycles}, pe_share<&pe_cycle_parts::neighbour>},
      {{"barr", pe_cycles}, pe_share<&pe_cycle_parts::barrier>},
      {{"pt", pe_cycles}, pe_share<&pe_cycle_parts::pt>},
      {{"drn", pe_cycles}, pe_share<&pe_cycle_parts::drain>},
      {{"inact", pe_cycles}, pe_share<&pe_cycle_parts::inactive>},
      {{"uJ", ""}, [](const row& r) { return microjoules(r.energy.total()); }},
  };
  if (shown.config.memory) {
    const auto busy =
        std::find_if(list.begin(), list.end(), [](const table_column& c) { return c.heading.title == "busy"; });
    list.insert(busy + 1, {{"mem", pe_cycles}, pe_share<&pe_cycle_parts::memory>});
  }
  const bool requantises = std::any_of(shown.result.layers.begin(), shown.result.layers.end(),
                                       [](const layer_result& layer) { return layer.requantised > 0; });
  if (requantises && !training) {
    const auto inactive =
        std::find_if(list.begin(), list.end(), [](const table_column& c) { return c.heading.title == "inact"; });
    list.insert(inactive + 1, {{"req", pe_cycles}, pe_share<&pe_cycle_parts::requantise>});
  }
  if (training && shown.config.memory) {  // no room; eff. / dense tells ops, and the files have the energy
    std::erase_if(list, [](const table_column& c) { return c.heading.title == "ops" || c.heading.title == "uJ"; });
  }
  if (training) {
    list.insert(list.begin(), {{"pass", ""}, [](const row& r) {
                                 return r.layer == nullptr ? "" : std::string(short_name(r.layer->pass));
                               }});
  }
  return list;
}

std::string layer_table(const report& r, const text_width& width) {
  const std::vector<table_column> columns = columns_of(r);
  std::vector<text_column> headings = {{"layer", ""}};
  for (const table_column& column : columns) {
    headings.push_back(column.heading);
  }
  text_table table(std::move(headings));
  const auto add_row = [&](std::string name, const report_row& row) {
    std::vector<std::string> cells = {std::move(name)};
    for (const table_column& column : columns) {
      cells.push_back(column.cell(row));
    }
    table.add_row(std::move(cells));
  };
  for (const layer_result& layer : r.result.layers) {
    add_row(layer.name, layer_row(r, layer));
  }
  table.add_gap();
  if (is_training(r)) {
    for (const pass_kind pass : passes_of(run_kind::training)) {
      add_row(fmt::format("all {}", short_name(pass)), pass_row(r, pass));
    }
  }
  add_row("all layers", total_row(r, layer_choice::all));
  add_row("ternary layers", total_row(r, layer_choice::ternary));
  return table.text(width);
}

std::string legends(const report& r) {
  std::string text(legend);
  if (is_training(r)) {
    text += fmt::format("\n{}", training_legend);
  }
  return r.config.memory ? fmt::format("{}\n{}", text, memory_legend) : text;
}

std::string memory_text(const memory_config& memory, const memory_traffic& traffic) {
  const auto megabytes = [](std::uint64_t bytes) { return static_cast<double>(bytes) * 1e-6; };
  return fmt::format("{} B/cycle each way, latency {}; {:.4g} MB read (columns {:.4g}, rows {:.4g}), {:.4g} MB written",
                     memory.bytes_per_cycle.value(), memory.latency_cycles, megabytes(traffic.read()),
                     megabytes(traffic.columns), megabytes(traffic.rows), megabytes(traffic.outputs));
}

double on_chip_mj(const energy_breakdown& energy) {
  return (energy.total() - energy[energy_part::off_chip]) * 1e-9;
}

/// What the chip spends, by its largest parts, and beside it what the memory does.
std::string energy_text(const energy_breakdown& energy) {
  constexpr std::size_t shown_parts = 4;
  std::vector<energy_part_info> parts(energy_parts().begin(), energy_parts().end());
  std::erase_if(parts, [](const energy_part_info& info) { return info.part == energy_part::off_chip; });
  std::stable_sort(parts.begin(), parts.end(), [&](const energy_part_info& a, const energy_part_info& b) {
    return energy[a.part] > energy[b.part];
  });
  std::string largest;
  for (std::size_t i = 0; i < shown_parts; ++i) {
    const auto share = energy[parts[i].part] * 1e-9 / on_chip_mj(energy);
    largest += fmt::format("{}{} {:.0f} %", i == 0 ? "" : ", ", parts[i].name, 100 * share);
  }
  return fmt::format("{:.4g} mJ on chip ({}, ...), {:.4g} mJ off chip", on_chip_mj(energy), largest,
                     energy[energy_part::off_chip] * 1e-9);
}

/// How much was held against what, over all layers.
std::string checked_text(const report& r) {
  checked_numbers sum;
  std::uint64_t recordings = 0;
  std::uint64_t compared = 0;
  for (const layer_result& layer : r.result.layers) {
    sum.values += layer.checked.values;
    sum.overflowed += layer.checked.overflowed;
    sum.engines += layer.checked.engines;
    recordings += layer.checked.recorded_of != 0 ? 1 : 0;
    compared += layer.checked.recorded != 0 ? 1 : 0;
  }
  std::string values = "not compared";
  if (sum.values != 0) {
    values = fmt::format("{} bit-exact{}", sum.values,
                         sum.overflowed == 0 ? "" : fmt::format(", {} overflowed", sum.overflowed));
  }
  return fmt::format("values: {}; recorded: {} of {} compared; engines: {}", values, compared, recordings,
                     sum.engines == 0 ? "not compared" : fmt::format("{} counters equal", sum.engines));
}

bool compares_recordings(const report& r) {
  return std::any_of(r.result.layers.begin(), r.result.layers.end(),
                     [](const layer_result& layer) { return layer.checked.recorded != 0; });
}

/// Names are those of shipped files; where they are not the program's own, it says so.
std::string files_text(const report& r) {
  return fmt::format("workload {}, config {}, technology {}{}", r.inputs.workload, r.inputs.config, r.config.technology,
                     r.inputs.data_folder ? "; shipped ones from DLAC_DATA=" + *r.inputs.data_folder : "");
}

bool has_given_numbers(const report& r) {
  return r.config.given ||
         std::any_of(r.net.layers.begin(), r.net.layers.end(), [](const auto& l) { return l.numbers.has_value(); });
}

/// What numbers are made of in this machine, and what became of them.
std::string numbers_text(const report& r, const report_row& all) {
  constexpr std::size_t longest_format = 60;
  const operand_formats numbers = r.config.numbers();
  const auto name = [](const auto& format) { return shortened(name_of(format), longest_format); };
  std::string units;
  for (const std::string& unit : interpolated_units(r.config, r.table)) {
    units += (units.empty() ? "; units interpolated: " : ", ") + unit;
  }
  std::string steps;
  const auto& moved = all.sums.counters.activity;
  if (moved.slice_adds + moved.slice_mul_adds > 0) {
    steps += fmt::format("; sums of slices take {} additions and {} mul-adds", moved.slice_adds, moved.slice_mul_adds);
  }
  const auto most_steps = std::max_element(r.result.layers.begin(), r.result.layers.end(),
                                           [](const auto& a, const auto& b) { return a.part_pairs < b.part_pairs; });
  if (most_steps != r.result.layers.end() && most_steps->part_pairs > 1) {
    steps += fmt::format("; operands of two parts take up to {} steps for every k", most_steps->part_pairs);
  }
  return fmt::format(
      "activations {}, weights in full precision {}, sums {}, outputs {}; {} zeros made, {} numbers saturated; "
      "requantising takes {:.1f} % of the cycles{}{}",
      name(numbers.activations), name(numbers.weights), name(numbers.accumulator), name(numbers.output),
      all.sums.numbers.zeros_made, all.sums.numbers.saturated,
      100 * static_cast<double>(all.sums.counters.parts.requantise) /
          static_cast<double>(std::max<cycle>(all.sums.counters.cycles, 1)),
      steps, units);
}

/// Each note once, with the layers that it is about.
std::vector<std::pair<std::string, std::string>> notes_of(const report& r) {
  constexpr std::size_t longest_names = 28;
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  for (const layer_result& layer : r.result.layers) {
    const std::string name =
        layer.pass == pass_kind::forward ? layer.name : fmt::format("{} {}", layer.name, short_name(layer.pass));
    for (const std::string& note : layer_notes(layer)) {
      auto place = std::find_if(found.begin(), found.end(), [&](const auto& entry) { return entry.first == note; });
      if (place == found.end()) {
        place = found.insert(found.end(), {note, {}});
      }
      place->second.push_back(name);
    }
  }
  std::vector<std::pair<std::string, std::string>> result;
  for (const auto& [note, names] : found) {
    std::string text = shortened(names.front(), longest_names);
    std::size_t shown = 1;
    while (shown < names.size() && character_count(text) + character_count(names[shown]) + 2 <= longest_names) {
      text += ", " + names[shown++];
    }
    result.emplace_back(note, shown < names.size() ? fmt::format("{} and {} more", text, names.size() - shown) : text);
  }
  return result;
}

/// What came out of a functional run.
std::string functional_text(const functional_figures& run) {
  constexpr std::size_t most_shown = 8;
  std::string text = fmt::format("image: {}; result: {}", run.image, shortened(run.output, longest_name));
  if (!run.largest.empty()) {
    const auto shown = std::min(run.largest.size(), most_shown);
    text += fmt::format(", largest at {}{}",
                        fmt::join(run.largest.begin(), run.largest.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                        shown < run.largest.size() ? ", ..." : "");
  }
  return text;
}

std::string summary(const report& r, const text_width& width) {
  const accelerator_config& config = r.config;
  const report_row all = total_row(r, layer_choice::all);
  std::string text;
  const auto add = [&](std::string_view name, const std::string& value) {
    text += wrapped(fmt::format("{:<12}{}", name, value), width.columns, 12);
  };
  if (r.result.planned) {
    add("partial",
        fmt::format("{} layers and passes: the run was interrupted, sums are of these", partial_text(r.result)));
  }
  add("machine", fmt::format("{}, {} mode, skips {}", shortened(machine_name(config, r.origin.settings), longest_name),
                             to_string(config.mode), to_string(config.skip)));
  const auto lanes = [&](weight_format weights) { return config.lanes(config.formats(pass_kind::forward, weights)); };
  add("PEs", fmt::format("{} x {} = {}, each with {} lanes for ternary weights, {} for full precision",
                         config.grid.rows, config.grid.cols, config.processing_elements(),
                         lanes(weight_format::ternary), lanes(weight_format::full)));
  add("clock", fmt::format("{} MHz", config.clock_mhz));
  add("workload",
      fmt::format("{}, batch {}, {} pass", shortened(r.net.name, longest_name), r.net.batch, to_string(r.result.kind)));
  add("files", files_text(r));
  add("engine", r.result.engine);
  if (has_given_numbers(r)) {
    add("numbers", numbers_text(r, all));
  }
  if (config.memory) {
    add("memory", memory_text(*config.memory, all.sums.traffic));
  }
  add("cycles", fmt::format("{}", all.sums.counters.cycles));
  add("latency", fmt::format("{:.6g} ms", all.figures.latency_ms));
  add("throughput",
      fmt::format("{:.4g} TFLOP/s, dense-equivalent; {:.4g} images/s", all.figures.tflops, all.images_per_second()));
  add("area", fmt::format("{:.4g} mm2, {:.4g} TFLOP/s/mm2; technology {}", all.area.total(),
                          all.figures.tflops / all.area.total(), shortened(r.table.name, 40)));
  add("energy", energy_text(all.energy));
  add("power", fmt::format("{:.4g} W on average, {:.4g} TFLOP/s/W, energy-delay product {:.4g} mJ ms",
                           all.energy_derived.average_power_w, all.energy_derived.tflops_per_w,
                           all.energy_derived.energy_delay_mj_ms));
  add("dense", fmt::format("{} cycles, {:.4g} mJ on chip: the same machine, blocks and memory, skipping nothing",
                           all.sums.dense_machine_cycles, on_chip_mj(all.dense_energy)));
  for (const auto& [note, layers] : notes_of(r)) {
    add("note", fmt::format("{}: {}", layers, note));
  }
  if (const auto nodes = counted_nodes(r.net, false); !nodes.empty()) {
    add("nodes", fmt::format("{}: no cycles and no traffic of their own", nodes_text(nodes)));
  }
  if (const auto nodes = counted_nodes(r.net, true); !nodes.empty()) {
    add("host", fmt::format("not on this machine: {}; their time and energy are in no figure", nodes_text(nodes)));
  }
  if (r.result.functional) {
    add("functional", functional_text(*r.result.functional));
  }
  if (compares_recordings(r)) {
    add("recordings", std::string(recorded_rule(config.numbers())));
  }
  add("checked", checked_text(r));
  return text;
}

}  // namespace

std::string report_table(const report& r, const text_width& width) {
  return fmt::format("{}\n{}\n{}", layer_table(r, width), wrapped(legends(r), width.columns, 0), summary(r, width));
}

}  // namespace dlac
