#pragma once
// The points of a sweep that are best by one number, or that no other point beats in several.

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/sweep/result_store.h"

namespace dlac {

/// A number of a point: an axis by its name, or "totals.energy_mj".
struct ranking_key {
  std::string name;
  bool largest_is_best = false;
};

struct ranked_point {
  std::uint64_t point = 0;
  nlohmann::ordered_json axes;
  nlohmann::ordered_json totals;
  std::vector<double> numbers;  ///< of the keys
};

class ranking {
 public:
  /// `text` is NAME, NAME:min or NAME:max; without one of these, what is better the larger it is (speeds, utilisation)
  /// is ranked from the largest. A name that the sweep has not is an input_error at `option`.
  static ranking_key key_of(const result_store& store, const std::string& text, const std::string& option);

  /// Takes the points that are done and have numbers of all keys.
  ranking(result_store& store, std::vector<ranking_key> keys);

  /// By the first key, then the others, then their number.
  [[nodiscard]] const std::vector<ranked_point>& best() const { return points_; }
  /// Those that no other is at least as good as in every key, and better in one; in the same order.
  [[nodiscard]] std::vector<ranked_point> front() const;

 private:
  [[nodiscard]] bool is_better(std::size_t key, double a, double b) const {
    return keys_[key].largest_is_best ? a > b : a < b;
  }
  [[nodiscard]] bool beats(const ranked_point& a, const ranked_point& b) const;

  std::vector<ranking_key> keys_;
  std::vector<ranked_point> points_;
};

}  // namespace dlac
