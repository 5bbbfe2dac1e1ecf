// Plots: axes, ticks and points in the SVG.

#include "sim/text/plots.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

namespace dlac {
namespace {

std::size_t occurrences(const std::string& text, const std::string& piece) {
  std::size_t count = 0;
  for (auto place = text.find(piece); place != std::string::npos; place = text.find(piece, place + 1)) {
    ++count;
  }
  return count;
}

void check_is_svg(const std::string& text) {
  CHECK(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" "));
  CHECK(text.ends_with("</svg>\n"));
  CHECK(occurrences(text, "<text") == occurrences(text, "</text>"));
  CHECK(text.find("nan") == std::string::npos);
  CHECK(text.find("inf") == std::string::npos);
}

}  // namespace

TEST_CASE("plots: lines, x by powers of two when it spans them") {
  // From 96 to 700 pixels: 8 of 1 to 64 is half way.
  const auto text = line_plot({"t", "x", "y"}, {{"a", {{1, 0, {}}, {8, 10, {}}, {64, 20, {}}}}});
  check_is_svg(text);
  CHECK(text.find("points=\"96.0,480.0 398.0,280.0 700.0,80.0\"") != std::string::npos);
  CHECK(occurrences(text, "<circle") == 3);
  // 1 to 4 is not.
  CHECK(
      line_plot({"t", "x", "y"}, {{"a", {{1, 0, {}}, {2, 0, {}}, {4, 1, {}}}}}).find("96.0,480.0 297.3,480.0 700.0,") !=
      std::string::npos);
}

TEST_CASE("plots: one point, or all the same, is drawn") {
  check_is_svg(line_plot({"t", "x", "y"}, {{"a", {{5, 0, {}}}}}));
  check_is_svg(scatter_plot({"t", "x", "y"}, {{5, 7, {}}, {5, 7, {}}}, {0}));
  check_is_svg(scatter_plot({"t", "x", "y"}, {{0, 0, {}}}, {0}));
  check_is_svg(heat_map({"t", "x", "y"}, {{"c"}, {"r"}, {{3}}, "f"}));
}

TEST_CASE("plots: names may hold anything") {
  const auto text = line_plot({"<b> & \"c\"", "x", "y"}, {{"<s>", {{1, 1, "a<b"}}}});
  check_is_svg(text);
  CHECK(text.find("<b>") == std::string::npos);
  CHECK(text.find("&lt;b&gt; &amp; &quot;c&quot;") != std::string::npos);
  CHECK(text.find("<title>a&lt;b</title>") != std::string::npos);
}

TEST_CASE("plots: a heat map goes from the scale's one end to the other, and leaves out what is missing") {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  const auto text = heat_map({"t", "x", "y"}, {{"a", "b"}, {"c", "d"}, {{1, 2}, {missing, 3}}, "f"});
  check_is_svg(text);
  CHECK(occurrences(text, "class=\"missing\"") == 1);
  CHECK(occurrences(text, "#440154") == 1);  // the lowest
  CHECK(occurrences(text, "#fde725") == 1);  // the highest
  CHECK(occurrences(text, "class=\"on-dark\"") == 2);
}

TEST_CASE("plots: the front is joined by ascending x") {
  const auto text = scatter_plot({"t", "x", "y"}, {{3, 1, {}}, {1, 3, {}}, {2, 2, {}}, {3, 3, {}}}, {0, 1, 2});
  check_is_svg(text);
  CHECK(occurrences(text, "<circle class=\"other\"") == 4);
  CHECK(occurrences(text, "<circle class=\"front\"") == 3);
  // 1 to 3 with a twentieth of the range on both sides: 0.9 to 3.1.
  const auto begin = text.find("points=\"") + 8;
  const auto path = text.substr(begin, text.find('"', begin) - begin);
  CHECK(path == "123.5,79.1 398.0,270.0 672.5,460.9");
}

}  // namespace dlac
