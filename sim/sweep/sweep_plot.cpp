#include "sim/sweep/sweep_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

#include "sim/core/error.h"
#include "sim/text/plots.h"

namespace dlac {
namespace {

using json = nlohmann::json;

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// What goes along one side of a picture: an axis that changes, or several that are zipped. Numbers are in order,
/// zipped values in that of the sweep file, words as they come.
struct plotted_axis {
  std::string name;
  std::vector<std::string> members;
  std::vector<std::vector<json>> values;  ///< of the members
  bool is_ordered = true;

  [[nodiscard]] std::vector<json> value_of(const ranked_point& point) const {
    std::vector<json> value;
    std::transform(members.begin(), members.end(), std::back_inserter(value),
                   [&](const std::string& member) { return point.axes.at(member); });
    return value;
  }
  [[nodiscard]] std::size_t index_of(const ranked_point& point) const {
    return static_cast<std::size_t>(std::find(values.begin(), values.end(), value_of(point)) - values.begin());
  }
  [[nodiscard]] bool is_zipped() const { return members.size() > 1; }
  /// A number, or the position among the zipped values, from 1.
  [[nodiscard]] double place_of(const ranked_point& point) const {
    return is_zipped() ? static_cast<double>(index_of(point) + 1) : value_of(point).front().get<double>();
  }
  /// "8 / 16" of zipped axes.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& value : values) {
      std::string text;
      for (const auto& part : value) {
        text += (text.empty() ? "" : " / ") + text_of(part);
      }
      all.push_back(std::move(text));
    }
    return all;
  }
};

bool changes(const std::string& axis, const std::vector<ranked_point>& points) {
  return std::any_of(points.begin(), points.end(),
                     [&](const ranked_point& point) { return point.axes.at(axis) != points.front().axes.at(axis); });
}

/// Those members of the group that change.
plotted_axis plotted_group(const std::vector<std::string>& members, const std::vector<ranked_point>& points) {
  plotted_axis axis{"", {}, {}, true};
  for (const auto& member : members) {
    if (changes(member, points)) {
      axis.name += (axis.name.empty() ? "" : " / ") + member;
      axis.members.push_back(member);
    }
  }
  if (axis.members.empty()) {
    return axis;
  }
  std::vector<const ranked_point*> in_order;
  std::transform(points.begin(), points.end(), std::back_inserter(in_order),
                 [](const ranked_point& point) { return &point; });
  if (axis.is_zipped()) {
    std::sort(in_order.begin(), in_order.end(),
              [](const ranked_point* a, const ranked_point* b) { return a->point < b->point; });
  }
  for (const auto* const point : in_order) {
    if (axis.index_of(*point) == axis.values.size()) {
      axis.values.push_back(axis.value_of(*point));
      axis.is_ordered = axis.is_ordered && (axis.is_zipped() || axis.values.back().front().is_number());
    }
  }
  if (axis.is_ordered && !axis.is_zipped()) {
    std::sort(axis.values.begin(), axis.values.end(), [](const std::vector<json>& a, const std::vector<json>& b) {
      return a.front().get<double>() < b.front().get<double>();
    });
  }
  return axis;
}

std::vector<plotted_axis> axes_that_change(const result_store& store, const std::vector<ranked_point>& points) {
  const auto& identity = store.identity();
  std::map<std::size_t, std::vector<std::string>> groups;
  for (std::size_t i = 0; i < identity.axes.size(); ++i) {
    groups[identity.groups.empty() ? i : identity.groups[i]].push_back(identity.axes[i]);
  }
  std::vector<plotted_axis> axes;
  for (const auto& [number, members] : groups) {
    auto axis = plotted_group(members, points);
    if (!axis.members.empty()) {
      axes.push_back(std::move(axis));
    }
  }
  return axes;
}

std::string tip_of(const ranked_point& point, const result_store& store) {
  std::string text = fmt::format("point {}", point.point);
  for (const auto& name : store.identity().axes) {
    text += fmt::format(", {} {}", name, text_of(point.axes.at(name)));
  }
  return text;
}

