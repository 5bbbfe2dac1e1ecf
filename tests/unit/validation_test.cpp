// Published figures: bounds, deviation, rank correlation; what is wrong with a file of figures; measurements by hand.

#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "sim/core/file_io.h"
#include "sim/text/text_bar.h"
#include "sim/validation/figure_file.h"
#include "sim/validation/measurements.h"
#include "sim/validation/validation_report.h"
#include "sim/validation/verdict.h"
#include "tests/unit/bad_input.h"

namespace dlac {
namespace {

using nlohmann::json;
using test::message_of;

const std::string shipped = DLAC_SOURCE_DIR "/models/validation/figures.json";

figure figure_of(figure_role role, std::optional<double> lowest, std::optional<double> highest) {
  figure f;
  f.role = role;
  f.bounds = figure_bounds{.lowest = lowest, .highest = highest, .reason = "because"};
  return f;
}

TEST_CASE("validation: a figure holds at its bounds, and not beyond") {
  const figure both = figure_of(figure_role::predicted, 4500, 5500);
  CHECK(judge(both, 4500) == verdict::holds);
  CHECK(judge(both, 5500) == verdict::holds);
  CHECK(judge(both, 4499.999) == verdict::off);
  CHECK(judge(both, 5500.001) == verdict::off);
  const figure lower = figure_of(figure_role::bounded, 75, {});
  CHECK(judge(lower, 75) == verdict::holds);
  CHECK(judge(lower, 1e9) == verdict::holds);
  CHECK(judge(lower, 74.999) == verdict::off);
  const figure upper = figure_of(figure_role::bounded, {}, 3.3);
  CHECK(judge(upper, 3.3) == verdict::holds);
  CHECK(judge(upper, -1e9) == verdict::holds);
  CHECK(judge(upper, 3.3001) == verdict::off);
}

TEST_CASE("validation: what was fitted or stated is never said to hold, a known miss stays one") {
  CHECK(judge(figure_of(figure_role::calibrated, 1, 2), 1.5) == verdict::fitted);
  CHECK(judge(figure_of(figure_role::stated, 1, 2), 1.5) == verdict::as_stated);
  CHECK(judge(figure_of(figure_role::calibrated, 1, 2), 2.5) == verdict::off);
  figure known = figure_of(figure_role::predicted, 1, 2);
  known.misses = "why";
  CHECK(judge(known, 2.5) == verdict::misses);
  CHECK(judge(known, 1.5) == verdict::holds);
  CHECK(judge(figure{}, 1.5) == verdict::none);
}

TEST_CASE("validation: deviation from the published number, if there is one") {
  figure f;
  CHECK_FALSE(deviation(f, 1).has_value());
  f.value = 0;
  CHECK_FALSE(deviation(f, 1).has_value());
  f.value = 2780;
  CHECK(*deviation(f, 2780) == 0);
  CHECK(*deviation(f, 3058) == doctest::Approx(0.1));
  CHECK(*deviation(f, 1390) == doctest::Approx(-0.5));
}

TEST_CASE("validation: rank correlation with the order") {
  const auto of = [](const std::vector<double>& values) { return rank_correlation_with_order(values); };
  CHECK(of({1, 2, 3, 4}) == doctest::Approx(1));
  CHECK(of({1, 10, 100, 1e6}) == doctest::Approx(1));  // ranks only
  CHECK(of({4, 3, 2, 1}) == doctest::Approx(-1));
  CHECK(of({1, 2, 3, 5, 4}) == doctest::Approx(0.9));        // 1 - 6 * 2 / (5 * 24)
  CHECK(of({1, 2, 2, 3}) == doctest::Approx(0.9486832981));  // ranks 1, 2.5, 2.5, 4: 4.5 / sqrt(5 * 4.5)
  CHECK(of({2, 2, 2}) == 0);
  CHECK(of({7}) == 0);
  CHECK(of({}) == 0);
}

TEST_CASE("validation: numbers for people") {
  CHECK(four_digits(2879.66) == "2880");
  CHECK(four_digits(27215462400) == "2.722e+10");
  CHECK(signed_percent(0.0358) == "+3.6 %");
  CHECK(signed_percent(-0.1788) == "-17.9 %");
  CHECK(signed_percent(-0.0001) == "+0.0 %");  // no minus before a zero
  CHECK(bounds_text({.lowest = 4500, .highest = 5500, .reason = ""}) == "4500 to 5500");
  CHECK(bounds_text({.lowest = 512, .highest = 512, .reason = ""}) == "512");
  CHECK(bounds_text({.lowest = 1, .highest = {}, .reason = ""}) == "at least 1");
  CHECK(bounds_text({.lowest = {}, .highest = 3.3, .reason = ""}) == "at most 3.3");
  CHECK(text_bar(0.5, 4) == "██  ");
  CHECK(text_bar(1, 2) == "██");
  CHECK(text_bar(0.3125, 4) == "█▎  ");  // 10 eighths
  CHECK(text_bar(0, 3) == "   ");
}

TEST_CASE("validation: the shipped figures name every measurement, and what is calibrated is said to be") {
  const figure_book book = read_figures(shipped);
  std::set<std::string_view> unused;
  for (const measurement& m : measurements()) {
    CHECK(unused.insert(m.name).second);
  }
  for (const figure_group& group : book.groups) {
    for (const figure& f : group.figures) {
      unused.erase(f.measure);
      const bool is_fitted = f.number == "1" || f.number == "2" || f.number == "3a" || f.number == "3b" ||
                             f.number == "8" || f.number == "9";
      CHECK((f.role == figure_role::calibrated) == is_fitted);
    }
  }
  CHECK(unused.empty());
}

/// The message for the shipped figures after `change`, without the file's name.
std::string message_after(const std::function<void(json&)>& change) {
  const test::temporary_folder place;
  json book = json::parse(read_file(shipped, "figures", 1U << 20U));
  change(book);
  const std::string path = place.file("figures.json", book.dump());
  const std::string message = message_of([&] { read_figures(path); });
  CHECK((message.empty() || message.starts_with(path + ": ")));
  return message.empty() ? "" : message.substr(path.size() + 2);
}

TEST_CASE("validation: mistakes in a file of figures") {
  const auto first = [](json& book) -> json& { return book["groups"][0]["figures"][0]; };
  CHECK(message_after([](json&) {}).empty());
  CHECK(message_after([&](json& book) { first(book)["meassure"] = 1; }).starts_with("/groups/0/figures/0/meassure: "));
  CHECK(message_after([&](json& book) { first(book).erase("source"); }).starts_with("/groups/0/figures/0/source: "));
  CHECK(message_after([&](json& book) { first(book)["role"] = "guess"; }).starts_with("/groups/0/figures/0/role: "));
  CHECK(message_after([&](json& book) { first(book)["measure"] = "best_layr"; }) ==
        "/groups/0/figures/0/measure: found \"best_layr\", expected the name of a measurement; did you mean "
        "\"best_layer\"?");
  CHECK(message_after([&](json& book) { first(book)["unit"] = "x"; }) ==
        "/groups/0/figures/0/unit: found \"x\", expected \"%\", the unit of nonzero_operations_forward");
  CHECK(message_after([&](json& book) { book["groups"][1]["figures"][0]["number"] = "1"; }) ==
        "/groups/1/figures/0/number: found \"1\", expected a number that no other figure has");
  CHECK(message_after([&](json& book) { first(book).erase("bounds"); }) ==
        "/groups/0/figures/0/bounds: found nothing, expected bounds, or the role \"shown\"");
  CHECK(message_after([&](json& book) { first(book)["role"] = "shown"; }) ==
        "/groups/0/figures/0/bounds: found bounds, expected nothing for a figure that is only shown");
  CHECK(message_after([&](json& book) {
          first(book)["bounds"] = {{"reason", "none"}};
        }) == "/groups/0/figures/0/bounds: found neither bound, expected \"lowest\", \"highest\" or both");
  CHECK(message_after([&](json& book) { first(book)["bounds"]["lowest"] = 17.7; }) ==
        "/groups/0/figures/0/bounds: found 17.7 to 17.6, expected a lowest value that is not above the highest");
  CHECK(message_after([&](json& book) {
          json& f = first(book);
          f.erase("bounds");
          f["role"] = "shown";
          f["misses"] = "why";
        }) == "/groups/0/figures/0/misses: found a text, expected nothing for a figure without bounds");
  CHECK(message_after([](json& book) { book["peers"]["eie"]["area_mm2"] = 0; }).starts_with("/peers/eie/area_mm2: "));
}

layer_result layer_with(const std::string& name, weight_format format, std::uint64_t macs, cycle cycles) {
  layer_result layer;
  layer.name = name;
  layer.formats = formats_of(uniform_formats(ieee_float::fp32), pass_kind::forward, format);
  layer.dense_macs = macs;
  layer.effectual_macs = macs / 4;
  layer.lanes = 4;
  layer.counters.cycles = cycles;
  return layer;
}

TEST_CASE("validation: measurements by hand") {
  evidence found;
  found.fp32 = read_accelerator_config(DLAC_SOURCE_DIR "/configs/paper-fp32-training.json");
  found.fp32_area_mm2 = 2;
  // 1000, 2000 and 4000 FLOP/cycle
  found.paper_profile.fp32 = {layer_with("conv1", weight_format::full, 1000000, 2000),
                              layer_with("layer1.0.conv1", weight_format::ternary, 1000000, 1000),
                              layer_with("layer4.0.conv1", weight_format::ternary, 2000000, 1000)};
  const auto value = [&](const char* name) { return find_measurement(name)->of(found, found.paper_profile); };
  CHECK(value("best_layer") == doctest::Approx(4000));
  CHECK(value("average") == doctest::Approx(3000));             // 6e6 FLOP in 2000 cycles
  CHECK(value("average_with_first") == doctest::Approx(2000));  // 8e6 in 4000
  CHECK(value("mean_of_layers") == doctest::Approx(3000));      // (2000 + 4000) / 2
  CHECK(value("mean_of_layers_with_first") == doctest::Approx(7000.0 / 3));
  CHECK(value("nonzero_operations_forward") == doctest::Approx(25));
  CHECK(value("implied_gain_forward") == doctest::Approx(4));
  CHECK(value("average_tflops") == doctest::Approx(1.5));  // at 500 MHz
  CHECK(value("average_density_fp32") == doctest::Approx(0.75));
  CHECK(value("last_stage_density_fp32") == doctest::Approx(1));
  CHECK(value("lowest_speed_up") == doctest::Approx(2000.0 / 1024));  // the first convolution is none of them
  CHECK(value("highest_speed_up") == doctest::Approx(4000.0 / 1024));
  CHECK(value("growth_with_depth") == doctest::Approx(1));
  CHECK(value("fp32_units") == 512);
  CHECK(find_measurement("averag") == nullptr);
}

}  // namespace
}  // namespace dlac
