#include "sim/evaluation/evaluation_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "sim/core/text.h"
#include "sim/core/version.h"
#include "sim/text/csv.h"
#include "sim/text/plots.h"

namespace dlac {
namespace {

using nlohmann::ordered_json;

double share(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

/// Of networks of five classes or fewer it says nothing.
std::optional<double> top5_of(const test_outcome& test) {
  return test.classes > 5 ? std::optional(share(test.top5, test.images)) : std::nullopt;
}

std::string percent(double value) {
  return fmt::format("{:.2f}", 100 * value);
}

std::string decibels(const mean_decibels& sqnr_db) {
  const auto mean = sqnr_db.mean();
  return mean ? fmt::format("{:.1f}", *mean) : "-";
}

ordered_json number_or_null(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json row_json(const evaluation_row& row) {
  const test_outcome& test = row.test;
  return {{"numbers", row.numbers},
          {"formats", {{"activations", row.activations}, {"weights", row.weights}, {"accumulator", row.accumulator}}},
          {"ranges", row.is_calibrated ? "calibrated" : "tensor"},
          {"images", test.images},
          {"classes", test.classes},
          {"top1", share(test.top1, test.images)},
          {"top5", number_or_null(top5_of(test))},
          {"agreement", share(test.agreeing, test.images)},
          {"sqnr_db", number_or_null(test.sqnr_db.mean())},
          {"model_bytes", row.model_bytes},
          {"zeros", {{"weights", test.weights.fraction()}, {"activations", test.activations.fraction()}}},
          {"cycles", row.cost.cycles},
          {"energy_mj", row.cost.energy_mj},
          {"off_chip_bytes", row.cost.off_chip_bytes},
          {"not_finite", test.not_finite},
          {"saturated_sums", test.saturated_sums},
          {"seconds", test.seconds},
          {"checked", {{"images", row.cost.images}, {"results", row.cost.compared}, {"values", row.cost.values}}}};
}

/// A column of the CSV, from a row's JSON: objects one after the other.
void flatten(const std::string& prefix, const ordered_json& value, std::vector<std::string>& names,
             std::vector<std::string>& cells) {
  for (const auto& [key, member] : value.items()) {
    const std::string name = prefix.empty() ? key : fmt::format("{}.{}", prefix, key);
    if (member.is_object()) {
      flatten(name, member, names, cells);
    } else {
      names.push_back(name);
      cells.push_back(member.is_null() ? "" : member.is_string() ? member.get<std::string>() : member.dump());
    }
  }
}

std::vector<std::size_t> front_of(const std::vector<plot_point>& points) {
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool is_beaten = std::any_of(points.begin(), points.end(), [&](const plot_point& other) {
      return other.x <= points[i].x && other.y >= points[i].y && (other.x < points[i].x || other.y > points[i].y);
    });
    if (!is_beaten) {
      front.push_back(i);
    }
  }
  return front;
}

std::string panel(const evaluation& e, const std::string& figure,
                  const std::function<double(const evaluation_row&)>& of) {
  std::vector<plot_point> points;
  for (const evaluation_row& row : e.rows) {
    const double top1 = 100 * share(row.test.top1, row.test.images);
    points.push_back({of(row), top1, fmt::format("{}: {:.4g}, {:.2f} %", row.numbers, of(row), top1), row.numbers});
  }
  return scatter_plot({fmt::format("{} on {}: top-1 against {}", e.network, e.config, figure), figure, "top-1, %"},
                      points, front_of(points));
}

}  // namespace

std::string evaluation_table(const evaluation& e, const text_width& width) {
  text_table table({{"numbers", ""},
                    {"%", "top-1"},
                    {"%", "top-5"},
                    {"fp32, %", "as"},
                    {"dB", "SQNR"},
                    {"bytes", "model"},
                    {"wgt", "zeros, %"},
                    {"act", "zeros, %"},
                    {"cycles", "an image"},
                    {"uJ", "an image"},
                    {"off-chip B", "an image"},
                    {"s", "host"}});
  for (const evaluation_row& row : e.rows) {
    const auto top5 = top5_of(row.test);
    table.add_row({row.numbers + (row.is_calibrated ? " *" : ""), percent(share(row.test.top1, row.test.images)),
                   top5 ? percent(*top5) : "-", percent(share(row.test.agreeing, row.test.images)),
                   decibels(row.test.sqnr_db), fmt::format("{}", row.model_bytes),
                   fmt::format("{:.1f}", 100 * row.test.weights.fraction()),
                   fmt::format("{:.1f}", 100 * row.test.activations.fraction()), fmt::format("{:.0f}", row.cost.cycles),
                   fmt::format("{:.3g}", 1e3 * row.cost.energy_mj), fmt::format("{:.0f}", row.cost.off_chip_bytes),
                   fmt::format("{:.1f}", row.test.seconds)});
  }
  const evaluation_row& first = e.rows.front();
  std::string text = table.text(width) + '\n';
  text += wrapped(fmt::format("images      {} of {} of {} ({}), each by itself", first.test.images, e.images_of_data,
                              e.data, e.data_kind),
                  width.columns, 12);
  text += wrapped(
      fmt::format("machine     {}; cycles, energy and off-chip bytes: {} engine, mean of the first {}", e.config,
                  e.engine, first.cost.images == 1 ? "image alone" : fmt::format("{} images", first.cost.images)),
      width.columns, 12);
  if (!e.calibrated_on.empty()) {
    text += wrapped(fmt::format("* ranges    of fp32 on {}, in place of each tensor's own", e.calibrated_on),
                    width.columns, 12);
  }
  std::uint64_t compared = 0;
  std::uint64_t values = 0;
  for (const evaluation_row& row : e.rows) {
    compared += row.cost.compared;
    values += row.cost.values;
    if (row.test.not_finite > 0 || row.test.saturated_sums > 0) {
      text += wrapped(
          fmt::format("note        {}: results with a NaN or an infinity, counted as wrong: {}; integer sums that "
                      "saturated: {}",
                      row.numbers, row.test.not_finite, row.test.saturated_sums),
          width.columns, 12);
    }
  }
  text += wrapped(fmt::format("checked     {} numbers of results, bit by bit with {}; values of layers: {}", compared,
                              values > 0 ? "the processing elements" : "the reference",
                              values > 0 ? fmt::format("{} with the reference", values) : "not compared"),
                  width.columns, 12);
  if (e.search_margin) {
    text +=
        wrapped(e.found ? fmt::format("found       {}: {} % of top-1, within {} points of fp32's {} %",
                                      e.rows[*e.found].numbers,
                                      percent(share(e.rows[*e.found].test.top1, e.rows[*e.found].test.images)),
                                      percent(*e.search_margin), percent(share(first.test.top1, first.test.images)))
                        : fmt::format("found       no dynamic fixed point of 16 bits or fewer within {} points of fp32",
                                      percent(*e.search_margin)),
                width.columns, 12);
  }
  return text;
}

ordered_json evaluation_json(const evaluation& e, const std::string& command) {
  ordered_json rows = ordered_json::array();
  for (const evaluation_row& row : e.rows) {
    rows.push_back(row_json(row));
  }
  ordered_json result = {
      {"schema", "dlac-evaluation/1"},
      {"version", version},
      {"command", command},
      {"workload", e.network},
      {"config", e.config},
      {"engine", e.engine},
      {"data", {{"path", e.data}, {"kind", e.data_kind}, {"images", e.images_of_data}}},
      {"calibrated_on", e.calibrated_on.empty() ? ordered_json(nullptr) : ordered_json(e.calibrated_on)},
      {"rows", std::move(rows)}};
  if (e.search_margin) {
    result["search"] = {{"margin", *e.search_margin},
                        {"found", e.found ? ordered_json(e.rows[*e.found].numbers) : ordered_json(nullptr)}};
  }
  return result;
}

std::string evaluation_csv(const evaluation& e) {
  std::string text;
  for (const evaluation_row& row : e.rows) {
    std::vector<std::string> names;
    std::vector<std::string> cells;
    flatten("", row_json(row), names, cells);
    text += (text.empty() ? csv_line(names) : "") + csv_line(cells);
  }
  return text;
}

std::string evaluation_svg(const evaluation& e) {
  return stacked_plots(
      {panel(e, "energy of an image, mJ", [](const evaluation_row& row) { return row.cost.energy_mj; }),
       panel(e, "model, KB", [](const evaluation_row& row) { return static_cast<double>(row.model_bytes) / 1000; }),
       panel(e, "cycles of an image", [](const evaluation_row& row) { return row.cost.cycles; })});
}

ordered_json ranges_json(const known_ranges& ranges) {
  ordered_json result = ordered_json::object();
  for (const auto& [tensor, range] : ranges) {
    result[tensor] = {range.min, range.max};
  }
  return result;
}

}  // namespace dlac
