#include "sim/validation/validation.h"

#include <algorithm>
#include <stdexcept>

#include "models/area.h"
#include "sim/core/error.h"
#include "sim/validation/measurements.h"

namespace dlac {
namespace {

judged_figure judge_figure(const figure& f, const evidence& found) {
  const measurement* const m = find_measurement(f.measure);
  if (m == nullptr) {
    throw std::logic_error("a figure's measurement was not checked");
  }
  judged_figure result{.published = f, .measured = m->of(found, found.paper_profile), .trained = {}};
  if (m->is_of_network) {
    result.trained = m->of(found, found.trained);
  }
  result.outcome = judge(f, result.measured);
  return result;
}

profile_row profile_of(const std::string& name, const evidence& found, const network_evidence& net) {
  const auto value = [&](const char* measure) { return find_measurement(measure)->of(found, net); };
  return {.name = name,
          .nonzero_operations = value("nonzero_operations_forward"),
          .best_layer = value("best_layer"),
          .average = value("average"),
          .lowest_speed_up = value("lowest_speed_up"),
          .highest_speed_up = value("highest_speed_up")};
}

std::vector<layer_bar> bars_of(const evidence& found) {
  const auto& paper = found.paper_profile.fp32;
  const auto& trained = found.trained.fp32;
  std::vector<layer_bar> bars;
  for (const layer_result& layer : paper) {
    const auto same = std::find_if(trained.begin(), trained.end(),
                                   [&](const layer_result& other) { return other.name == layer.name; });
    if (same == trained.end()) {
      throw simulation_error("validation: the trained network has no layer " + layer.name);
    }
    bars.push_back({.name = layer.name, .paper_profile = flop_per_cycle(layer), .trained = flop_per_cycle(*same)});
  }
  return bars;
}

}  // namespace

validation judge_figures(const figure_book& book, const evidence& found) {
  validation result;
  result.peers = found.peers;
  result.profiles.push_back(profile_of("as it stands", found, found.paper_profile));
  for (const profile_variant& variant : found.variants) {
    result.profiles.push_back(profile_of(variant.name, found, variant.results));
  }
  for (const figure_group& group : book.groups) {
    judged_group judged{.title = group.title, .figures = {}};
    for (const figure& f : group.figures) {
      judged.figures.push_back(judge_figure(f, found));
    }
    result.groups.push_back(std::move(judged));
  }
  result.layers = bars_of(found);
  result.dense_peak = peak_of(found.fp32).flop_per_cycle_ternary;
  return result;
}

std::vector<std::string> validation::broken() const {
  std::vector<std::string> numbers;
  for (const judged_group& group : groups) {
    for (const judged_figure& f : group.figures) {
      if (f.outcome == verdict::off) {
        numbers.push_back(f.published.number);
      }
    }
  }
  return numbers;
}

std::vector<role_count> count_roles(const validation& v) {
  using enum figure_role;
  std::vector<role_count> counts = {{.role = predicted}, {.role = bounded}, {.role = calibrated}, {.role = stated}};
  for (const judged_group& group : v.groups) {
    for (const judged_figure& f : group.figures) {
      for (role_count& count : counts) {
        if (count.role == f.published.role) {
          ++count.all;
          count.within += is_within(*f.published.bounds, f.measured) ? 1 : 0;
        }
      }
    }
  }
  return counts;
}

}  // namespace dlac
