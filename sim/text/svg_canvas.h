#pragma once
// A drawing in SVG, in pixels from the upper left corner. What a shape looks like is said by its class, once, in the
// style; text may hold anything.

#include <string>
#include <string_view>

namespace dlac {

class svg_canvas {
 public:
  /// `description` is for readers who do not see the picture; `style` is CSS.
  svg_canvas(double width, double height, std::string_view description, std::string_view style);

  void line(std::string_view kind, double x1, double y1, double x2, double y2);
  /// `fill` overrides the class's colour if it is given, as "#aabbcc".
  void box(std::string_view kind, double x, double y, double width, double height, std::string_view fill = "");
  void circle(std::string_view kind, double x, double y, double radius, std::string_view tip);
  /// Points "x,y x,y ...".
  void polyline(std::string_view kind, const std::string& points);
  void words(std::string_view kind, double x, double y, std::string_view content);
  /// Turned by `degrees` around its place.
  void turned_words(std::string_view kind, double x, double y, double degrees, std::string_view content);

  /// The whole file.
  [[nodiscard]] std::string text() const;

 private:
  std::string text_;
};

}  // namespace dlac
