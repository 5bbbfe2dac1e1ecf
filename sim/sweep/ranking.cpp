#include "sim/sweep/ranking.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/sweep/result_files.h"

namespace dlac {
namespace {

constexpr std::string_view totals_prefix = "totals.";

constexpr std::array<std::string_view, 7> larger_is_better = {"totals.flop_per_cycle",
                                                              "totals.effectual_flop_per_cycle",
                                                              "totals.speedup_over_dense",
                                                              "totals.lane_utilisation",
                                                              "totals.tflops",
                                                              "totals.tflops_per_w",
                                                              "totals.tflops_per_mm2"};

/// NaN where there is no number.
double number_at(const ranked_point& point, const std::string& name) {
  const nlohmann::ordered_json* value = &point.axes;
  if (name.starts_with(totals_prefix)) {
    value = &point.totals;
    for (auto rest = name.substr(totals_prefix.size()); value != nullptr && !rest.empty();) {
      const auto dot = std::min(rest.find('.'), rest.size());
      const auto found = value->find(rest.substr(0, dot));
      value = found == value->end() ? nullptr : &*found;
      rest = rest.substr(std::min(dot + 1, rest.size()));
    }
  } else {
    const auto found = value->find(name);
    value = found == value->end() ? nullptr : &*found;
  }
  return value != nullptr && value->is_number() ? value->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

ranking_key ranking::key_of(const result_store& store, const std::string& text, const std::string& option) {
  auto name = text;
  std::string direction;
  for (const std::string word : {":min", ":max"}) {
    if (name.ends_with(word)) {
      name.resize(name.size() - word.size());
      direction = word;
    }
  }
  auto names = store.identity().axes;
  for (auto& total : total_names()) {
    names.push_back(std::move(total));
  }
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    const std::vector<std::string_view> known(names.begin(), names.end());
    throw input_error(
        option, "", in_quotes(text),
        "an axis or a number such as totals.cycles, with or without :min or :max" + did_you_mean(name, known));
  }
  const bool is_larger_better =
      std::find(larger_is_better.begin(), larger_is_better.end(), name) != larger_is_better.end();
  return {name, direction.empty() ? is_larger_better : direction == ":max"};
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
      point.numbers.push_back(number_at(point, key.name));
      if (std::isnan(point.numbers.back())) {
        return;
      }
    }
    points_.push_back(std::move(point));
  });
  std::stable_sort(points_.begin(), points_.end(), [this](const ranked_point& a, const ranked_point& b) {
    for (std::size_t key = 0; key < keys_.size(); ++key) {
      if (a.numbers[key] != b.numbers[key]) {
        return is_better(key, a.numbers[key], b.numbers[key]);
      }
    }
    return false;
  });
}

bool ranking::beats(const ranked_point& a, const ranked_point& b) const {
  bool is_better_in_one = false;
  for (std::size_t key = 0; key < keys_.size(); ++key) {
    if (is_better(key, b.numbers[key], a.numbers[key])) {
      return false;
    }
    is_better_in_one = is_better_in_one || is_better(key, a.numbers[key], b.numbers[key]);
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
