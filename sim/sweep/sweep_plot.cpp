#include "sim/sweep/sweep_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "sim/core/error.h"
#include "sim/text/plots.h"

namespace dlac {
namespace {

using json = nlohmann::ordered_json;

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// An axis that changes, and the values that it takes: numbers in order, others as they come.
struct plotted_axis {
  std::string name;
  std::vector<json> values;
  bool is_numeric = true;

  [[nodiscard]] std::size_t index_of(const json& value) const {
    return static_cast<std::size_t>(std::find(values.begin(), values.end(), value) - values.begin());
  }
};

std::vector<plotted_axis> axes_that_change(const result_store& store, const std::vector<ranked_point>& points) {
  std::vector<plotted_axis> axes;
  for (const auto& name : store.identity().axes) {
    plotted_axis axis{name, {}, true};
    for (const auto& point : points) {
      const auto& value = point.axes.at(name);
      if (axis.index_of(value) == axis.values.size()) {
        axis.values.push_back(value);
        axis.is_numeric = axis.is_numeric && value.is_number();
      }
    }
    if (axis.is_numeric) {
      std::sort(axis.values.begin(), axis.values.end(),
                [](const json& a, const json& b) { return a.get<double>() < b.get<double>(); });
    }
    if (axis.values.size() > 1) {
      axes.push_back(std::move(axis));
    }
  }
  return axes;
}

std::string tip_of(const ranked_point& point) {
  std::string text = fmt::format("point {}", point.point);
  for (const auto& [name, value] : point.axes.items()) {
    text += fmt::format(", {} {}", name, text_of(value));
  }
  return text;
}

std::string lines(const std::string& title, const std::vector<ranked_point>& points, const plotted_axis& x,
                  const plotted_axis* series_axis, const std::string& figure) {
  std::map<std::size_t, plot_series> series;
  for (const auto& point : points) {
    const auto index = series_axis == nullptr ? 0 : series_axis->index_of(point.axes.at(series_axis->name));
    auto& one = series[index];
    one.name = series_axis == nullptr ? figure : text_of(series_axis->values[index]);
    one.points.push_back({point.axes.at(x.name).get<double>(), point.numbers.front(), tip_of(point)});
  }
  std::vector<plot_series> all;
  for (auto& [index, one] : series) {
    std::stable_sort(one.points.begin(), one.points.end(),
                     [](const plot_point& a, const plot_point& b) { return a.x < b.x; });
    all.push_back(std::move(one));
  }
  return line_plot({title, x.name, figure}, all);
}

std::string map_of(const std::string& title, const std::vector<ranked_point>& points, const plotted_axis& x,
                   const plotted_axis& y, const std::string& figure) {
  heat_map_cells cells;
  cells.figure = figure;
  std::transform(x.values.begin(), x.values.end(), std::back_inserter(cells.columns), text_of);
  std::transform(y.values.begin(), y.values.end(), std::back_inserter(cells.rows), text_of);
  cells.values.assign(y.values.size(), std::vector<double>(x.values.size(), std::numeric_limits<double>::quiet_NaN()));
  for (const auto& point : points) {
    cells.values[y.index_of(point.axes.at(y.name))][x.index_of(point.axes.at(x.name))] = point.numbers.front();
  }
  return heat_map({title, x.name, y.name}, cells);
}

void expect_points(const std::vector<ranked_point>& points, const std::string& option) {
  if (points.empty()) {
    throw input_error(option, "", "no point with such a number", "a sweep with points that are done");
  }
}

}  // namespace

std::string plot_over_axes(const result_store& store, const ranking& ranked, const ranking_key& key,
                           const std::string& option) {
  const auto& points = ranked.best();
  expect_points(points, option);
  const auto axes = axes_that_change(store, points);
  const auto title = fmt::format("{}: {}", store.identity().name, key.name);
  if (axes.size() == 1 && axes[0].is_numeric) {
    return lines(title, points, axes[0], nullptr, key.name);
  }
  if (axes.size() == 2 && axes[0].is_numeric && axes[1].is_numeric) {
    return map_of(title, points, axes[1], axes[0], key.name);
  }
  if (axes.size() == 2 && axes[0].is_numeric != axes[1].is_numeric) {
    const auto x = axes[0].is_numeric ? 0U : 1U;
    return lines(title, points, axes[x], &axes[1 - x], key.name);
  }
  throw input_error(option, "", fmt::format("{} axes with more than one value", axes.size()),
                    "one numeric axis, or two of which one is numeric; or --pareto with two keys");
}

std::string plot_pareto(const result_store& store, const ranking& ranked, const std::vector<ranking_key>& keys,
                        const std::string& option) {
  if (keys.size() != 2) {
    throw input_error(option, "", fmt::format("{} keys of --pareto", keys.size()), "two keys");
  }
  expect_points(ranked.best(), option);
  std::vector<plot_point> points;
  std::vector<std::size_t> front;
  const auto best = ranked.front();
  for (const auto& point : ranked.best()) {
    if (std::any_of(best.begin(), best.end(), [&](const ranked_point& b) { return b.point == point.point; })) {
      front.push_back(points.size());
    }
    points.push_back({point.numbers[0], point.numbers[1], tip_of(point)});
  }
  return scatter_plot(
      {fmt::format("{}: {} and {}", store.identity().name, keys[0].name, keys[1].name), keys[0].name, keys[1].name},
      points, front);
}

}  // namespace dlac
