#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/report/report.h"
#include "sim/report/report_fields.h"
#include "sim/report/text_table.h"

namespace dlac {
namespace {

constexpr std::size_t table_width = 120;

constexpr std::string_view legend =
    "dense: all MACs, effect.: of two non-zero operands (ops: their share); neigh, barr: waiting for other PEs; pt: "
    "ptWiseOps";

struct table_column {
  text_column heading;
  std::string (*cell)(const report_row& row);
};

std::string percent(double fraction) {
  return fmt::format("{:.1f}", 100 * fraction);
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

constexpr std::string_view speed = "FLOP/cycle";
constexpr std::string_view nonzeros = "non-zero %";
constexpr std::string_view pe_cycles = "PE-cycles %";

/// All but the first column, which names the row.
const std::vector<table_column>& columns() {
  using row = report_row;
  static const std::vector<table_column> list = {
      {{"block", ""},
       [](const row& r) { return r.layer == nullptr ? "" : fmt::format("{}x{}", r.layer->block.m, r.layer->block.n); }},
      {{"cycles", ""}, [](const row& r) { return fmt::format("{}", r.sums.counters.cycles); }},
      {{"dense", speed}, [](const row& r) { return fmt::format("{:.1f}", r.figures.flop_per_cycle); }},
      {{"effect.", speed}, [](const row& r) { return fmt::format("{:.1f}", r.figures.effectual_flop_per_cycle); }},
      {{"speed-up", ""}, [](const row& r) { return fmt::format("{:.2f}", r.figures.speedup_over_dense); }},
      {{"ops", nonzeros}, [](const row& r) { return percent(r.figures.operations_density); }},
      {{"act", nonzeros}, density<&layer_result::row>},
      {{"wgt", nonzeros}, density<&layer_result::column>},
      {{"busy", pe_cycles}, pe_share<&pe_cycle_parts::busy>},
      {{"neigh", pe_cycles}, pe_share<&pe_cycle_parts::neighbour>},
      {{"barr", pe_cycles}, pe_share<&pe_cycle_parts::barrier>},
      {{"pt", pe_cycles}, pe_share<&pe_cycle_parts::pt>},
      {{"drain", pe_cycles}, pe_share<&pe_cycle_parts::drain>},
      {{"inact", pe_cycles}, pe_share<&pe_cycle_parts::inactive>},
  };
  return list;
}

std::vector<std::string> cells(std::string name, const report_row& row) {
  std::vector<std::string> result = {std::move(name)};
  for (const table_column& column : columns()) {
    result.push_back(column.cell(row));
  }
  return result;
}

std::string layer_table(const report& r) {
  std::vector<text_column> headings = {{"layer", ""}};
  for (const table_column& column : columns()) {
    headings.push_back(column.heading);
  }
  text_table table(std::move(headings));
  for (const layer_result& layer : r.result.layers) {
    table.add_row(cells(layer.name, layer_row(layer, r.config)));
  }
  table.add_gap();
  table.add_row(cells("all layers", total_row(r.result, r.config, layer_choice::all)));
  table.add_row(cells("ternary layers", total_row(r.result, r.config, layer_choice::ternary)));
  return table.text(table_width);
}

std::string summary(const report& r) {
  const accelerator_config& config = r.config;
  const report_row all = total_row(r.result, config, layer_choice::all);
  std::string text;
  const auto add = [&](std::string_view name, const std::string& value) {
    text += fmt::format("{:<12}{}\n", name, shortened(value, table_width - 12));
  };
  add("machine", fmt::format("{}, {} mode, skips {}", config.name, to_string(config.mode), to_string(config.skip)));
  add("PEs", fmt::format("{} x {} = {}, each with {} lanes for ternary weights, {} for full precision",
                         config.grid.rows, config.grid.cols, config.processing_elements(),
                         config.lanes(weight_format::ternary), config.lanes(weight_format::full)));
  add("clock", fmt::format("{} MHz", config.clock_mhz));
  add("workload", fmt::format("{}, batch {}, {} pass", r.net.name, r.net.batch, r.result.pass));
  add("engine", r.result.engine);
  add("cycles", fmt::format("{}", all.sums.counters.cycles));
  add("latency", fmt::format("{:.6g} ms", all.figures.latency_ms));
  add("throughput", fmt::format("{:.4g} TFLOP/s, dense-equivalent", all.figures.tflops));
  return text;
}

}  // namespace

std::string report_table(const report& r) {
  return fmt::format("{}\n{}\n\n{}", layer_table(r), legend, summary(r));
}

}  // namespace dlac
