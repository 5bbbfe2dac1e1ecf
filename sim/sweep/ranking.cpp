#include "sim/sweep/ranking.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dlac {

std::vector<std::string> usual_keys(const result_store& store) {
  const auto definition = nlohmann::json::parse(store.identity().definition);
  const nlohmann::json::json_pointer objectives("/optimise/objectives");
  return definition.contains(objectives) ? definition.at(objectives).get<std::vector<std::string>>()
                                         : std::vector<std::string>{"totals.latency_ms"};
}

ranking::ranking(result_store& store, std::vector<ranking_key> keys) : keys_(std::move(keys)) {
  store.for_each([&](const stored_point& done) {
    if (done.result.status != point_status::ok) {
      return;
    }
    ranked_point point{.point = done.point,
                       .axes = nlohmann::ordered_json::parse(done.axes),
                       .totals = nlohmann::ordered_json::parse(done.result.totals),
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
