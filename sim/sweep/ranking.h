#pragma once
// The points of a sweep that are best by one number, or that no other point beats in several.

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/sweep/ranking_key.h"
#include "sim/sweep/result_store.h"

namespace dlac {

/// What a sweep's points are compared by where nobody says: the objectives of a search, otherwise the latency.
std::vector<std::string> usual_keys(const result_store& store);

struct ranked_point {
  std::uint64_t point = 0;
  nlohmann::json axes;
  nlohmann::json totals;
  std::vector<double> numbers;  ///< of the keys
};

class ranking {
 public:
  /// Takes the points that are done and have numbers of all keys.
  ranking(result_store& store, std::vector<ranking_key> keys);

  /// What became of the points before keep_where().
  struct kept_points {
    std::size_t of = 0;         ///< points there were
    std::size_t undefined = 0;  ///< points where it has no value: they are left out
  };
  /// Leaves only the points for which `where` is not zero: an expression (where.h) of axes and totals, which stands at
  /// `option`. Throws input_error.
  kept_points keep_where(const std::string& where, const std::string& option);

  /// By the first key, then the others, then their number.
  [[nodiscard]] const std::vector<ranked_point>& best() const { return points_; }
  /// Those that no other is at least as good as in every key, and better in one; in the same order.
  [[nodiscard]] std::vector<ranked_point> front() const;

 private:
  [[nodiscard]] bool beats(const ranked_point& a, const ranked_point& b) const;

  std::vector<ranking_key> keys_;
  std::vector<ranked_point> points_;
};

}  // namespace dlac
