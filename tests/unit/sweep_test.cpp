// Sweeps: axes and their values, expressions, choice of points, keys of results, densities, the store, ranking.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "sim/search/combination.h"
#include "sim/sweep/axes.h"
#include "sim/sweep/point_choice.h"
#include "sim/sweep/ranking.h"
#include "sim/sweep/result_store.h"
#include "sim/sweep/sweep_plan.h"
#include "sim/sweep/where.h"
#include "tests/unit/bad_input.h"
#include "tests/unit/sweep_folder.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;

const std::string source_folder = DLAC_SOURCE_DIR;

std::vector<json> values_of(const json& axis) {
  const sweep_folder folder;
  const auto path = folder.sweep_of(json::array({axis}));
  std::vector<json> values;
  const auto groups = resolve_axes(read_sweep_file(path), path);
  for (const auto& value : groups.front().axes.front().values) {
    values.push_back(value.value);
  }
  return values;
}

std::string axis_message(const json& axes) {
  const sweep_folder folder;
  const auto path = folder.sweep_of(axes);
  auto message = message_of([&] { resolve_axes(read_sweep_file(path), path); });
  return message.substr(std::min(message.size(), path.size() + 2));
}

TEST_CASE("axis values: lists, ranges with both ends, doublings") {
  CHECK(values_of({{"key", "grid.rows"}, {"values", {4, 8}}}) == std::vector<json>{4, 8});
  CHECK(values_of({{"key", "grid.rows"}, {"range", {{"from", 1}, {"to", 4}}}}) == std::vector<json>{1, 2, 3, 4});
  CHECK(values_of({{"key", "grid.rows"}, {"range", {{"from", 1}, {"to", 8}, {"step", 3}}}}) ==
        std::vector<json>{1, 4, 7});
  CHECK(values_of({{"key", "density.weights"}, {"range", {{"from", 0.1}, {"to", 0.5}, {"step", 0.1}}}}) ==
        std::vector<json>{0.1, 0.2, 0.3, 0.4, 0.5});
  CHECK(values_of({{"key", "grid.rows"}, {"log2", {{"from", 3}, {"to", 24}}}}) == std::vector<json>{3, 6, 12, 24});
  CHECK(values_of({{"key", "grid.rows"}, {"log2", {{"from", 3}, {"to", 23}}}}) == std::vector<json>{3, 6, 12});
}

TEST_CASE("mistakes in axes are told with their place") {
  const json rows = {{"key", "grid.rows"}, {"values", {4, 8}}};
  CHECK(axis_message({{{"values", {1}}}}) == "/axes/0: found an axis without a key, expected \"key\", or \"zip\"");
  CHECK(axis_message({{{"key", "grid.rows"}}}) ==
        "/axes/0: found no values, expected one of \"values\", \"range\" and \"log2\"");
  CHECK(axis_message({{{"key", "grid.rows"}, {"range", {{"from", 4}, {"to", 1}}}}}) ==
        "/axes/0/range/to: found 1, expected at least 4, where it begins");
  CHECK(axis_message({{{"key", "grid.rows"}, {"range", {{"from", 1}, {"to", 4}, {"step", 0}}}}}) ==
        "/axes/0/range/step: found 0, expected a number above 0");
  CHECK(axis_message({{{"key", "grid.rows"}, {"values", {4, 8, 4}}}}) ==
        "/axes/0/values/2: found 4, expected a value of its own: /axes/0/values/0 has this one");
  CHECK(axis_message({rows, rows}) ==
        "/axes/1/key: found \"grid.rows\", expected an axis of its own: /axes/0 has \"grid.rows\"");
  CHECK(axis_message({rows, {{"key", "grid"}, {"values", {{{"rows", 1}, {"cols", 1}}}}}}) ==
        "/axes/1/key: found \"grid\", expected an axis of its own: /axes/0 has \"grid.rows\"");
  CHECK(axis_message({{{"key", "density.weight"}, {"values", {0.5}}}}) ==
        "/axes/0/key: found \"density.weight\", expected one of \"density.activations\", \"density.weights\" or "
        "\"density.gradients\"; did you mean \"density.weights\"?");
  CHECK(axis_message({{{"key", "density.weights"}, {"values", {1.5}}}}) ==
        "/axes/0/values/0: found 1.5, expected a number from 0 to 1");
  CHECK(axis_message({{{"key", "grid.rows"}, {"values", {1}}, {"mode", "set"}}}) ==
        "/axes/0/mode: found \"grid.rows\", expected an axis of a density, to which alone it applies");
  CHECK(axis_message({{{"key", "workload"}, {"values", {"workload.json"}}}}) ==
        "/workload: found \"workload\" beside an axis of this name, expected one of them");
  CHECK(axis_message({{{"zip", {rows, {{"key", "grid.cols"}, {"values", {1}}}}}}}) ==
        "/axes/0/zip/1: found 1 values, expected 2, as the first axis of the zip has");
}

