// The search among combinations: what it asks for, what it finds, and sweep files that want one.

#include "sim/search/pareto_search.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/search/combination.h"
#include "sim/sweep/point_choice.h"
#include "tests/unit/sweep_folder.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;
using generations = std::vector<std::vector<std::uint64_t>>;
using objectives_of_digits = std::vector<double> (*)(const std::vector<std::size_t>& digits);

/// A space, and what a search asked for in it.
struct searched {
  std::vector<std::size_t> sizes;
  std::function<bool(std::uint64_t)> holds = [](std::uint64_t) { return true; };
  generations asked = {};

  void search(const search_settings& settings, objectives_of_digits objectives) {
    const sweep_sample drawn{sample_kind::random, settings.population, settings.seed};
    const auto evaluate = [&](const std::vector<std::uint64_t>& combinations) {
      asked.push_back(combinations);
      std::vector<objective_values> values;
      for (const auto combination : combinations) {
        values.push_back(objectives(digits_of(combination, sizes)));
      }
      return values;
    };
    search_pareto_front(sizes, choose_points(sizes, drawn, holds, "f"), 2, settings, {holds, evaluate});
  }
  [[nodiscard]] std::set<std::uint64_t> all_asked() const {
    std::set<std::uint64_t> all;
    for (const auto& generation : asked) {
      all.insert(generation.begin(), generation.end());
    }
    return all;
  }
  [[nodiscard]] std::size_t count_asked() const {
    std::size_t count = 0;
    for (const auto& generation : asked) {
      count += generation.size();
    }
    return count;
  }
};

/// Both are best with 7 and 3 on the last axes; the first axis weighs one against the other.
std::vector<double> conflicting(const std::vector<std::size_t>& digits) {
  const auto distance = [](std::size_t a, int b) { return std::abs(static_cast<double>(a) - b); };
  const double off = distance(digits[1], 7) + distance(digits[2], 3);
  return {distance(digits[0], 0) + off, distance(digits[0], 15) + off};
}

std::size_t found_of_front(const searched& s) {
  const auto all = s.all_asked();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](std::uint64_t combination) {
    const auto digits = digits_of(combination, s.sizes);
    return digits[1] == 7 && digits[2] == 3;
  }));
}

TEST_CASE("a search finds the front with a fifth of the points") {
  for (std::uint32_t seed = 0; seed < 5; ++seed) {
    CAPTURE(seed);
    searched s{{16, 16, 6}};
    s.search({.population = 20, .generations = 15, .seed = seed}, conflicting);
    CHECK(s.count_asked() <= 320);  // of 1536
    CHECK(found_of_front(s) >= 14);
  }
}

TEST_CASE("a search asks for no combination twice, and for none that is not of the space") {
  searched s{{16, 16, 6}};
  s.holds = [&](std::uint64_t combination) { return (digits_of(combination, s.sizes)[0] + 3) % 4 != 0; };
  s.search({.population = 20, .generations = 10, .seed = 3}, conflicting);
  CHECK(s.asked.size() == 11);
  CHECK(s.asked.front() == choose_points(s.sizes, sweep_sample{sample_kind::random, 20, 3}, s.holds,
                                         "f"));  // the first generation as given
  CHECK(s.all_asked().size() == s.count_asked());
  const auto all = s.all_asked();
  CHECK(std::all_of(all.begin(), all.end(), s.holds));
  // A child that is none of the space, or was tried, gives way to a new one, if there is one near.
  CHECK(s.count_asked() >= 215);
  CHECK(s.count_asked() <= 220);
}

/// A bit like latency and area of machines with a fixed number of units, in a grid of 2^a x 2^b PEs with 2^c each.
std::vector<double> machine_like(const std::vector<std::size_t>& digits) {
  const auto d = [&](std::size_t i) { return static_cast<double>(digits[i]); };
  return {std::abs(d(0) - d(1)) + d(2) * d(2) / 8 + 24 / (d(3) + 1), d(3) + 2 * d(0) + d(1)};
}

bool has_all_units(const std::vector<std::size_t>& digits) {
  return digits[0] + digits[1] + digits[2] == 13;
}

TEST_CASE("where a constraint hardly leaves a child as it is, those that gave way pass on what they became") {
  const std::vector<std::size_t> sizes = {10, 10, 10, 32};
  const auto holds = [&](std::uint64_t combination) { return has_all_units(digits_of(combination, sizes)); };
  std::vector<std::pair<objective_values, std::uint64_t>> all;
  for (std::uint64_t combination = 0; combination < 32'000; ++combination) {
    if (holds(combination)) {
      all.emplace_back(machine_like(digits_of(combination, sizes)), combination);
    }
  }
  std::sort(all.begin(), all.end());
  std::set<std::uint64_t> front;
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [values, combination] : all) {
    if (values[1] < least) {
      least = values[1];
      front.insert(combination);
    }
  }
  std::size_t found = 0;
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    searched s{sizes, holds};
    s.search({.population = 20, .generations = 11, .seed = seed}, machine_like);
    const auto tried = s.all_asked();
    found += static_cast<std::size_t>(
        std::count_if(front.begin(), front.end(), [&](std::uint64_t one) { return tried.contains(one); }));
  }
  // 365 of 920 with a tenth of the points; 203 where children keep their own genes.
  REQUIRE(front.size() == 46);
  CHECK(found >= 300);
}

