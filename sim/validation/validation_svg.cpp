#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

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

constexpr std::string_view head =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img"
     aria-label="Bar chart: dense-equivalent FLOP/cycle of each convolution of ResNet-34, with the paper's profile and with the trained network">
  <style>
    text {{ font-family: "DejaVu Sans", "Helvetica", "Arial", sans-serif; font-size: 12px; fill: #1d2733; }}
    .title {{ font-size: 15px; font-weight: bold; }}
    .right {{ text-anchor: end; }}
    .middle {{ text-anchor: middle; }}
    .grid {{ stroke: #d5dbe3; stroke-width: 1; }}
    .axis {{ stroke: #1d2733; stroke-width: 1.5; }}
    .peak {{ stroke: #b3261e; stroke-width: 2; stroke-dasharray: 7 4; }}
    .published {{ stroke: #5b6776; stroke-width: 1.5; stroke-dasharray: 2 4; }}
    .peak-text {{ fill: #b3261e; }}
    .published-text {{ fill: #4a5766; }}
    .paper {{ fill: #1f6fc4; }}
    .trained {{ fill: #e09a3e; }}
  </style>
  <rect width="{0}" height="{1}" fill="#ffffff"/>
)";

class chart {
 public:
  explicit chart(const validation& v) : v_(v), top_value_(scale_of(v)) {}

  std::string draw() {
    text_ = fmt::format(fmt::runtime(head), width, height);
    legend();
    grid();
    for (std::size_t i = 0; i < v_.layers.size(); ++i) {
      layer(i);
    }
    reference_lines();
    line("axis", left, bottom, right, bottom);
    line("axis", left, top, left, bottom);
    return text_ + "</svg>\n";
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

  void line(std::string_view kind, double x1, double y1, double x2, double y2) {
    text_ += fmt::format("  <line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", kind, x1,
                         y1, x2, y2);
  }

  void words(std::string_view kind, double x, double y, std::string_view content, std::string_view more = "") {
    text_ += fmt::format("  <text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\"{}>{}</text>\n", kind, x, y, more, content);
  }

  void box(std::string_view kind, double x, double y, double box_width, double box_height) {
    text_ += fmt::format("  <rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n", kind,
                         x, y, box_width, box_height);
  }

  void legend() {
    words("title", left, 26, "ResNet-34, single precision: dense-equivalent FLOP/cycle of each convolution");
    box("paper", left, 44, 14, 14);
    words("", left + 20, 56, "paper's profile of densities");
    box("trained", left + 230, 44, 14, 14);
    words("", left + 250, 56, "trained network, nothing calibrated");
    line("published", left + 510, 51, left + 540, 51);
    words("", left + 548, 56, "published");
    line("peak", left + 650, 51, left + 680, 51);
    words("", left + 688, 56, "all lanes busy, nothing skipped");
  }

  void grid() {
    const auto lines = static_cast<int>(top_value_ / 1000);
    for (int i = 0; i <= lines; ++i) {
      const double value = 1000.0 * i;
      line("grid", left, y_of(value), right, y_of(value));
      words("right", left - 8, y_of(value) + 4, fmt::format("{:.0f}", value));
    }
    words("middle", 0, 0, "FLOP/cycle",
          fmt::format(" transform=\"translate(18,{:.1f}) rotate(-90)\"", (top + bottom) / 2));
  }

  void layer(std::size_t index) {
    const layer_bar& bar = v_.layers[index];
    const double room = (right - left) / static_cast<double>(v_.layers.size());
    const double middle = left + room * (static_cast<double>(index) + 0.5);
    const double thickness = room * bar_share;
    box("paper", middle - thickness, y_of(bar.paper_profile), thickness, bottom - y_of(bar.paper_profile));
    box("trained", middle, y_of(bar.trained), thickness, bottom - y_of(bar.trained));
    words("right", 0, 0, bar.name,
          fmt::format(" transform=\"translate({:.1f},{:.1f}) rotate(-60)\"", middle + 5, bottom + 14));
  }

  void reference_lines() {
    line("peak", left, y_of(v_.dense_peak), right, y_of(v_.dense_peak));
    words("peak-text", right + 6, y_of(v_.dense_peak) + 4, fmt::format("{:.0f}", v_.dense_peak));
    for (const judged_group& group : v_.groups) {
      for (const judged_figure& f : group.figures) {
        const bool is_best = f.published.measure == "best_layer";
        if ((is_best || f.published.measure == "average") && f.published.value && *f.published.value < top_value_) {
          const double y = y_of(*f.published.value);
          line("published", left, y, right, y);
          words("published-text", right + 6, y - 2, is_best ? "best" : "average");
          words("published-text", right + 6, y + 12, fmt::format("{:.0f}", *f.published.value));
        }
      }
    }
  }

  const validation& v_;
  double top_value_;
  std::string text_;
};

}  // namespace

std::string validation_svg(const validation& v) {
  return chart(v).draw();
}

}  // namespace dlac
