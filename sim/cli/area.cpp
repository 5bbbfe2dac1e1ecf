#include "models/area.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "models/technology.h"
#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/data_files.h"
#include "sim/cli/output.h"
#include "sim/config/accelerator_config.h"
#include "sim/data/shipped_files.h"
#include "sim/report/report.h"
#include "sim/text/text_bar.h"
#include "sim/text/text_table.h"

namespace dlac {
namespace {

namespace po = boost::program_options;

constexpr std::size_t longest_name = 60;  ///< of what a file calls itself

command_syntax area_syntax() {
  command_syntax syntax{
      .name = "dlac area",
      .arguments = {},
      .description =
          "Prints the area of an accelerator, part by part, and its peak figures. Nothing is simulated. The numbers "
          "of\n"
          "the technology table and their sources are in models/technology; docs/area-and-energy.md has the model.",
      .examples =
          "  dlac area\n"
          "  dlac area --config configs/dlac-fp32-training.json\n"
          "  dlac area --set grid.rows=16 --set technology=7nm\n"
          "  dlac area --set technology=my/table.json --format json\n"};
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  auto add = syntax.options.add_options();
  add("config", text("FILE"), "accelerator config (default: configs/dlac-fp16-inference.json)");
  add("set", po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
      "change a config key: grid.rows=4 (null removes it); repeatable");
  add("format", text("NAME"), "table (default) or json");
  return syntax;
}

std::string parts_table(const area_breakdown& area, const text_width& width) {
  constexpr std::size_t beside_bar = 40;
  constexpr std::size_t widest_bar = 40;
  const std::size_t bar_width = std::min(std::max(width.columns, beside_bar) - beside_bar, widest_bar);
  text_table table({{"part", ""}, {"mm2", "area"}, {"share", "area"}, {"", "area"}});
  const double total = area.total();
  for (const area_part_info& info : area_parts()) {
    const double share = area[info.part] / total;
    table.add_row({std::string(info.name), fmt::format("{:.4f}", area[info.part]), fmt::format("{:.1f} %", 100 * share),
                   text_bar(share, bar_width)});
  }
  table.add_gap();
  table.add_row({"total", fmt::format("{:.4f}", total), "100.0 %", ""});
  return table.text(width);
}

std::string peak_table(const peak_figures& peak, double total_mm2, const text_width& width) {
  constexpr std::string_view group = "peak, zeros not skipped";
  text_table table({{"weights", ""}, {"FLOP/cycle", group}, {"TFLOP/s", group}, {"TFLOP/s/mm2", group}});
  const auto add = [&](const char* title, double flop_per_cycle, double tflops) {
    table.add_row({title, fmt::format("{:.0f}", flop_per_cycle), fmt::format("{:.4g}", tflops),
                   fmt::format("{:.4g}", tflops / total_mm2)});
  };
  add("ternary", peak.flop_per_cycle_ternary, peak.tflops_ternary);
  add("full precision", peak.flop_per_cycle_full, peak.tflops_full);
  return table.text(width);
}

/// The numbers of the table that this machine's area is made of.
std::vector<named_quantity> area_numbers(const accelerator_config& config, const technology& table) {
  const std::string_view other_mode = config.mode == machine_mode::fp32_training ? "/area/fp16/" : "/area/fp32/";
  std::vector<named_quantity> numbers = quantities(table);
  std::erase_if(numbers, [&](const named_quantity& number) {
    return !number.pointer.starts_with("/area/") || number.pointer.starts_with("/area/int8/") ||
           number.pointer.starts_with(other_mode);
  });
  return numbers;
}

std::string numbers_table(const std::vector<named_quantity>& numbers, const text_width& width) {
  constexpr std::string_view group = "technology table";
  text_table text({{"number", ""}, {"value", group}, {"unit", group}, {"kind", group}});
  for (const named_quantity& number : numbers) {
    text.add_row({number.pointer, fmt::format("{:.6g}", number.number.value), number.number.unit,
                  std::string(to_string(number.number.kind))});
  }
  return text.text(width);
}

std::string calibration_note(const std::vector<named_quantity>& numbers) {
  std::string names;
  for (const named_quantity& number : numbers) {
    if (number.number.kind == number_kind::calibrated) {
      names += (names.empty() ? "" : ", ") + number.pointer.substr(1);
    }
  }
  return names.empty()
             ? "calibrated  nothing in this table: its numbers are published, scaled or estimated\n"
             : fmt::format("calibrated  {}: fitted to published areas, which are therefore no prediction\n", names);
}

std::string area_table(const accelerator_config& config, const technology& table,
                       const std::vector<std::string>& settings) {
  const area_breakdown area = area_of(config, table);
  const std::vector<named_quantity> numbers = area_numbers(config, table);
  const text_width width = output_width();
  const std::string figures = fmt::format(
      "machine     {}, {} mode\nPEs         {} x {} = {}\nclock       {} MHz\n"
      "technology  {}: {}\n{}",
      shortened(machine_name(config, settings), longest_name), to_string(config.mode), config.grid.rows,
      config.grid.cols, config.processing_elements(), config.clock_mhz, shortened(table.name, longest_name),
      table.description, calibration_note(numbers));
  return fmt::format("{}\n{}\n{}\n{}", parts_table(area, width), peak_table(peak_of(config), area.total(), width),
                     numbers_table(numbers, width), wrapped(figures, width.columns, 12));
}

nlohmann::ordered_json peak_json(double flop_per_cycle, double tflops, double total_mm2) {
  return {{"flop_per_cycle", flop_per_cycle}, {"tflops", tflops}, {"tflops_per_mm2", tflops / total_mm2}};
}

nlohmann::ordered_json area_json(const accelerator_config& config, const technology& table,
                                 const std::vector<std::string>& settings) {
  const area_breakdown area = area_of(config, table);
  const double total = area.total();
  const peak_figures peak = peak_of(config);
  nlohmann::ordered_json parts;
  for (const area_part_info& info : area_parts()) {
    parts[std::string(info.name)] = area[info.part];
  }
  parts["total"] = total;
  return {{"schema", "dlac-area/1"},
          {"config", to_json(config)},
          {"settings", settings},
          {"technology", to_json(table)},
          {"area_mm2", parts},
          {"peak",
           {{"ternary", peak_json(peak.flop_per_cycle_ternary, peak.tflops_ternary, total)},
            {"full", peak_json(peak.flop_per_cycle_full, peak.tflops_full, total)}}}};
}

}  // namespace

int area_command(const arguments& given) {
  const command_syntax syntax = area_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  const bool is_json = choose("--format", line.text("format").value_or("table"), {"table", "json"}) == 1;
  const std::string path =
      find_file(shipped_kind::config, line.text("config").value_or(std::string(default_config_name)),
                on_command_line("--config"));
  const std::vector<std::string> settings = line.texts("set");
  const accelerator_config config = read_accelerator_config(path, settings);
  const technology table = read_config_technology(config, path, settings);
  if (is_json) {
    write_standard_output(json_text(area_json(config, table, settings)));
  } else {
    write_text(area_table(config, table, settings));
  }
  return exit_done;
}

}  // namespace dlac