std::string lines(const std::string& title, const result_store& store, const std::vector<ranked_point>& points,
                  const plotted_axis& x, const plotted_axis* series_axis, const std::string& figure) {
  std::map<std::size_t, plot_series> series;
  for (const auto& point : points) {
    const auto index = series_axis == nullptr ? 0 : series_axis->index_of(point);
    auto& one = series[index];
    one.name = series_axis == nullptr ? figure : series_axis->names()[index];
    one.points.push_back({x.place_of(point), point.numbers.front(), tip_of(point, store)});
  }
  std::vector<plot_series> all;
  for (auto& [index, one] : series) {
    std::stable_sort(one.points.begin(), one.points.end(),
                     [](const plot_point& a, const plot_point& b) { return a.x < b.x; });
    all.push_back(std::move(one));
  }
  return line_plot({title, x.name, figure, x.is_zipped() ? x.names() : std::vector<std::string>{}}, all);
}

std::string map_of(const std::string& title, const std::vector<ranked_point>& points, const plotted_axis& x,
                   const plotted_axis& y, const std::string& figure) {
  heat_map_cells cells;
  cells.figure = figure;
  cells.columns = x.names();
  cells.rows = y.names();
  cells.values.assign(y.values.size(), std::vector<double>(x.values.size(), std::numeric_limits<double>::quiet_NaN()));
  for (const auto& point : points) {
    cells.values[y.index_of(point)][x.index_of(point)] = point.numbers.front();
  }
  return heat_map({title, x.name, y.name, {}}, cells);
}

std::string titled(const std::string& title, const std::string& remark) {
  return remark.empty() ? title : fmt::format("{} ({})", title, remark);
}

void expect_points(const std::vector<ranked_point>& points, const std::string& option) {
  if (points.empty()) {
    throw input_error(option, "", "no point with such a number", "a sweep with points that are done");
  }
}

}  // namespace

std::string plot_over_axes(const result_store& store, const ranking& ranked, const ranking_key& key,
                           const plot_request& request) {
  const auto& points = ranked.best();
  expect_points(points, request.option);
  const auto axes = axes_that_change(store, points);
  const auto title = titled(fmt::format("{}: {}", store.identity().name, key.name), request.remark);
  if (axes.size() == 1 && axes[0].is_ordered) {
    return lines(title, store, points, axes[0], nullptr, key.name);
  }
  if (axes.size() == 2 && axes[0].is_ordered && axes[1].is_ordered) {
    return map_of(title, points, axes[1], axes[0], key.name);
  }
  if (axes.size() == 2 && axes[0].is_ordered != axes[1].is_ordered) {
    const auto x = axes[0].is_ordered ? 0U : 1U;
    return lines(title, store, points, axes[x], &axes[1 - x], key.name);
  }
  throw input_error(request.option, "", fmt::format("{} axes with more than one value", axes.size()),
                    "one numeric axis, or two of which one is numeric; or --pareto with two keys");
}

std::string plot_pareto(const result_store& store, const ranking& ranked, const std::vector<ranking_key>& keys,
                        const plot_request& request) {
  if (keys.size() != 2) {
    throw input_error(request.option, "", fmt::format("{} keys of --pareto", keys.size()), "two keys");
  }
  expect_points(ranked.best(), request.option);
  // A few points of one axis have room for its values; of more those of the front.
  constexpr std::size_t most_labels = 30;
  const auto& axes = store.identity().axes;
  const std::string* const named = axes.size() == 1 ? &axes.front() : nullptr;
  std::vector<plot_point> points;
  std::vector<std::size_t> front;
  const auto best = ranked.front();
  for (const auto& point : ranked.best()) {
    const bool is_best =
        std::any_of(best.begin(), best.end(), [&](const ranked_point& b) { return b.point == point.point; });
    if (is_best) {
      front.push_back(points.size());
    }
    points.push_back({point.numbers[0], point.numbers[1], tip_of(point, store)});
    if (named != nullptr && (is_best || ranked.best().size() <= most_labels)) {
      points.back().label = text_of(point.axes.at(*named));
    }
  }
  return scatter_plot(
      {titled(fmt::format("{}: {} and {}", store.identity().name, keys[0].name, keys[1].name), request.remark),
       keys[0].name,
       keys[1].name,
       {}},
      points, front);
}

}  // namespace dlac
