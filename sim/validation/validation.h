#pragma once
// Every published figure beside its measurement: what `dlac validate` tells, whatever the format.

#include <optional>
#include <string>
#include <vector>

#include "sim/validation/evidence.h"
#include "sim/validation/figure.h"
#include "sim/validation/verdict.h"

namespace dlac {

struct judged_figure {
  figure published;
  double measured = 0;            ///< with the paper's profile
  std::optional<double> trained;  ///< with the trained network, where it makes a difference: no verdict
  verdict outcome = verdict::none;
};

struct judged_group {
  std::string title;
  std::vector<judged_figure> figures;
};

/// One convolution, dense-equivalent FLOP/cycle in single precision: the paper's per-layer picture.
struct layer_bar {
  std::string name;
  double paper_profile = 0;
  double trained = 0;
};

/// The figures of speed that hang on the profile, when one of its numbers is another one.
struct profile_row {
  std::string name;
  double nonzero_operations = 0;  ///< %
  double best_layer = 0;          ///< FLOP/cycle
  double average = 0;             ///< FLOP/cycle
  double lowest_speed_up = 0;
  double highest_speed_up = 0;
};

struct validation {
  published_peers peers;
  std::vector<judged_group> groups;
  std::vector<profile_row> profiles;  ///< the first as it stands
  std::vector<layer_bar> layers;      ///< in the order of the network
  double dense_peak = 0;              ///< FLOP/cycle of all lanes, zeros not skipped

  /// Numbers of the figures that have left their bounds: "4", "7b".
  [[nodiscard]] std::vector<std::string> broken() const;
};

validation judge_figures(const figure_book& book, const evidence& found);

/// How many figures of a role have a verdict, and which.
struct role_count {
  figure_role role = figure_role::predicted;
  std::size_t all = 0;
  std::size_t within = 0;  ///< their bounds
};
/// Of every role that has verdicts.
std::vector<role_count> count_roles(const validation& v);

}  // namespace dlac
