#include "sim/evaluation/evaluation_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "sim/core/text.h"
#include "sim/text/plots.h"

namespace dlac {
namespace {

std::string percent(double value) {
  return fmt::format("{:.2f}", 100 * value);
}

std::string decibels(const mean_decibels& sqnr_db) {
  const auto mean = sqnr_db.mean();
  return mean ? fmt::format("{:.1f}", *mean) : "-";
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
    const double top1 = 100 * row.test.share_of(row.test.top1);
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
    const auto top5 = row.test.top5_share();
    table.add_row({row.numbers + (row.is_calibrated ? " *" : ""), percent(row.test.share_of(row.test.top1)),
                   top5 ? percent(*top5) : "-", percent(row.test.share_of(row.test.agreeing)),
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
                                      percent(e.rows[*e.found].test.share_of(e.rows[*e.found].test.top1)),
                                      percent(*e.search_margin), percent(first.test.share_of(first.test.top1)))
                        : fmt::format("found       no dynamic fixed point of 16 bits or fewer within {} points of fp32",
                                      percent(*e.search_margin)),
                width.columns, 12);
  }
  return text;
}

std::string evaluation_svg(const evaluation& e) {
  return stacked_plots(
      {panel(e, "energy of an image, mJ", [](const evaluation_row& row) { return row.cost.energy_mj; }),
       panel(e, "model, KB", [](const evaluation_row& row) { return static_cast<double>(row.model_bytes) / 1000; }),
       panel(e, "cycles of an image", [](const evaluation_row& row) { return row.cost.cycles; })});
}

}  // namespace dlac
