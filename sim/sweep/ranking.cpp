#include "sim/sweep/ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "sim/sweep/result_files.h"
#include "sim/sweep/where.h"

namespace dlac {

std::vector<std::string> usual_keys(const result_store& store) {
  const auto search = definition_of(store.identity(), store.path()).optimise;
  return search ? search->objectives : std::vector<std::string>{"totals.latency_ms"};
}

ranking::ranking(result_store& store, std::vector<ranking_key> keys) : keys_(std::move(keys)) {
  store.for_each([&](const stored_point& done) {
    if (done.result.status != point_status::ok) {
      return;
    }
    ranked_point point{.point = done.point,
                       .axes = axes_of(done, store.identity().axes, store.path()),
                       .totals = totals_of(done, store.path()),
                       .numbers = {}};
    for (const auto& key : keys_) {
      point.numbers.push_back(key.number_of(point.axes, point.totals));
      if (std::isnan(point.numbers.back())) {
        return;
      }
    }
    points_.push_back(std::move(point));
  });
  std::stable_sort(points_.begin(), points_.end(), [this](const ranked_point& a, const ranked_point& b) {
    for (std::size_t key = 0; key < keys_.size(); ++key) {
      if (a.numbers[key] != b.numbers[key]) {
        return keys_[key].is_better(a.numbers[key], b.numbers[key]);
      }
    }
    return false;
  });
}

ranking::kept_points ranking::keep_where(const std::string& where, const std::string& option) {
  const auto numbers_of = [](const ranked_point& point) {
    std::map<std::string, double> numbers;
    collect_numbers(point.axes, "", numbers);
    collect_numbers(point.totals, "totals", numbers);
    return numbers;
  };
  std::set<std::string> known;
  for (const auto& name : total_names()) {
    known.insert(name);
  }
  for (const auto& point : points_) {
    for (const auto& number : numbers_of(point)) {
      known.insert(number.first);
    }
  }
  const std::vector<std::string> names(known.begin(), known.end());
  where_expression expression(where, {option, "", "an axis of numbers, or a number such as totals.cycles"}, names);
  std::vector<double> values(expression.used().size());
  kept_points kept{.of = points_.size(), .undefined = 0};
  std::erase_if(points_, [&](const ranked_point& point) {
    const auto numbers = numbers_of(point);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto found = numbers.find(names[expression.used()[i]]);
      values[i] = found == numbers.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
    }
    const double result = expression.value(values);
    kept.undefined += std::isfinite(result) ? 0 : 1;
    return !std::isfinite(result) || result == 0;
  });
  return kept;
}

bool ranking::beats(const ranked_point& a, const ranked_point& b) const {
  bool is_better_in_one = false;
  for (std::size_t key = 0; key < keys_.size(); ++key) {
    if (keys_[key].is_better(b.numbers[key], a.numbers[key])) {
      return false;
    }
    is_better_in_one = is_better_in_one || keys_[key].is_better(a.numbers[key], b.numbers[key]);
  }
  return is_better_in_one;
}

std::vector<ranked_point> ranking::front() const {
  std::vector<ranked_point> result;
  // Only a point before it in this order can beat a point, and only one of the front needs to be asked.
  for (const auto& point : points_) {
    if (std::none_of(result.begin(), result.end(), [&](const ranked_point& other) { return beats(other, point); })) {
      result.push_back(point);
    }
  }
  return result;
}

}  // namespace dlac
