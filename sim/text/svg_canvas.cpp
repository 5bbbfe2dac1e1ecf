#include "sim/text/svg_canvas.h"

#include <fmt/format.h>

namespace dlac {
namespace {

std::string xml_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace

svg_canvas::svg_canvas(double width, double height, std::string_view description, std::string_view style)
    : text_(fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
                        "height=\"{1}\" role=\"img\" aria-label=\"{2}\">\n  <style>{3}</style>\n"
                        "  <rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
                        width, height, xml_text(description), style)) {}

void svg_canvas::line(std::string_view kind, double x1, double y1, double x2, double y2) {
  text_ += fmt::format("  <line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", kind, x1, y1,
                       x2, y2);
}

void svg_canvas::box(std::string_view kind, double x, double y, double width, double height, std::string_view fill) {
  text_ += fmt::format("  <rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"{}/>\n", kind,
                       x, y, width, height, fill.empty() ? "" : fmt::format(" fill=\"{}\"", fill));
}

void svg_canvas::circle(std::string_view kind, double x, double y, double radius, std::string_view tip) {
  text_ += fmt::format("  <circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\"><title>{}</title></circle>\n",
                       kind, x, y, radius, xml_text(tip));
}

void svg_canvas::polyline(std::string_view kind, const std::string& points) {
  text_ += fmt::format("  <polyline class=\"{}\" points=\"{}\"/>\n", kind, points);
}

void svg_canvas::words(std::string_view kind, double x, double y, std::string_view content) {
  text_ += fmt::format("  <text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", kind, x, y, xml_text(content));
}

void svg_canvas::turned_words(std::string_view kind, double x, double y, double degrees, std::string_view content) {
  text_ += fmt::format("  <text class=\"{}\" transform=\"translate({:.1f},{:.1f}) rotate({:.0f})\">{}</text>\n", kind,
                       x, y, degrees, xml_text(content));
}

std::string svg_canvas::text() const {
  return text_ + "</svg>\n";
}

}  // namespace dlac
