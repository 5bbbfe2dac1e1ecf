#pragma once
// A number of a point, by which points are compared.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace dlac {

/// An axis by its name, or "totals.energy_mj".
struct ranking_key {
  std::string name;
  bool largest_is_best = false;

  [[nodiscard]] bool is_better(double a, double b) const { return largest_is_best ? a > b : a < b; }
  /// NaN where the point has no such number.
  [[nodiscard]] double number_of(const nlohmann::json& axes, const nlohmann::json& totals) const;
};

/// `text` is NAME, NAME:min or NAME:max; without one of these, what is better the larger it is (speeds, utilisation) is
/// ranked from the largest. A name that is neither one of `axes` nor a total is an input_error of `file` (or option) at
/// `pointer`.
ranking_key read_ranking_key(const std::string& text, std::vector<std::string> axes, const std::string& file,
                             const std::string& pointer = "");

}  // namespace dlac
