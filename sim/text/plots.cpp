#include "sim/text/plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string_view>

#include "sim/text/svg_canvas.h"

namespace dlac {
namespace {

// Pixels.
constexpr double width = 900;
constexpr double height = 560;
constexpr double left = 96;
constexpr double right = 700;
constexpr double top = 60;
constexpr double bottom = 480;

constexpr std::string_view style = R"(
    text { font-family: "DejaVu Sans", "Helvetica", "Arial", sans-serif; font-size: 12px; fill: #1d2733; }
    .title { font-size: 15px; font-weight: bold; }
    .right { text-anchor: end; }
    .middle { text-anchor: middle; }
    .on-dark { text-anchor: middle; fill: #ffffff; font-size: 10px; }
    .on-light { text-anchor: middle; font-size: 10px; }
    .grid { stroke: #d5dbe3; stroke-width: 1; }
    .axis { stroke: #1d2733; stroke-width: 1.5; }
    .missing { fill: #eceff3; }
    polyline { fill: none; stroke-width: 2; }
    .s0 { stroke: #1f6fc4; fill: #1f6fc4; } .s1 { stroke: #e09a3e; fill: #e09a3e; } .s2 { stroke: #2a9d63; fill: #2a9d63; }
    .s3 { stroke: #b3261e; fill: #b3261e; } .s4 { stroke: #7a4fbf; fill: #7a4fbf; } .s5 { stroke: #5b6776; fill: #5b6776; }
    polyline.s0, polyline.s1, polyline.s2, polyline.s3, polyline.s4, polyline.s5 { fill: none; }
    .other { fill: #9db4cf; } .front { fill: #b3261e; } polyline.front { fill: none; stroke: #b3261e; stroke-width: 1.5; }
  )";
constexpr std::size_t colours = 6;

std::string tick_text(double value) {
  return fmt::format("{:.4g}", value);
}

/// 1, 2, 2.5 or 5 times a power of ten, so that about six of them fit `range`.
double tick_distance(double range) {
  const double rough = range / 6;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= rough) {
      return factor * power;
    }
  }
  return 10 * power;
}

/// From values to pixels.
class axis {
 public:
  axis(double low, double high, double from, double to, bool logarithmic)
      : low_(low), high_(high > low ? high : low + 1), from_(from), to_(to), logarithmic_(logarithmic) {}

  [[nodiscard]] double at(double value) const {
    const double share =
        logarithmic_ ? std::log2(value / low_) / std::log2(high_ / low_) : (value - low_) / (high_ - low_);
    return from_ + (to_ - from_) * share;
  }
  [[nodiscard]] std::vector<double> ticks() const {
    std::vector<double> values;
    if (logarithmic_) {
      for (auto power = static_cast<int>(std::ceil(std::log2(low_))); std::exp2(power) <= high_ * 1.0001; ++power) {
        values.push_back(std::exp2(power));
      }
      return values;
    }
    const double distance = tick_distance(high_ - low_);
    for (auto i = static_cast<std::int64_t>(std::ceil(low_ / distance));
         static_cast<double>(i) * distance <= high_ * 1.0001; ++i) {
      values.push_back(static_cast<double>(i) * distance);
    }
    return values;
  }

 private:
  double low_;
  double high_;
  double from_;
  double to_;
  bool logarithmic_;
};

struct bounds {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

void draw_labels(svg_canvas& canvas, const plot_labels& labels) {
  canvas.words("title", left, 30, labels.title);
  canvas.words("middle", (left + right) / 2, height - 24, labels.x);
  canvas.turned_words("middle", 22, (top + bottom) / 2, -90, labels.y);
}

void draw_axes(svg_canvas& canvas, const axis& x, const axis& y, const std::vector<std::string>& x_names) {
  for (const double value : y.ticks()) {
    canvas.line("grid", left, y.at(value), right, y.at(value));
    canvas.words("right", left - 8, y.at(value) + 4, tick_text(value));
  }
  const auto x_tick = [&](double value, const std::string& name) {
    canvas.line("grid", x.at(value), bottom, x.at(value), top);
    canvas.words("middle", x.at(value), bottom + 20, name);
  };
  if (x_names.empty()) {
    for (const double value : x.ticks()) {
      x_tick(value, tick_text(value));
    }
  }
  constexpr std::size_t most_names = 10;
  const auto names_a_tick = (x_names.size() + most_names - 1) / most_names;
  for (std::size_t i = 0; i < x_names.size(); i += names_a_tick) {
    x_tick(static_cast<double>(i + 1), x_names[i]);
  }
  canvas.line("axis", left, bottom, right, bottom);
  canvas.line("axis", left, bottom, left, top);
}

/// Dark blue over green to yellow: dark is low, also in print.
struct colour {
  double red;
  double green;
  double blue;
};
constexpr std::array<colour, 5> scale = {{{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}}};

std::string colour_of(double share) {
  const double place = std::clamp(share, 0.0, 1.0) * (scale.size() - 1);
  const auto index = std::min<std::size_t>(static_cast<std::size_t>(place), scale.size() - 2);
  const double rest = place - static_cast<double>(index);
  const auto mix = [&](double colour::*part) {
    return static_cast<int>(std::lround(scale[index].*part * (1 - rest) + scale[index + 1].*part * rest));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(&colour::red), mix(&colour::green), mix(&colour::blue));
}

}  // namespace

std::string line_plot(const plot_labels& labels, const std::vector<plot_series>& series) {
  svg_canvas canvas(width, height, labels.title, style);
  bounds xs;
  bounds ys;
  ys.add(0);
  for (const auto& one : series) {
    for (const auto& point : one.points) {
      xs.add(point.x);
      ys.add(point.y);
    }
  }
  const axis x(xs.low, xs.high, left, right, labels.x_names.empty() && xs.low > 0 && xs.high >= 8 * xs.low);
  const axis y(ys.low, ys.high * 1.05, bottom, top, false);
  draw_axes(canvas, x, y, labels.x_names);
  draw_labels(canvas, labels);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const auto kind = fmt::format("s{}", i % colours);
    std::string path;
    for (const auto& point : series[i].points) {
      path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x.at(point.x), y.at(point.y));
    }
    canvas.polyline(kind, path);
    for (const auto& point : series[i].points) {
      canvas.circle(kind, x.at(point.x), y.at(point.y), 3.5, point.tip);
    }
    const double row = top + 20 * static_cast<double>(i);
    canvas.box(kind, right + 20, row, 12, 12);
    canvas.words("", right + 40, row + 11, series[i].name);
  }
  return canvas.text();
}

std::string heat_map(const plot_labels& labels, const heat_map_cells& cells) {
  svg_canvas canvas(width, height, labels.title, style);
  draw_labels(canvas, labels);
  bounds range;
  for (const auto& row : cells.values) {
    for (const double value : row) {
      if (!std::isnan(value)) {
        range.add(value);
      }
    }
  }
  const double cell_width = (right - left) / static_cast<double>(cells.columns.size());
  const double cell_height = (bottom - top) / static_cast<double>(cells.rows.size());
  const double spread = range.high > range.low ? range.high - range.low : 1;
  for (std::size_t r = 0; r < cells.rows.size(); ++r) {
    const double y = bottom - cell_height * static_cast<double>(r + 1);
    canvas.words("right", left - 8, y + cell_height / 2 + 4, cells.rows[r]);
    for (std::size_t c = 0; c < cells.columns.size(); ++c) {
      const double x = left + cell_width * static_cast<double>(c);
      const double value = cells.values[r][c];
      if (std::isnan(value)) {
        canvas.box("missing", x, y, cell_width, cell_height);
        continue;
      }
      const double share = (value - range.low) / spread;
      canvas.box("", x, y, cell_width, cell_height, colour_of(share));
      if (cell_width >= 36 && cell_height >= 14) {
        canvas.words(share < 0.6 ? "on-dark" : "on-light", x + cell_width / 2, y + cell_height / 2 + 4,
                     tick_text(value));
      }
    }
  }
  for (std::size_t c = 0; c < cells.columns.size(); ++c) {
    canvas.words("middle", left + cell_width * (static_cast<double>(c) + 0.5), bottom + 20, cells.columns[c]);
  }
  // The scale.
  constexpr int shades = 40;
  for (int i = 0; i < shades; ++i) {
    const double shade_height = (bottom - top) / shades;
    canvas.box("", right + 30, bottom - shade_height * (i + 1), 18, shade_height + 0.5,
               colour_of((i + 0.5) / static_cast<double>(shades)));
  }
  canvas.words("", right + 56, bottom, tick_text(range.low));
  canvas.words("", right + 56, top + 10, tick_text(range.high));
  canvas.turned_words("middle", right + 76, (top + bottom) / 2, 90, cells.figure);
  return canvas.text();
}

namespace {

/// Labels beside the points, those of the front first, but for those that another one would lie upon.
void label_points(svg_canvas& canvas, const axis& x, const axis& y, const std::vector<plot_point>& points,
                  const std::vector<std::size_t>& front) {
  constexpr double line_height = 12;
  constexpr double character_width = 7;
  struct box {
    double x;
    double y;
    double width;
  };
  std::vector<box> drawn;
  std::vector<std::size_t> order = front;
  order.resize(front.size() + points.size());
  std::iota(order.begin() + static_cast<std::ptrdiff_t>(front.size()), order.end(), std::size_t{0});
  for (const auto index : order) {
    const auto& point = points[index];
    const box wanted{x.at(point.x) + 5, y.at(point.y) - 6, character_width * static_cast<double>(point.label.size())};
    const bool is_free = std::none_of(drawn.begin(), drawn.end(), [&](const box& other) {
      return std::abs(other.y - wanted.y) < line_height && other.x < wanted.x + wanted.width &&
             wanted.x < other.x + other.width;
    });
    if (!point.label.empty() && is_free) {
      canvas.words("", wanted.x, wanted.y, point.label);
      drawn.push_back(wanted);
    }
  }
}

}  // namespace

std::string scatter_plot(const plot_labels& labels, const std::vector<plot_point>& points,
                         const std::vector<std::size_t>& front) {
  svg_canvas canvas(width, height, labels.title, style);
  bounds xs;
  bounds ys;
  for (const auto& point : points) {
    xs.add(point.x);
    ys.add(point.y);
  }
  const auto padded = [](const bounds& b) {
    const double room = b.high > b.low ? 0.05 * (b.high - b.low) : 0.05 * std::abs(b.high);
    return bounds{b.low - room, b.high + room};
  };
  const auto x_range = padded(xs);
  const auto y_range = padded(ys);
  const axis x(x_range.low, x_range.high, left, right, false);
  const axis y(y_range.low, y_range.high, bottom, top, false);
  draw_axes(canvas, x, y, labels.x_names);
  draw_labels(canvas, labels);
  for (const auto& point : points) {
    canvas.circle("other", x.at(point.x), y.at(point.y), 3.5, point.tip);
  }
  auto best = front;
  std::sort(best.begin(), best.end(), [&](std::size_t a, std::size_t b) { return points[a].x < points[b].x; });
  std::string path;
  for (const auto index : best) {
    path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x.at(points[index].x), y.at(points[index].y));
  }
  canvas.polyline("front", path);
  for (const auto index : best) {
    canvas.circle("front", x.at(points[index].x), y.at(points[index].y), 4.5, points[index].tip);
  }
  label_points(canvas, x, y, points, front);
  canvas.box("front", right + 20, top, 12, 12);
  canvas.words("", right + 40, top + 11, "Pareto front");
  canvas.box("other", right + 20, top + 20, 12, 12);
  canvas.words("", right + 40, top + 31, "other points");
  return canvas.text();
}

std::string stacked_plots(const std::vector<std::string>& plots) {
  std::string text =
      fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\">\n",
                  width, height * static_cast<double>(plots.size()));
  for (std::size_t i = 0; i < plots.size(); ++i) {
    constexpr std::string_view opening = "<svg ";
    text += fmt::format("{}y=\"{}\" {}", opening, height * static_cast<double>(i), plots[i].substr(opening.size()));
  }
  return text + "</svg>\n";
}

}  // namespace dlac
