#pragma once
// What every name in a report means: fields of the JSON and the CSV, keys of the JSON's root, columns and lines of the
// table. Made from the tables that the report itself is made from; `dlac explain` prints it, and docs/metrics.md.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dlac {

struct metric {
  std::string name;   ///< "energy_pj.total", "busy"
  std::string group;  ///< title of the metrics that it stands with
  std::string definition;
  std::string formula;  ///< empty for words
  std::string unit;     ///< empty for words and ratios
  std::string found;    ///< where in a report the name stands
  std::string page;     ///< of docs/, with the rule; empty where there is none
  std::string heading;  ///< of that page
  /// Every dotted path that leads to it: "cycles", "layers.cycles", "totals.cycles", "totals.ternary.cycles".
  std::vector<std::string> paths;
};

/// All of them, group by group.
std::span<const metric> report_metrics();

/// Those that `word` names: a name or path as it is, of a column also with its title ("times peak"); else, below a
/// group
/// ("energy_pj", "totals", "times"), by a glob ("energy_pj.*"), or the last step of a path ("recorded").
/// "/layers/3/cycles" and "layers[3].cycles" are paths, too. Throws input_error when there is none.
std::vector<const metric*> find_metrics(const std::string& word);

/// Several lines: name, definition, formula, unit, place.
std::string metric_text(const metric& m);
/// A line each, below the titles of their groups.
std::string metric_list();
/// docs/metrics.md
std::string metrics_markdown();

}  // namespace dlac
