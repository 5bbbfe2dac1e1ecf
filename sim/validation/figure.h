#pragma once
// A published figure: what was printed, where, which measurement of the simulator it is held against, and the bounds
// within which the measurement has to stay. The figures are data: models/validation/figures.json.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dlac {

/// What a figure can show. calibrated: an input was fitted to it, so agreement is no evidence; predicted: the source
/// prints a number that nothing was fitted to; bounded: the source gives a limit, an order or an unclear reading;
/// stated: an input of the model, repeated; shown: another reading of a figure, without a verdict.
enum class figure_role { calibrated, predicted, bounded, stated, shown };
std::string_view to_string(figure_role role);

/// The measurement has to stay within, both ends included; at least one of them is there.
struct figure_bounds {
  std::optional<double> lowest;
  std::optional<double> highest;
  std::string reason;
};

struct figure {
  std::string number;  ///< "7a"
  std::string text;
  std::string source;
  std::string measure;  ///< name of a measurement (measurements.h)
  std::string unit;     ///< of the measurement
  std::string published;
  std::optional<double> value;  ///< what the deviation is taken from
  figure_role role = figure_role::shown;
  std::optional<figure_bounds> bounds;
  std::optional<std::string> misses;  ///< why it is known to be out of bounds
};

struct figure_group {
  std::string title;
  std::vector<figure> figures;
};

/// Another accelerator as it was published.
struct peer {
  std::string node;  ///< technology table of its process
  double area_mm2 = 0;
  double tops = 0;  ///< 10^12 operations per second
  std::string source;
};

struct published_peers {
  peer dadiannao;         ///< operations of 16 bits
  peer dadiannao_32_bit;  ///< the same node, operations of 32 bits
  peer eie;
};

/// A file of figures.
struct figure_book {
  published_peers peers;
  std::vector<figure_group> groups;
};

}  // namespace dlac