TEST_CASE("the same seed searches the same way, another seed another way") {
  const auto asked = [](std::uint32_t seed) {
    searched s{{16, 16, 6}};
    s.search({.population = 12, .generations = 6, .seed = seed}, conflicting);
    return s.asked;
  };
  CHECK(asked(1) == asked(1));
  CHECK(asked(1) != asked(2));
}

TEST_CASE("a search goes on where combinations have no objectives, and ends well when none is left") {
  searched holes{{16, 16, 6}};
  holes.search({.population = 20, .generations = 15, .seed = 1}, [](const std::vector<std::size_t>& digits) {
    constexpr double none = std::numeric_limits<double>::infinity();
    return digits[2] % 2 == 0 ? std::vector<double>{none, none} : conflicting(digits);
  });
  CHECK(found_of_front(holes) >= 12);
  // Axes of one value have no say; twelve combinations are soon used up.
  searched small{{1, 3, 2, 1, 2}};
  small.search({.population = 8, .generations = 5, .seed = 1}, [](const std::vector<std::size_t>& digits) {
    return std::vector<double>{static_cast<double>(digits[1]), 1 - static_cast<double>(digits[2])};
  });
  CHECK(small.all_asked().size() == small.count_asked());
  CHECK(small.count_asked() == 12);
}

TEST_CASE("what the evaluation throws ends the search") {
  searched s{{16, 16, 6}};
  CHECK_THROWS_AS(
      s.search({.population = 8, .generations = 2, .seed = 1},
               [](const std::vector<std::size_t>&) -> std::vector<double> { throw std::domain_error("x"); }),
      std::domain_error);
}

json with_search(const json& keys) {
  json all = {
      {"axes", {{{"key", "grid.rows"}, {"values", {1, 2, 4, 8}}}, {{"key", "grid.cols"}, {"values", {1, 2, 4}}}}},
      {"optimise", {{"objectives", {"totals.latency_ms", "totals.area_mm2.total"}}, {"population", 8}}}};
  all.merge_patch(keys);
  return all;
}

TEST_CASE("the points of a search are all combinations, by their numbers") {
  const sweep_folder folder;
  const auto plan = plan_of(folder.sweep(with_search({{"where", "grid.rows > 1"}})));
  REQUIRE(plan.is_search());
  CHECK(plan.size() == 12);
  CHECK(plan.most_tried() == 8 * 21);
  CHECK(plan.point(7).axes.dump() == R"({"grid.rows":4,"grid.cols":2})");
  REQUIRE(plan.objectives().size() == 2);
  CHECK(plan.objectives()[1].name == "totals.area_mm2.total");
  CHECK_FALSE(plan.objectives()[1].largest_is_best);
  std::size_t asked = 0;
  plan.search([&](const std::vector<std::uint64_t>& points) {
    CHECK(std::all_of(points.begin(), points.end(), [](std::uint64_t point) { return point >= 3 && point < 12; }));
    asked += points.size();
    return std::vector<objective_values>(points.size(), {1, 1});
  });
  CHECK(asked == 9);
  CHECK_FALSE(plan_of(folder.sweep_of({{{"key", "grid.rows"}, {"values", {1}}}})).is_search());
}

TEST_CASE("mistakes of a search are told with their place") {
  const sweep_folder folder;
  const auto message = [&](const json& keys) {
    const auto path = folder.sweep(with_search(keys));
    return message_of_sweep(path).substr(path.size() + 2);
  };
  const auto objectives = [](const json& names) { return json{{"optimise", {{"objectives", names}}}}; };
  CHECK(message(objectives({"totals.cycle", "totals.energy_mj"})) ==
        "/optimise/objectives/0: found \"totals.cycle\", expected an axis or a number such as totals.cycles, with or "
        "without :min or :max; did you mean \"totals.cycles\"?");
  CHECK(message(objectives({"grid.rows:min", "totals.tflops", "grid.rows:max"})) ==
        "/optimise/objectives/2: found \"grid.rows:max\", expected a number of its own: /optimise/objectives/0 has it");
  CHECK(message(objectives({"totals.tflops"})).starts_with("/optimise/objectives: found an array of 1 element"));
  CHECK(message({{"optimise", {{"population", 10}}}}) ==
        "/optimise/population: found 10, expected a multiple of 4 from 8 to 1000");
  CHECK(message({{"optimise", {{"population", 12}}}, {"where", "grid.rows > 1"}}) ==
        "/optimise/population: found 12, expected at most 9, as many as there are");
  CHECK(message({{"where", "grid.rows > 8"}}).starts_with("/where: found no point"));
  CHECK(message({{"axes", {{{"key", "skip"}, {"values", {"none", "both"}}}}},
                 {"optimise", {{"objectives", {"skip", "totals.cycles"}}}}}) ==
        "/optimise/objectives/0: found \"skip\", an axis with the value \"none\", expected an axis of numbers, or a "
        "number such as totals.cycles");
  CHECK(message({{"optimise", {{"generations", 0}}}}).starts_with("/optimise/generations: found 0"));
  CHECK(message({{"optimise", {{"seed", 4294967296}}}}).starts_with("/optimise/seed: found 4294967296"));
  CHECK(message({{"optimise", {{"objective", 1}}}}).find("did you mean \"objectives\"?") != std::string::npos);
  CHECK(message({{"sample", {{"kind", "random"}, {"points", 3}}}}) ==
        "/sample: found \"sample\" beside \"optimise\", expected one of them");
  CHECK(message({{"axes", {{{"key", "grid.rows"}, {"values", {4}}}}}}) ==
        "/axes: found a single point, expected an axis with several values, to search among");
}

}  // namespace
}  // namespace dlac::test