TEST_CASE("every value of a config key is read as the config would") {
  const sweep_folder folder;
  const auto message = [&](const json& axes) {
    auto text = message_of_sweep(folder.sweep_of(axes));
    return text.substr(std::min(text.size(), folder.path("sweep.json").size() + 2));
  };
  CHECK(message({{{"key", "grid.rows"}, {"values", {4, 0}}}}) ==
        "/axes/0/values/1: /grid/rows: found 0, expected an integer from 1 to 1024");
  CHECK(message({{{"key", "grid.rowz"}, {"values", {4}}}}).find("did you mean \"rows\"?") != std::string::npos);
  CHECK(message({{{"key", "grid.rows"}, {"range", {{"from", 1023}, {"to", 1025}}}}}) ==
        "/axes/0/range: /grid/rows: found 1025, expected an integer from 1 to 1024");
  CHECK(message({{{"key", "technology"}, {"values", {"14nm", "15nm"}}}}).starts_with("/axes/0/values/1: /technology:"));
  CHECK(message({{{"key", "workload"}, {"values", {"none.json"}}}}).find("one of them") != std::string::npos);
  // Valid by itself, impossible with the others: a point with an error.
  const auto plan = plan_of(folder.sweep_of(
      {{{"key", "mapping.block"}, {"values", {{4, 2}, {4, 4}}}}, {{"key", "pe.output_buffers"}, {"values", {8, 16}}}}));
  CHECK(std::holds_alternative<point_inputs>(plan.point(0).inputs));
  CHECK(std::get<std::string>(plan.point(2).inputs).find("at most 8") != std::string::npos);
  CHECK(std::holds_alternative<point_inputs>(plan.point(3).inputs));
}

TEST_CASE("points are all combinations, the last axis fastest, zipped axes go together") {
  const sweep_folder folder;
  const auto plan = plan_of(folder.sweep_of(
      {{{"zip",
         {{{"key", "grid.rows"}, {"values", {4, 8}}}, {{"key", "grid.cols"}, {"log2", {{"from", 8}, {"to", 16}}}}}}},
       {{"key", "skip"}, {"values", {"none", "both"}}}}));
  REQUIRE(plan.size() == 4);
  CHECK(plan.axis_names() == std::vector<std::string>{"grid.rows", "grid.cols", "skip"});
  CHECK(plan.point(1).axes.dump() == R"({"grid.rows":4,"grid.cols":8,"skip":"both"})");
  CHECK(plan.point(2).axes.dump() == R"({"grid.rows":8,"grid.cols":16,"skip":"none"})");
  CHECK(std::get<point_inputs>(plan.point(2).inputs).config.grid == grid_shape{8, 16});
}

TEST_CASE("where keeps the points that it holds for, and tells its mistakes") {
  const sweep_folder folder;
  const json axes = {{{"key", "grid.rows"}, {"values", {1, 2, 4, 8}}},
                     {{"key", "grid.cols"}, {"values", {1, 2, 4, 8}}}};
  const auto with = [&](const std::string& text) { return folder.sweep({{"axes", axes}, {"where", text}}); };
  CHECK(plan_of(with("grid.rows * grid.cols == 8")).size() == 4);
  CHECK(plan_of(with("grid.rows * grid.cols * pe.fma_units <= 4")).size() == 3);
  CHECK(plan_of(with("grid.rows > 1 && grid.cols > memory.latency_cycles / 20")).size() == 3);
  CHECK(message_of_sweep(with("grid.row == 1")).find("/where: found \"grid.row\"") != std::string::npos);
  CHECK(message_of_sweep(with("grid.row == 1")).find("did you mean \"grid.rows\"?") != std::string::npos);
  CHECK(message_of_sweep(with("grid.rows = 1")).find("found an assignment") != std::string::npos);
  CHECK(message_of_sweep(with("grid.rows *")).find("/where: found \"grid.rows *\"") != std::string::npos);
  CHECK(message_of_sweep(with("grid.rows > 9")).find("found no point") != std::string::npos);
  CHECK(message_of_sweep(with("(grid.rows > 1")).find("/where") != std::string::npos);
  // Values of objects, densities, and keys that are not there.
  const json memories = {
      {{"key", "memory"},
       {"values", {nullptr, {{"bytes_per_cycle", 8}, {"latency_cycles", 1}, {"compression", "none"}}}}},
      {{"key", "density.weights"}, {"values", {0.1, 0.9}}}};
  CHECK(plan_of(folder.sweep({{"axes", memories}, {"where", "memory.bytes_per_cycle == 8 && density.weights > 0.5"}}))
            .size() == 1);
  // A bandwidth with decimals, as listed and as a range makes it.
  for (const json& bandwidths :
       {json{{"key", "memory.bytes_per_cycle"}, {"values", {38.4, 0.3, 64}}},
        json{{"key", "memory.bytes_per_cycle"}, {"range", {{"from", 0.1}, {"to", 0.3}, {"step", 0.1}}}}}) {
    CHECK(plan_of(folder.sweep({{"axes", {bandwidths}}, {"where", "memory.bytes_per_cycle >= 0.3"}})).size() ==
          (bandwidths.contains("values") ? 3U : 1U));
  }
}

