// The judged figures as a picture: docs/validation.svg.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "sim/text/svg_canvas.h"
#include "sim/validation/validation_report.h"

namespace dlac {
namespace {

// Pixels.
constexpr double width = 1200;
constexpr double height = 560;
constexpr double left = 74;
constexpr double right = 1130;
constexpr double top = 84;
constexpr double bottom = 410;
constexpr double bar_share = 0.38;  // of the room of a layer, each of its two bars

constexpr std::string_view description =
    "Bar chart: dense-equivalent FLOP/cycle of each convolution of ResNet-34, with the paper's profile and with the "
    "trained network";

constexpr std::string_view style = R"(
    text { font-family: "DejaVu Sans", "Helvetica", "Arial", sans-serif; font-size: 12px; fill: #1d2733; }
    .title { font-size: 15px; font-weight: bold; }
    .right { text-anchor: end; }
    .middle { text-anchor: middle; }
    .grid { stroke: #d5dbe3; stroke-width: 1; }
    .axis { stroke: #1d2733; stroke-width: 1.5; }
    .peak { stroke: #b3261e; stroke-width: 2; stroke-dasharray: 7 4; }
    .published { stroke: #5b6776; stroke-width: 1.5; stroke-dasharray: 2 4; }
    .peak-text { fill: #b3261e; }
    .published-text { fill: #4a5766; }
    .paper { fill: #1f6fc4; }
    .trained { fill: #e09a3e; }
  )";

class chart {
 public:
  explicit chart(const validation& v) : v_(v), top_value_(scale_of(v)), canvas_(width, height, description, style) {}

  std::string draw() {
    legend();
    grid();
    for (std::size_t i = 0; i < v_.layers.size(); ++i) {
      layer(i);
    }
    reference_lines();
    canvas_.line("axis", left, bottom, right, bottom);
    canvas_.line("axis", left, top, left, bottom);
    return canvas_.text();
  }

 private:
  /// The next thousand above every bar.
  static double scale_of(const validation& v) {
    double highest = v.dense_peak;
    for (const layer_bar& bar : v.layers) {
      highest = std::max({highest, bar.paper_profile, bar.trained});
    }
    return 1000 * std::ceil(highest / 1000);
  }

  [[nodiscard]] double y_of(double value) const { return bottom - (bottom - top) * value / top_value_; }

  void legend() {
    canvas_.words("title", left, 26, "ResNet-34, single precision: dense-equivalent FLOP/cycle of each convolution");
    canvas_.box("paper", left, 44, 14, 14);
    canvas_.words("", left + 20, 56, "paper's profile of densities");
    canvas_.box("trained", left + 230, 44, 14, 14);
    canvas_.words("", left + 250, 56, "trained network, nothing calibrated");
    canvas_.line("published", left + 510, 51, left + 540, 51);
    canvas_.words("", left + 548, 56, "published");
    canvas_.line("peak", left + 650, 51, left + 680, 51);
    canvas_.words("", left + 688, 56, "all lanes busy, nothing skipped");
  }

  void grid() {
    const auto lines = static_cast<int>(top_value_ / 1000);
    for (int i = 0; i <= lines; ++i) {
      const double value = 1000.0 * i;
      canvas_.line("grid", left, y_of(value), right, y_of(value));
      canvas_.words("right", left - 8, y_of(value) + 4, fmt::format("{:.0f}", value));
    }
    canvas_.turned_words("middle", 18, (top + bottom) / 2, -90, "FLOP/cycle");
  }

  void layer(std::size_t index) {
    const layer_bar& bar = v_.layers[index];
    const double room = (right - left) / static_cast<double>(v_.layers.size());
    const double middle = left + room * (static_cast<double>(index) + 0.5);
    const double thickness = room * bar_share;
    canvas_.box("paper", middle - thickness, y_of(bar.paper_profile), thickness, bottom - y_of(bar.paper_profile));
    canvas_.box("trained", middle, y_of(bar.trained), thickness, bottom - y_of(bar.trained));
    canvas_.turned_words("right", middle + 5, bottom + 14, -60, bar.name);
  }

  void reference_lines() {
    canvas_.line("peak", left, y_of(v_.dense_peak), right, y_of(v_.dense_peak));
    canvas_.words("peak-text", right + 6, y_of(v_.dense_peak) + 4, fmt::format("{:.0f}", v_.dense_peak));
    for (const judged_group& group : v_.groups) {
      for (const judged_figure& f : group.figures) {
        const bool is_best = f.published.measure == "best_layer";
        if ((is_best || f.published.measure == "average") && f.published.value && *f.published.value < top_value_) {
          const double y = y_of(*f.published.value);
          canvas_.line("published", left, y, right, y);
          canvas_.words("published-text", right + 6, y - 2, is_best ? "best" : "average");
          canvas_.words("published-text", right + 6, y + 12, fmt::format("{:.0f}", *f.published.value));
        }
      }
    }
  }

  const validation& v_;
  double top_value_;
  svg_canvas canvas_;
};

}  // namespace

std::string validation_svg(const validation& v) {
  return chart(v).draw();
}

}  // namespace dlac
