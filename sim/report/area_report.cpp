#include "sim/report/area_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sim/core/text.h"
#include "sim/json/json_format.h"
#include "sim/report/report.h"
#include "sim/report/table_words.h"
#include "sim/text/csv.h"
#include "sim/text/text_bar.h"

namespace dlac {
namespace {

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

std::string interpolation_note(const area_report& r) {
  std::string names;
  for (const std::string& unit : interpolated_units(r.config, r.table)) {
    names += (names.empty() ? "" : ", ") + unit;
  }
  return names.empty() ? "" : fmt::format("units       interpolated: {}\n", names);
}

nlohmann::ordered_json peak_json(double flop_per_cycle, double tflops, double total_mm2) {
  return {{"flop_per_cycle", flop_per_cycle}, {"tflops", tflops}, {"tflops_per_mm2", tflops / total_mm2}};
}

}  // namespace

area_report make_area_report(const accelerator_config& config, const technology& table,
                             const std::vector<std::string>& settings) {
  return {
      .config = config, .settings = settings, .table = table, .area = area_of(config, table), .peak = peak_of(config)};
}

std::vector<named_quantity> area_numbers(const area_report& r) {
  // Units are told by format: those that this machine's follow from.
  const lane_units units = lane_units_of(r.config, r.table.area);
  const auto is_of_another_unit = [&](const std::string& pointer) {
    const auto begins = [&](const unit_cost& cost, std::string_view unit) {
      return std::any_of(cost.columns.begin(), cost.columns.end(), [&](std::string_view column) {
        return pointer.starts_with(fmt::format("/area/{}/{}", column, unit));
      });
    };
    return std::count(pointer.begin(), pointer.end(), '/') > 2 && !begins(units.multiplier, "multiplier") &&
           !begins(units.adder, "adder");
  };
  std::vector<named_quantity> numbers = quantities(r.table);
  std::erase_if(numbers, [&](const named_quantity& number) {
    return !number.pointer.starts_with("/area/") || is_of_another_unit(number.pointer);
  });
  return numbers;
}

nlohmann::ordered_json area_json(const area_report& r) {
  const double total = r.area.total();
  nlohmann::ordered_json parts;
  for (const area_part_info& info : area_parts()) {
    parts[std::string(info.name)] = r.area[info.part];
  }
  parts["total"] = total;
  nlohmann::ordered_json result = {
      {"schema", "dlac-area/1"},
      {"config", to_json(r.config)},
      {"settings", r.settings},
      {"technology", to_json(r.table)},
      {"area_mm2", parts},
      {"peak",
       {{"ternary", peak_json(r.peak.flop_per_cycle_ternary, r.peak.tflops_ternary, total)},
        {"full", peak_json(r.peak.flop_per_cycle_full, r.peak.tflops_full, total)}}}};
  if (const auto units = interpolated_units(r.config, r.table); !units.empty()) {
    result["interpolated"] = units;
  }
  return result;
}

std::string area_csv(const area_report& r) {
  const nlohmann::ordered_json all = area_json(r);
  std::string text = csv_line({"metric", "value", "unit"});
  for (const auto& [part, mm2] : all.at("area_mm2").items()) {
    text += csv_line({"area_mm2." + part, mm2.dump(), "mm2"});
  }
  constexpr std::array units = {std::pair{"flop_per_cycle", "FLOP/cycle"}, std::pair{"tflops", "TFLOP/s"},
                                std::pair{"tflops_per_mm2", "TFLOP/s/mm2"}};
  for (const auto& [weights, figures] : all.at("peak").items()) {
    for (const auto& [name, unit] : units) {
      text += csv_line({fmt::format("peak.{}.{}", weights, name), figures.at(name).dump(), unit});
    }
  }
  return text;
}

std::string area_table(const area_report& r, const text_width& width) {
  const std::vector<named_quantity> numbers = area_numbers(r);
  const std::string figures = fmt::format(
      "machine     {}, {} mode\nPEs         {} x {} = {}\nclock       {} MHz\n"
      "technology  {}: {}\n{}{}",
      shortened(machine_name(r.config, r.settings), longest_name), to_string(r.config.mode), r.config.grid.rows,
      r.config.grid.cols, r.config.processing_elements(), r.config.clock_mhz, shortened(r.table.name, longest_name),
      r.table.description, interpolation_note(r), calibration_note(numbers));
  return fmt::format("{}\n{}\n{}\n{}", parts_table(r.area, width), peak_table(r.peak, r.area.total(), width),
                     numbers_table(numbers, width), wrapped(figures, width.columns, 12));
}

}  // namespace dlac