TEST_CASE("samples: distinct, the same for a seed, a Latin hypercube covers every axis evenly") {
  const std::vector<std::size_t> sizes = {4, 8, 2};
  const auto all = [](std::uint64_t) { return true; };
  const auto draw = [&](sample_kind kind, std::uint64_t points, std::uint64_t seed) {
    return choose_points(sizes, sweep_sample{kind, points, seed}, all, "f");
  };
  const auto random = draw(sample_kind::random, 20, 1);
  CHECK(random.size() == 20);
  CHECK(std::is_sorted(random.begin(), random.end()));
  CHECK(std::adjacent_find(random.begin(), random.end()) == random.end());
  CHECK(random == draw(sample_kind::random, 20, 1));
  CHECK(random != draw(sample_kind::random, 20, 2));
  CHECK(draw(sample_kind::random, 64, 5).size() == 64);
  // Where few of many hold, those few are found all the same.
  const std::vector<std::size_t> many = {100, 100, 100};
  const auto few = [](std::uint64_t combination) { return combination % 100'000 == 7; };
  const auto some = choose_points(many, sweep_sample{sample_kind::random, 4, 1}, few, "f");
  CHECK(some.size() == 4);
  CHECK(std::all_of(some.begin(), some.end(), few));
  CHECK(std::is_sorted(some.begin(), some.end()));
  CHECK(std::adjacent_find(some.begin(), some.end()) == some.end());
  CHECK(message_of([&] {
          choose_points(many, sweep_sample{sample_kind::random, 11, 1}, few, "f");
        }) == "f: /sample/points: found 11, expected at most 10, as many as there are");
  // Going through all of them takes the place of drawing before it takes longer.
  std::uint64_t looks = 0;
  const auto last = [&](std::uint64_t combination) {
    ++looks;
    return combination == 999'999;
  };
  CHECK(choose_points(many, sweep_sample{sample_kind::random, 1, 1}, last, "f") == std::vector<std::uint64_t>{999'999});
  CHECK(looks < 6'000'000);
  looks = 0;
  CHECK(message_of([&] {
          choose_points(many, sweep_sample{sample_kind::random, 1'000'000, 1}, last, "f");
        }) == "f: /sample/points: found 1000000, expected at most 1, as many as there are");
  CHECK(looks < 6'000'000);
  const std::vector<std::size_t> endless = {1 << 20, 1 << 20};
  looks = 0;
  CHECK(message_of([&] {
          choose_points(endless, sweep_sample{sample_kind::random, 100'000, 1}, last, "f");
        }).find("combinations were found in 50000000 tries") != std::string::npos);
  CHECK(message_of([&] { draw(sample_kind::random, 65, 1); }).find("/sample/points: found 65") != std::string::npos);

  const auto cube = draw(sample_kind::latin_hypercube, 8, 7);
  CHECK(cube == draw(sample_kind::latin_hypercube, 8, 7));
  REQUIRE(cube.size() == 8);
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
    std::map<std::size_t, int> times;
    for (const auto combination : cube) {
      ++times[digits_of(combination, sizes)[axis]];
    }
    CHECK(times.size() == sizes[axis]);
    for (const auto& [value, count] : times) {
      CHECK(count == static_cast<int>(8 / sizes[axis]));
    }
  }
  CHECK(message_of([] {
          choose_points(
              std::vector<std::size_t>{1001, 1000}, {}, [](auto) { return true; }, "f");
        }).find("more than 1000000 points") != std::string::npos);
}

TEST_CASE("the key of a point tells everything that its result depends on, and no names") {
  const json axes = {{{"key", "grid.rows"}, {"values", {2}}}};
  const auto key = [&](const std::string& file, const json& patch, const json& keys = json::object()) {
    const sweep_folder folder;
    auto config = json::parse(std::string(sweep_folder::config_text));
    auto workload = json::parse(std::string(sweep_folder::workload_text));
    (file == "config" ? config : workload).merge_patch(patch);
    folder.write("config.json", config);
    folder.write("workload.json", workload);
    json all = {{"axes", axes}};
    all.update(keys);
    return plan_of(folder.sweep(all)).point(0).key;
  };
  const auto base = key("config", json::object());
  CHECK(base.size() == 32);
  CHECK(base == key("config", {{"name", "other"}}));
  CHECK(base == key("workload", {{"name", "other"}}));
  const std::vector<json> config_changes = {{{"clock_mhz", 501}},
                                            {{"grid", {{"cols", 5}}}},
                                            {{"pe", {{"fma_units", 3}}}},
                                            {{"pe", {{"adders", 3}}}},
                                            {{"pe", {{"output_buffers", 9}}}},
                                            {{"pe", {{"output_banks", 1}}}},
                                            {{"skip", "none"}},
                                            {{"skip_outputs", true}},
                                            {{"pe", {{"operand_queue_depth", 5}}}},
                                            {{"mode", "fp16-inference"}},
                                            {{"drain_elements_per_cycle", 9}},
                                            {{"weight_buffer_bytes", 32769}},
                                            {{"memory", nullptr}},
                                            {{"feature_map_buffer_bytes", 1u}},
                                            {{"memory", {{"bytes_per_cycle", 65}}}},
                                            {{"technology", "28nm"}},
                                            {{"mapping", {{"block", {2, 2}}}}},
                                            {{"memory", {{"latency_cycles", 99}}}},
                                            {{"mapping", {{"order", "mt-outer"}}}},
                                            {{"memory", {{"compression", "bitmap"}}}}};
  std::set<std::string> keys = {base};
  for (const auto& change : config_changes) {
    CAPTURE(change.dump());
    CHECK(keys.insert(key("config", change)).second);
  }
  CHECK(keys.insert(key("workload", {{"batch", 2}})).second);
  CHECK(keys.insert(key("workload", {{"operands", {{"weights", {{"seed", 5}}}}}})).second);
  CHECK(keys.insert(key("config", json::object(), {{"pass", "training"}})).second);
  CHECK(keys.insert(key("config", json::object(), {{"layers", "a"}})).second);
  CHECK(keys.insert(key("config", json::object(), {{"per_layer", true}})).second);
  CHECK(
      keys.insert(key("config", json::object(), {{"axes", {{{"key", "density.weights"}, {"values", {0.5}}}}}})).second);
  // The same density by another axis is the same point.
  CHECK(key("config", json::object(), {{"axes", {{{"key", "density.weights"}, {"values", {0.6}}}}}}) == base);
}

TEST_CASE("densities: set, scaled, of some layers, a share of a trace is part of a larger share") {
  const sweep_folder folder;
  const auto variant = [&](const json& axis) {
    return std::get<point_inputs>(plan_of(folder.sweep_of(json::array({axis}))).point(0).inputs).variant;
  };
  const auto density = [](const workload_variant& v, std::size_t layer) {
    return std::get<synthetic_source>(v.net.layers[layer].operands.weights).density;
  };
  CHECK(density(*variant({{"key", "density.weights"}, {"values", {0.25}}}), 0) == 0.25);
  CHECK(density(*variant({{"key", "density.weights"}, {"values", {0.5}}, {"mode", "scale"}}), 0) == 0.3);
  const auto some = variant({{"key", "density.weights"}, {"values", {0.25}}, {"layers", "b"}});
  CHECK(density(*some, 0) == 0.6);
  CHECK(density(*some, 1) == 0.25);

  const auto net = read_network(source_folder + "/workloads/resnet34.json");
  const std::vector<bool> all(net.layers.size(), true);
  mask_cache cache(std::uint64_t{1} << 24U);
  const auto mask_of = [&](double share) {
    const auto scaled = std::make_shared<const workload_variant>(
        net, std::vector<density_setting>{{tensor_role::weights, density_mode::scale, share, all}}, "layer1.0.conv1",
        "");
    return variant_operands(scaled, formats_of(machine_mode::fp32_training), cache)
        .operand_mask(*scaled->layers.front(), tensor_role::weights, pass_kind::forward)
        .mask.bits;
  };
  const auto whole = mask_of(1);
  const auto half = mask_of(0.5);
  const auto fifth = mask_of(0.2);
  CHECK(half.count() == doctest::Approx(0.5 * static_cast<double>(whole.count())).epsilon(0.03));
  CHECK(fifth.count() == doctest::Approx(0.2 * static_cast<double>(whole.count())).epsilon(0.05));
  CHECK(mask_of(0).count() == 0);
  CHECK(mask_of(0.5) == half);  // from the cache
  for (std::uint64_t r = 0; r < whole.rows(); ++r) {
    for (std::uint64_t w = 0; w < whole.row(r).size(); ++w) {
      CHECK((half.row(r)[w] & ~whole.row(r)[w]) == 0);
      CHECK((fifth.row(r)[w] & ~half.row(r)[w]) == 0);
    }
  }
}

/// Names of the layers whose operand an axis makes this sparse, in a network of six layers: of ternary weights but for
/// the first and the last, of which b, d and e have zeros.
std::string changed_layers(const json& layers, const std::string& key = "density.weights", const json& mode = "set") {
  const json dense = {{"weights", {{"source", "dense"}}}};
  const json sparse = {{"weights", {{"source", "synthetic"}, {"density", 0.75}}}};
  const json full = {{"weights", {{"source", "synthetic"}, {"density", 1}}}};
  json workload = {{"name", "w"}, {"layers", json::array()}};
  for (const auto& [name, operands] : std::vector<std::pair<std::string, json>>{
           {"a", dense}, {"b.1", sparse}, {"b.2", full}, {"b.3", sparse}, {"c", dense}, {"d", sparse}}) {
    workload["layers"].push_back({{"name", name},
                                  {"type", "linear"},
                                  {"in_features", 8},
                                  {"out_features", 8},
                                  {"weight_format", name == "a" || name == "d" ? "full" : "ternary"},
                                  {"operands", operands}});
  }
  const sweep_folder folder;
  folder.write("workload.json", workload);
  json axis = {{"key", key}, {"values", {0.25}}, {"mode", mode}};
  if (!layers.is_null()) {
    axis["layers"] = layers;
  }
  const auto path = folder.sweep_of(json::array({axis}));
  std::string text = message_of_sweep(path);
  if (!text.empty()) {
    return text.substr(path.size() + 2);
  }
  const auto plan = plan_of(path);
  const auto point = plan.point(0);
  for (const auto& l : std::get<point_inputs>(point.inputs).variant->net.layers) {
    const auto* const source =
        std::get_if<synthetic_source>(key == "density.weights" ? &l.operands.weights : &l.operands.activations);
    if (source != nullptr && source->density == (mode == "set" ? 0.25 : 0.1875)) {
      text += (text.empty() ? "" : " ") + l.name;
    }
  }
  return text;
}

TEST_CASE("densities: a choice of layers") {
  CHECK(changed_layers(nullptr) == "b.1 b.3 d");
  CHECK(changed_layers("sparse") == "b.1 b.3 d");
  CHECK(changed_layers("*") == "a b.1 b.2 b.3 c d");
  CHECK(changed_layers("ternary") == "b.1 b.2 b.3 c");
  CHECK(changed_layers("!ternary") == "d");
  CHECK(changed_layers("!d") == "b.1 b.3");
  CHECK(changed_layers("b.*") == "b.1 b.2 b.3");
  CHECK(changed_layers({"b.*", "a"}) == "a b.1 b.2 b.3");
  CHECK(changed_layers({"*", "!b.?", "b.2"}) == "a b.2 c d");
  CHECK(changed_layers({"*", "b.2", "!b.?"}) == "a c d");
  CHECK(changed_layers({"!b.*", "c"}) == "c d");
  CHECK(changed_layers({"ternary", "!sparse"}) == "b.2 c");
  CHECK(changed_layers({"sparse", "a"}) == "a b.1 b.3 d");
  CHECK(changed_layers("[!ab]*") == "c d");
  CHECK(changed_layers(nullptr, "density.weights", "scale") == "b.1 b.3 d");
  CHECK(changed_layers("a", "density.activations") == "a");
}

TEST_CASE("densities: mistakes in a choice of layers") {
  CHECK(changed_layers(nullptr, "density.activations") ==
        R"(/axes/0: found no layer with sparse activations, expected "layers", such as "*" for all: without it only )"
        "those change that are sparse already");
  CHECK(changed_layers("ternry") ==
        R"(/axes/0/layers: found "ternry", expected "ternary", "sparse" or a glob, which means a layer of the )"
        R"(workload; did you mean "ternary"?)");
  CHECK(changed_layers({"*", "!b.4"}) ==
        R"(/axes/0/layers/1: found "!b.4", expected "ternary", "sparse" or a glob, which means a layer of the )"
        R"(workload; did you mean "b.1"?)");
  CHECK(changed_layers({"d", "!ternary", "!d"}) ==
        R"(/axes/0/layers: found "d !ternary !d", expected words that leave a layer)");
  CHECK(changed_layers("!") == R"(/axes/0/layers: found "!", expected layers behind the "!")");
  CHECK(changed_layers({"a", "!"}) == R"(/axes/0/layers/1: found "!", expected layers behind the "!")");
  CHECK(changed_layers(json::array()) ==
        "/axes/0/layers: found an array of 0 elements, expected an array of 1 to 1000 elements");
  CHECK(changed_layers(3) == "/axes/0/layers: found 3, expected a string or a list of strings");
  CHECK(changed_layers({3}) == "/axes/0/layers/0: found 3, expected a string");
}

TEST_CASE("densities: sparse already is what the file says, whatever other axes set") {
  const sweep_folder folder;  // two layers whose weights have a density of 0.6
  const auto plan = plan_of(folder.sweep_of({{{"key", "density.weights"}, {"values", {1, 0.5}}, {"layers", "*"}},
                                             {{"key", "density.weights"}, {"values", {0.5}}, {"mode", "scale"}}}));
  CHECK(plan.axis_names() == std::vector<std::string>{"density.weights[*]", "density.weights"});
  const auto density = [&](std::size_t point) {
    const auto inputs = std::get<point_inputs>(plan.point(point).inputs);
    return std::get<synthetic_source>(inputs.variant->net.layers[0].operands.weights).density;
  };
  CHECK(density(0) == 0.5);
  CHECK(density(1) == 0.25);
  CHECK(
      plan_of(folder.sweep_of({{{"key", "density.weights"}, {"values", {1}}, {"layers", {"b", "a"}}}})).axis_names() ==
      std::vector<std::string>{"density.weights[b a]"});
}

TEST_CASE("densities: a trace is looked into: full-precision weights and images without zeros stay as they are") {
  const sweep_folder folder;
  const auto changed = [&](const std::string& operand, const json& layers) {
    json axis = {{"key", "density." + operand}, {"values", {0.25}}};
    if (!layers.is_null()) {
      axis["layers"] = layers;
    }
    const auto plan = plan_of(
        folder.sweep({{"workload", source_folder + "/workloads/resnet34.json"}, {"axes", json::array({axis})}}));
    const auto point = plan.point(0);
    std::vector<std::string> others;
    for (const auto& l : std::get<point_inputs>(point.inputs).variant->net.layers) {
      if (!std::holds_alternative<synthetic_source>(operand == "weights" ? l.operands.weights
                                                                         : l.operands.activations)) {
        others.push_back(l.name);
      }
    }
    return others;
  };
  CHECK(changed("weights", nullptr) == std::vector<std::string>{"conv1", "fc"});
  // What fc reads, behind an average over pixels, still has 11 % of zeros.
  CHECK(changed("activations", nullptr) == std::vector<std::string>{"conv1"});
  CHECK(changed("weights", "*").empty());
  CHECK(changed("weights", {"*", "!fc"}) == std::vector<std::string>{"fc"});
}

TEST_CASE("densities: a structure stays, but N of M has a density of its own") {
  const sweep_folder folder;
  auto workload = json::parse(std::string(sweep_folder::workload_text));
  workload["layers"][0]["operands"]["weights"] = {
      {"source", "synthetic"}, {"density", 0.5}, {"structure", {{"block", {4, 4}}}}};
  folder.write("workload.json", workload);
  const json axis = {{"key", "density.weights"}, {"values", {0.25}}};
  const auto path = folder.sweep_of(json::array({axis}));
  const auto inputs = std::get<point_inputs>(plan_of(path).point(0).inputs);
  const auto blocks = std::get<synthetic_source>(inputs.variant->net.layers[0].operands.weights);
  CHECK(blocks.density == 0.25);
  CHECK(blocks.structure == zero_structure(zero_blocks{4, 4}));

  workload["layers"][0]["operands"]["weights"] = {{"source", "synthetic"}, {"structure", {{"n_of_m", {2, 4}}}}};
  folder.write("workload.json", workload);
  CHECK(message_of_sweep(path) ==
        path + R"(: /axes/0: found weights of layer "a" with the structure n_of_m, expected "layers" without it, )"
               R"(such as "!a": N of M is a density)");
  json others = axis;
  others["layers"] = "!a";
  CHECK(message_of_sweep(folder.sweep_of(json::array({others}))) == "");
}

TEST_CASE("densities: masks of other structures are other masks") {
  mask_cache cache(std::uint64_t{1} << 24U);
  const auto mask_of = [&](const std::optional<zero_structure>& structure) {
    network net;
    net.name = "n";
    net.file = "net.json";
    net.layers.resize(1);
    layer& l = net.layers.front();
    l.name = "a";
    l.in_channels = l.out_channels = 32;
    l.input_size = l.kernel = l.stride = {1, 1};
    l.operands = {dense_source{}, synthetic_source{.density = 0.5, .structure = structure}, dense_source{}};
    const auto variant =
        std::make_shared<const workload_variant>(net, std::vector<density_setting>{}, std::nullopt, "");
    return variant_operands(variant, formats_of(machine_mode::fp32_training), cache)
        .operand_mask(*variant->layers.front(), tensor_role::weights, pass_kind::forward)
        .mask.bits;
  };
  const std::vector<std::optional<zero_structure>> structures = {std::nullopt,      n_of_m{2, 4},      n_of_m{4, 8},
                                                                 zero_blocks{4, 8}, zero_blocks{8, 4}, zero_channels{}};
  for (std::size_t i = 0; i < structures.size(); ++i) {
    const auto mask = mask_of(structures[i]);
    for (std::size_t before = 0; before < i; ++before) {
      CAPTURE(i);
      CAPTURE(before);
      CHECK_FALSE(mask_of(structures[before]) == mask);
    }
  }
}

TEST_CASE("densities: masks of another batch are other masks") {
  mask_cache cache(std::uint64_t{1} << 24U);
  for (const std::uint32_t batch : {1U, 3U, 1U}) {
    network net;
    net.name = "n";
    net.file = "net.json";
    net.batch = batch;
    net.layers.resize(1);
    layer& l = net.layers.front();
    l.name = "a";
    l.in_channels = l.out_channels = 4;
    l.input_size = {2, 2};
    l.operands = {synthetic_source{.density = 0.5}, dense_source{}, dense_source{}};
    const auto variant =
        std::make_shared<const workload_variant>(net, std::vector<density_setting>{}, std::nullopt, "");
    const auto mask = variant_operands(variant, formats_of(machine_mode::fp32_training), cache)
                          .operand_mask(*variant->layers.front(), tensor_role::activations, pass_kind::forward)
                          .mask;
    CHECK(mask.shape.n == batch);
    CHECK(mask.bits.rows() == batch);
  }
}

TEST_CASE("the shipped sweeps are sound") {
  const std::map<std::string, std::size_t> sizes = {{"bandwidth", 36}, {"buffers-queue", 40}, {"design-search", 20000},
                                                    {"numbers", 59},   {"pe-count", 16},      {"skip-modes", 56},
                                                    {"sparsity", 49}};
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder + "/configs/sweeps")) {
    CAPTURE(entry.path().string());
    const sweep_plan plan(entry.path().string());
    CHECK(plan.name() == entry.path().stem().string());
    CHECK(plan.size() == sizes.at(plan.name()));
    for (std::size_t i = 0; i < plan.size(); ++i) {
      CHECK(std::holds_alternative<point_inputs>(plan.point(i).inputs));
    }
    ++files;
  }
  CHECK(files == sizes.size());
}

stored_point made_up(std::uint64_t point, double latency, double tflops) {
  const json totals = {{"latency_ms", latency}, {"tflops", tflops}};
  return {.point = point,
          .axes = json{{"grid.rows", point}}.dump(),
          .key = "key" + std::to_string(point),
          .result = {.totals = totals.dump()}};
}

TEST_CASE("the store keeps results by key, of one sweep only") {
  const temporary_folder folder;
  const sweep_identity identity{.name = "s", .definition = "d", .inputs = "i", .axes = {"grid.rows"}, .points = 3};
  {
    result_store store(folder.path("s"), identity, folder_use::begin);
    CHECK_FALSE(store.take(0, "key0", "{}"));
    store.add(made_up(0, 3, 4));
    CHECK(store.take(0, "key0", "{}"));
    CHECK(store.take(1, "key0", R"({"grid.rows":1})"));  // another point with the same inputs
    CHECK(store.counts().all() == 2);
  }
  CHECK(message_of([&] { result_store(folder.path("s"), identity, folder_use::begin); }).find("--resume") !=
        std::string::npos);
  auto other = identity;
  other.definition = "e";
  CHECK(message_of([&] { result_store(folder.path("s"), other, folder_use::resume); }).find("another sweep") !=
        std::string::npos);
  // Changed inputs: the points are new, results with their keys still count.
  auto changed = identity;
  changed.inputs = "j";
  result_store store(folder.path("s"), changed, folder_use::resume);
  CHECK(store.counts().all() == 0);
  CHECK_FALSE(store.take(0, "new", "{}"));
  CHECK(store.take(0, "key0", "{}"));
  CHECK(message_of([&] { result_store(folder.path("none")); }).find("found no sweep.db") != std::string::npos);
  static_cast<void>(folder.file("sweep.db", "no database at all, but long enough to be looked at ..............."));
  CHECK(message_of([&] { result_store(folder.path("")); }).find("not a database") != std::string::npos);
}

TEST_CASE("a result that failed is tried again, any other stays") {
  const temporary_folder folder;
  const sweep_identity identity{.name = "s", .definition = "d", .inputs = "i", .axes = {"grid.rows"}, .points = 3};
  result_store store(folder.path("s"), identity, folder_use::begin);
  const auto status = [](result_store& of, std::uint64_t point) {
    std::string found = "none";
    of.for_each([&](const stored_point& done) {
      found = done.point == point ? std::string(to_string(done.result.status)) : found;
    });
    return found;
  };
  auto failed = made_up(0, 3, 4);
  failed.result = {.status = point_status::failed, .error = "out of memory"};
  auto impossible = made_up(1, 3, 4);
  impossible.result = {.status = point_status::error, .error = "buffers too small"};
  store.add(failed);
  store.add(impossible);
  CHECK_FALSE(store.take(0, "key0", "{}"));
  CHECK(store.take(1, "key1", "{}").value().error == "buffers too small");
  CHECK(status(store, 0) == "failed");

  // The same when results of another folder are put to them, in either order.
  result_store other(folder.path("o"), identity, folder_use::begin);
  other.merge({&store});
  CHECK(status(other, 0) == "failed");
  store.add(made_up(0, 3, 4));
  CHECK(status(store, 0) == "ok");
  CHECK(store.take(0, "key0", "{}").value().totals == made_up(0, 3, 4).result.totals);
  store.merge({&other});
  CHECK(status(store, 0) == "ok");
  other.merge({&store});
  CHECK(status(other, 0) == "ok");
  CHECK(status(other, 1) == "error");
}

TEST_CASE("ranking: the best first, the Pareto front has every point that none beats") {
  const temporary_folder folder;
  result_store store(folder.path("s"),
                     {.name = "s", .definition = "d", .inputs = "i", .axes = {"grid.rows"}, .points = 5},
                     folder_use::begin);
  const std::vector<std::pair<double, double>> numbers = {{3, 5}, {1, 1}, {2, 4}, {2, 3}, {4, 5}};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    store.add(made_up(i, numbers[i].first, numbers[i].second));
  }
  const auto points = [](const std::vector<ranked_point>& ranked) {
    std::vector<std::uint64_t> result;
    for (const auto& point : ranked) {
      result.push_back(point.point);
    }
    return result;
  };
  const auto key = [&](const std::string& text) { return read_ranking_key(text, store.identity().axes, "--by"); };
  CHECK(points(ranking(store, {key("totals.latency_ms")}).best()) == std::vector<std::uint64_t>{1, 2, 3, 0, 4});
  CHECK(points(ranking(store, {key("totals.tflops")}).best()) == std::vector<std::uint64_t>{0, 4, 2, 3, 1});
  CHECK(points(ranking(store, {key("grid.rows:max")}).best()) == std::vector<std::uint64_t>{4, 3, 2, 1, 0});
  CHECK(points(ranking(store, {key("totals.latency_ms"), key("totals.tflops")}).front()) ==
        std::vector<std::uint64_t>{1, 2, 0});
  CHECK(message_of([&] { key("totals.tflop"); }).find("did you mean \"totals.tflops\"?") != std::string::npos);
}

}  // namespace
}  // namespace dlac::test
