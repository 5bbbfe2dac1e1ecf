#pragma once
// Pictures of numbers, as SVG: lines over one variable, a heat map over two, a scatter of two figures with the points
// that no other beats.

#include <cstddef>
#include <string>
#include <vector>

namespace dlac {

struct plot_point {
  double x = 0;
  double y = 0;
  std::string tip = {};    ///< shown when the pointer rests on it
  std::string label = {};  ///< of a scatter plot: written beside it, where no other label stands
};

struct plot_series {
  std::string name;
  std::vector<plot_point> points;  ///< by ascending x
};

struct plot_labels {
  std::string title;
  std::string x;
  std::string y;
  std::vector<std::string> x_names = {};  ///< of a line plot: what stands at x = 1, 2, ... instead of numbers
};

/// One line per series. x is drawn by powers of two when all are positive and the largest is 8 or more times the
/// smallest; y begins at zero.
std::string line_plot(const plot_labels& labels, const std::vector<plot_series>& series);

/// values[row][column]; NaN is a point that is missing. Rows go upwards.
struct heat_map_cells {
  std::vector<std::string> columns;  ///< names along x
  std::vector<std::string> rows;     ///< names along y
  std::vector<std::vector<double>> values;
  std::string figure;  ///< what the values are
};
std::string heat_map(const plot_labels& labels, const heat_map_cells& cells);

/// `front` are indices of points, drawn in another colour and joined by ascending x.
std::string scatter_plot(const plot_labels& labels, const std::vector<plot_point>& points,
                         const std::vector<std::size_t>& front);

/// Pictures of the functions above, one below the other.
std::string stacked_plots(const std::vector<std::string>& plots);

}  // namespace dlac
