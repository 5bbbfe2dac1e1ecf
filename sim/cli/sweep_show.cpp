#include "sim/cli/sweep_show.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/command_line.h"
#include "sim/cli/output.h"
#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/sweep/ranking.h"
#include "sim/sweep/result_files.h"
#include "sim/sweep/sweep_plot.h"
#include "sim/text/text_table.h"

namespace dlac {
namespace {

command_syntax show_syntax() {
  command_syntax syntax{.name = "dlac sweep show",
                        .arguments = {"DIR"},
                        .description = "Prints the best points of a sweep, or those that no other point beats.",
                        .examples =
                            "  dlac sweep show pe-count\n"
                            "  dlac sweep show pe-count --by totals.tflops_per_w --top 5\n"
                            "  dlac sweep show pe-count --by grid.rows:max\n"
                            "  dlac sweep show pe-count --where 'totals.area_mm2.total < 4 && grid.rows >= 8'\n"
                            "  dlac sweep show pe-count --pareto totals.latency_ms,totals.area_mm2.total\n"
                            "  dlac sweep show sparsity --by totals.flop_per_cycle --plot sparsity.svg\n"};
  syntax.add(
      "by", text_value("KEY"),
      "rank by an axis or a number (default: totals.latency_ms; of a search: --pareto with its objectives); KEY:min or "
      "KEY:max says which end is best");
  syntax.add("pareto", text_value("KEY,KEY..."),
             "the points that none is as good as in all of these keys and better in one");
  syntax.add(
      "where", text_value("EXPR"),
      "only the points for which this expression of axes and numbers, as \"where\" of a sweep file, is not zero");
  syntax.add("top", text_value("N"), "at most so many points (default: 10; of --pareto: all)");
  syntax.add("plot", text_value("FILE.svg"),
             "draw, too: the key over one axis or two, or two keys of --pareto and their front");
  return syntax;
}

std::string cell(const nlohmann::json& value) {
  return value.is_string()         ? value.get<std::string>()
         : value.is_number_float() ? fmt::format("{:.5g}", value.get<double>())
                                   : value.dump();
}

/// The axes, the keys, and of a few numbers that most want to see those that are no keys.
void print_points(const result_store& store, const std::vector<ranked_point>& points,
                  const std::vector<ranking_key>& keys, std::size_t top) {
  std::vector<std::string> totals;
  for (const auto& key : keys) {
    if (key.name.starts_with("totals.")) {
      totals.push_back(key.name.substr(7));
    }
  }
  for (const std::string usual : {"cycles", "latency_ms", "tflops", "energy_mj", "area_mm2.total", "tflops_per_w"}) {
    if (std::find(totals.begin(), totals.end(), usual) == totals.end()) {
      totals.push_back(usual);
    }
  }
  std::vector<text_column> columns = {{"point", ""}};
  for (const auto& axis : store.identity().axes) {
    columns.push_back({axis, ""});
  }
  for (const auto& name : totals) {
    columns.push_back({name, ""});
  }
  text_table table(columns);
  for (std::size_t i = 0; i < std::min(top, points.size()); ++i) {
    std::vector<std::string> cells = {std::to_string(points[i].point)};
    for (const auto& axis : store.identity().axes) {
      cells.push_back(cell(points[i].axes.at(axis)));
    }
    for (const auto& name : totals) {
      const auto place = pointer_of(name);
      cells.push_back(points[i].totals.contains(place) ? cell(points[i].totals.at(place)) : "");
    }
    table.add_row(std::move(cells));
  }
  constexpr std::size_t widest = 160;
  const auto text = table.text(output_width(widest));
  write_text(std::string_view(text).substr(text.find_first_not_of('\n')));  // the columns have no groups
}

std::vector<std::string> separated_by_commas(const std::string& text) {
  std::vector<std::string> parts = {""};
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// A picture in another format than its name says would be opened by nobody.
std::optional<std::string> plot_file(const command_line& line) {
  auto plot = line.text("plot");
  if (plot && std::filesystem::path(*plot).extension() != ".svg") {
    throw input_error("--plot", "", in_quotes(*plot), "a file named .svg: pictures are SVG");
  }
  return plot;
}

/// What a picture's title says of points that are not in it.
std::string remark_of(const std::string& partial, const std::string& where) {
  return where.empty() ? partial : partial.empty() ? "where " + where : fmt::format("{}; where {}", partial, where);
}

int show(const command_line& line) {
  result_store store(line.argument(0));
  const auto pareto = line.text("pareto");
  if (pareto && line.has("by")) {
    throw input_error("--pareto", "", "--by", "one of them");
  }
  const std::string option = pareto ? "--pareto" : "--by";
  std::vector<ranking_key> keys;
  for (const auto& text : pareto           ? separated_by_commas(*pareto)
                          : line.has("by") ? std::vector{*line.text("by")}
                                           : usual_keys(store)) {
    keys.push_back(read_ranking_key(text, store.identity().axes, option));
  }
  if (pareto && keys.size() < 2) {
    throw input_error(option, "", in_quotes(*pareto), "two keys or more, separated by commas");
  }
  const bool is_front = keys.size() > 1;
  const auto top = line.has("top") ? count_in("--top", *line.text("top"), "a number of points")
                   : is_front      ? SIZE_MAX
                                   : 10;
  if (top == 0) {
    throw input_error("--top", "", "\"0\"", "a number of points, at least 1");
  }
  ranking ranked(store, keys);
  const auto where = line.text("where");
  const auto kept = where ? ranked.keep_where(*where, "--where") : ranking::kept_points{};
  const auto partial = partial_note(store);
  const auto remark = remark_of(partial, where.value_or(""));
  if (const auto plot = plot_file(line)) {
    write_file_atomically(*plot, is_front ? plot_pareto(store, ranked, keys, {"--plot", remark})
                                          : plot_over_axes(store, ranked, keys.front(), {"--plot", remark}));
  }
  if (where && ranked.best().empty()) {
    write_text(fmt::format("none of {} points: {}\n", kept.of, one_line(*where, 400)));
  } else {
    print_points(store, is_front ? ranked.front() : ranked.best(), keys, top);
  }
  if (kept.undefined > 0) {
    write_message(
        fmt::format("note: --where has no value at {} of {} points: they are left out", kept.undefined, kept.of));
  }
  if (!partial.empty()) {
    write_text(fmt::format("partial: {}\n", partial));
  }
  return exit_done;
}

}  // namespace

int show_sweep(const arguments& given) {
  const auto syntax = show_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  return show(line);
}

}  // namespace dlac
