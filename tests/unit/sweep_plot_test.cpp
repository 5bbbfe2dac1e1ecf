// Pictures of sweeps: which points, which axes, which words.

#include "sim/sweep/sweep_plot.h"

#include <doctest/doctest.h>

#include "sim/core/error.h"
#include "tests/unit/bad_input.h"

namespace dlac {
namespace {

using json = nlohmann::ordered_json;

/// A store of points with these axes' values, and a total "cycles" of 100, 99, ...
class stored_sweep {
 public:
  stored_sweep(const std::vector<std::string>& axes, const std::vector<json>& values,
               const std::vector<std::size_t>& groups = {})
      : store(folder_.path("sweep"), {"s", "definition", "inputs", axes, groups, values.size()}, folder_use::begin) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      stored_point point{.point = i, .axes = values[i].dump(), .key = std::to_string(i), .result = {}};
      point.result.totals = json{{"cycles", 100 - i}}.dump();
      store.add(point);
    }
  }

  std::string plot(const std::string& key = "totals.cycles") {
    const auto by = read_ranking_key(key, store.identity().axes, "--by");
    return plot_over_axes(store, ranking(store, {by}), by, {"--plot"});
  }

 private:
  test::temporary_folder folder_;

 public:
  result_store store;
};

std::size_t occurrences(const std::string& text, const std::string& piece) {
  std::size_t count = 0;
  for (auto place = text.find(piece); place != std::string::npos; place = text.find(piece, place + 1)) {
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("sweep plot: one axis is a line, by ascending values") {
  stored_sweep sweep({"d"}, {{{"d", 4}}, {{"d", 1}}, {{"d", 2}}});
  const auto text = sweep.plot();
  CHECK(occurrences(text, "<polyline") == 1);
  CHECK(text.find("<title>point 1, d 1</title>") < text.find("<title>point 2, d 2</title>"));
  CHECK(text.find("<title>point 2, d 2</title>") < text.find("<title>point 0, d 4</title>"));
}

TEST_CASE("sweep plot: a word beside a number is a line for each word, two numbers are a map") {
  stored_sweep lines({"skip", "d"}, {{{"skip", "none"}, {"d", 1}},
                                     {{"skip", "none"}, {"d", 2}},
                                     {{"skip", "both"}, {"d", 1}},
                                     {{"skip", "both"}, {"d", 2}}});
  CHECK(occurrences(lines.plot(), "<polyline") == 2);
  stored_sweep map({"r", "d"}, {{{"r", 1}, {"d", 1}}, {{"r", 1}, {"d", 2}}, {{"r", 2}, {"d", 1}}});
  const auto text = map.plot();
  CHECK(occurrences(text, "<polyline") == 0);
  CHECK(occurrences(text, "class=\"missing\"") == 1);  // (2, 2) is not a point
}

TEST_CASE("sweep plot: an axis with one value does not count, three are too many") {
  stored_sweep one({"r", "d"}, {{{"r", 7}, {"d", 1}}, {{"r", 7}, {"d", 2}}});
  CHECK(occurrences(one.plot(), "<polyline") == 1);
  stored_sweep three({"a", "b", "c"}, {{{"a", 1}, {"b", 1}, {"c", 1}}, {{"a", 2}, {"b", 2}, {"c", 2}}});
  CHECK_THROWS_WITH_AS(three.plot(),
                       "--plot: found 3 axes with more than one value, expected one numeric axis, or two of which one "
                       "is numeric; or --pareto with two keys",
                       input_error);
  stored_sweep empty({"a"}, {});
  CHECK_THROWS_AS(empty.plot(), input_error);
}

TEST_CASE("sweep plot: zipped axes are one, in the order of the file, by their values") {
  const std::vector<json> values = {
      {{"r", 4}, {"c", 8}, {"d", 1}}, {{"r", 4}, {"c", 4}, {"d", 1}}, {{"r", 2}, {"c", 4}, {"d", 1}}};
  stored_sweep line({"r", "c", "d"}, values, {0, 0, 1});
  const auto text = line.plot();
  CHECK(occurrences(text, "<polyline") == 1);
  CHECK(text.find(">r / c<") != std::string::npos);
  CHECK(text.find(">4 / 8<") < text.find(">4 / 4<"));
  CHECK(text.find(">4 / 4<") < text.find(">2 / 4<"));
  auto wide = values;
  wide.push_back({{"r", 2}, {"c", 4}, {"d", 2}});
  CHECK(occurrences(stored_sweep({"r", "c", "d"}, wide, {0, 0, 1}).plot(), "class=\"missing\"") == 2);
  CHECK_THROWS_AS(stored_sweep({"r", "c", "d"}, wide).plot(), input_error);
}

TEST_CASE("sweep plot: the front of two keys") {
  // Cycles 100, 99, 98 at d = 1, 2, 1: the last beats the first, and the second in d.
  stored_sweep sweep({"d"}, {{{"d", 1}}, {{"d", 2}}, {{"d", 1}}});
  const std::vector<ranking_key> keys = {read_ranking_key("totals.cycles", sweep.store.identity().axes, "--pareto"),
                                         read_ranking_key("d", sweep.store.identity().axes, "--pareto")};
  const auto text = plot_pareto(sweep.store, ranking(sweep.store, keys), keys, {"--plot"});
  CHECK(occurrences(text, "<circle class=\"other\"") == 3);
  CHECK(occurrences(text, "<circle class=\"front\"") == 1);
  CHECK_THROWS_AS(plot_pareto(sweep.store, ranking(sweep.store, {keys[0]}), {keys[0]}, {"--plot"}), input_error);
}

}  // namespace dlac
