// The judged figures as JSON.

#include <nlohmann/json.hpp>
#include <string>

#include "sim/validation/validation_report.h"

namespace dlac {
namespace {

using json = nlohmann::ordered_json;

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json figure_json(const std::string& group, const judged_figure& f) {
  json bounds = nullptr;
  if (f.published.bounds) {
    bounds = {{"lowest", or_null(f.published.bounds->lowest)},
              {"highest", or_null(f.published.bounds->highest)},
              {"reason", f.published.bounds->reason}};
  }
  return {{"number", f.published.number},
          {"group", group},
          {"text", f.published.text},
          {"source", f.published.source},
          {"measure", f.published.measure},
          {"unit", f.published.unit},
          {"published", {{"text", f.published.published}, {"value", or_null(f.published.value)}}},
          {"simulated", f.measured},
          {"deviation", or_null(deviation(f.published, f.measured))},
          {"role", to_string(f.published.role)},
          {"bounds", bounds},
          {"verdict", f.outcome == verdict::none ? json(nullptr) : json(to_string(f.outcome))},
          {"misses", or_null(f.published.misses)},
          {"trained", or_null(f.trained)}};
}

}  // namespace

nlohmann::ordered_json validation_json(const validation& v) {
  json figures = json::array();
  for (const judged_group& group : v.groups) {
    for (const judged_figure& f : group.figures) {
      figures.push_back(figure_json(group.title, f));
    }
  }
  json layers = json::array();
  for (const layer_bar& bar : v.layers) {
    layers.push_back(
        {{"name", bar.name}, {"flop_per_cycle", {{"paper_profile", bar.paper_profile}, {"trained", bar.trained}}}});
  }
  json profiles = json::array();
  for (const profile_row& row : v.profiles) {
    profiles.push_back({{"name", row.name},
                        {"nonzero_operations_percent", row.nonzero_operations},
                        {"best_layer_flop_per_cycle", row.best_layer},
                        {"average_flop_per_cycle", row.average},
                        {"lowest_speed_up", row.lowest_speed_up},
                        {"highest_speed_up", row.highest_speed_up}});
  }
  json roles = json::object();
  for (const role_count& count : count_roles(v)) {
    roles[std::string(to_string(count.role))] = {{"figures", count.all}, {"within_bounds", count.within}};
  }
  return {{"schema", "dlac-validation/1"},
          {"figures", figures},
          {"dense_peak_flop_per_cycle", v.dense_peak},
          {"layers", layers},
          {"profiles", profiles},
          {"roles", roles}};
}

}  // namespace dlac
