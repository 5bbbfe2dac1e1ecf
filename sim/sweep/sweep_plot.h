#pragma once
// A picture of a sweep's results, as SVG.

#include <string>
#include <vector>

#include "sim/sweep/ranking.h"

namespace dlac {

struct plot_request {
  std::string option;       ///< that asks for the picture, for messages
  std::string remark = {};  ///< in the title, in parentheses
};

/// A number of the points over the sweep's axes: lines over one axis or two, of which the last is numeric and goes
/// along x; a heat map over two numeric axes. Throws input_error at the option when there are more axes than that.
std::string plot_over_axes(const result_store& store, const ranking& ranked, const ranking_key& key,
                           const plot_request& request);

/// Two numbers of every point, with those that no other point beats.
std::string plot_pareto(const result_store& store, const ranking& ranked, const std::vector<ranking_key>& keys,
                        const plot_request& request);

}  // namespace dlac
