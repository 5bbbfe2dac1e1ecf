// Synthetic sources in workload files: structures and profiles, read, resolved, written, and their mistakes.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/workload/density_profile.h"
#include "sim/workload/network.h"
#include "tests/unit/bad_input.h"

namespace dlac::test {
namespace {

using nlohmann::json;

json linear_layer(const std::string& name, const json& operands = nullptr) {
  json l = {{"name", name}, {"type", "linear"}, {"in_features", 8}, {"out_features", 8}};
  if (!operands.is_null()) {
    l["operands"] = operands;
  }
  return l;
}

json matmul_layer(const std::string& name, const json& operands = nullptr) {
  json l = {{"name", name}, {"type", "matmul"}, {"m", 4}, {"k", 8}, {"n", 4}};
  if (!operands.is_null()) {
    l["operands"] = operands;
  }
  return l;
}

network network_of(const json& defaults, const json& layers) {
  const temporary_folder folder;
  return read_network(folder.file("net.json", json{{"name", "n"}, {"operands", defaults}, {"layers", layers}}.dump()));
}

/// What is said of a default source, after its place.
std::string message_of_source(const std::string& operand, json keys,
                              const json& layers = json::array({linear_layer("a")})) {
  keys["source"] = "synthetic";
  const std::string text = message_of([&] { network_of({{operand, keys}}, layers); });
  const std::string place = "/operands/" + operand;
  const auto found = text.find(place);
  return found == std::string::npos ? text : text.substr(found + place.size());
}

synthetic_source weights_of(json keys) {
  keys["source"] = "synthetic";
  return std::get<synthetic_source>(
      network_of({{"weights", keys}}, json::array({linear_layer("a")})).layers[0].operands.weights);
}

double density_of(const operand_source& source) {
  return std::get<synthetic_source>(source).density;
}

json profiled(double from, double to) {
  return {{"source", "synthetic"}, {"profile", {{"from", from}, {"to", to}}}};
}

}  // namespace

TEST_CASE("sources: a structure arrives, and N of M is a density") {
  const auto runs = weights_of({{"structure", {{"n_of_m", {2, 4}}}}});
  CHECK(runs.structure == zero_structure(n_of_m{2, 4}));
  CHECK(runs.density == 0.5);
  CHECK(weights_of({{"structure", {{"n_of_m", {1, 3}}}}}).density == 1.0 / 3);
  CHECK(weights_of({{"structure", {{"n_of_m", {3, 4}}}}, {"density", 0.75}, {"cluster", 0.5}}).density == 0.75);
  const auto blocks = weights_of({{"structure", {{"block", {4, 16}}}}, {"density", 0.25}, {"seed", 9}});
  CHECK(blocks.structure == zero_structure(zero_blocks{4, 16}));
  CHECK(blocks.density == 0.25);
  CHECK(blocks.seed == 9);
  CHECK(weights_of({{"structure", {{"channels", true}}}, {"density", 0.5}}).structure ==
        zero_structure(zero_channels{}));
  CHECK_FALSE(weights_of({{"density", 0.5}}).structure.has_value());
}

TEST_CASE("sources: what a report repeats of a structure reads back as itself") {
  const json structures = {{{"n_of_m", {2, 3}}}, {{"block", {4, 16}}}, {{"channels", true}}};
  for (const json& structure : structures) {
    json source = {{"source", "synthetic"}, {"structure", structure}};
    if (!structure.contains("n_of_m")) {
      source["density"] = 0.25;
    }
    const auto repeated = to_json(network_of({{"weights", source}}, json::array({linear_layer("a")})));
    const auto& written = repeated["layers"][0]["operands"]["weights"];
    CHECK(json::parse(written["structure"].dump()) == structure);
    CHECK(written["density"] == (structure.contains("n_of_m") ? 2.0 / 3 : 0.25));
    const temporary_folder folder;
    CHECK(to_json(read_network(folder.file("again.json", repeated.dump()))) == repeated);
  }
}

TEST_CASE("sources: mistakes of structures are told at their place") {
  const auto of_structure = [](const json& structure) {
    return message_of_source("weights", {{"density", 0.5}, {"structure", structure}});
  };
  CHECK(of_structure({{"n_of_m", {5, 4}}}) == "/structure/n_of_m: found [5, 4], expected [N, M], N at most M");
  CHECK(of_structure({{"n_of_m", {0, 4}}}) == "/structure/n_of_m/0: found 0, expected an integer from 1 to 65536");
  CHECK(of_structure({{"n_of_m", {2, 65537}}}) ==
        "/structure/n_of_m/1: found 65537, expected an integer from 1 to 65536");
  CHECK(of_structure({{"n_of_m", 2}}) == "/structure/n_of_m: found 2, expected an array of 2 elements");
  CHECK(of_structure({{"block", {4}}}) ==
        "/structure/block: found an array of 1 element, expected an array of 2 elements");
  CHECK(of_structure({{"block", {4, 0}}}) == "/structure/block/1: found 0, expected an integer from 1 to 65536");
  CHECK(of_structure({{"channels", false}}) == "/structure/channels: found false, expected true");
  CHECK(of_structure({{"channels", 1}}) == "/structure/channels: found 1, expected true or false");
  CHECK(of_structure(json::object()) ==
        R"(/structure: found no structure, expected one of the keys "n_of_m", "block" or "channels")");
  CHECK(of_structure({{"n_of_m", {2, 4}}, {"channels", true}}) ==
        R"(/structure: found 2 structures, expected one of the keys "n_of_m", "block" or "channels")");
  CHECK(of_structure("2:4") == R"(/structure: found "2:4", expected an object)");
  CHECK(
      of_structure({{"nofm", {2, 4}}}) ==
      R"(/structure/nofm: found unknown key "nofm", expected one of "n_of_m", "block" or "channels"; did you mean "n_of_m"?)");
  for (const std::string operand : {"activations", "gradients", "columns"}) {
    CHECK(message_of_source(operand, {{"density", 0.5}, {"structure", {{"block", {4, 4}}}}}) ==
          R"(/structure/block: found unknown key "block", expected one of "n_of_m" or "channels")");
  }
}

TEST_CASE("sources: keys that contradict a structure") {
  const json runs = {{"n_of_m", {2, 4}}};
  CHECK(message_of_source("weights", {{"structure", runs}, {"density", 0.3}}) ==
        "/density: found 0.3, expected 0.5, which 2 of 4 are, or no density");
  CHECK(message_of_source("weights", {{"structure", runs}, {"channel_spread", 0.6}}) ==
        "/channel_spread: found 0.6, expected 0, or no structure: it leaves channels no densities of their own");
  CHECK(message_of_source("activations", {{"structure", runs}, {"cluster", 0.6}}) == "");
  for (const json& structure : {json{{"block", {4, 4}}}, json{{"channels", true}}}) {
    CHECK(message_of_source("weights", {{"structure", structure}, {"density", 0.5}, {"channel_spread", 0.1}}) ==
          "/channel_spread: found 0.1, expected 0, or no structure: it leaves channels no densities of their own");
    CHECK(message_of_source("weights", {{"structure", structure}, {"density", 0.5}, {"cluster", 0.1}}) ==
          "/cluster: found 0.1, expected 0, or no structure of blocks or channels: they say which zeros lie together");
    CHECK(message_of_source("weights", {{"structure", structure}}) ==
          R"(/density: found no key "density", expected a number from 0 to 1)");
    CHECK(message_of_source("weights", {{"structure", structure}, {"density", 0.5}, {"cluster", 0}}) == "");
  }
}

TEST_CASE("profile: equal steps from the first to the last of the layers that use it") {
  CHECK(density_at({0.5, 0.15}, 0, 5) == 0.5);
  CHECK(density_at({0.5, 0.15}, 4, 5) == 0.15);
  CHECK(density_at({0.5, 0.25}, 1, 5) == 0.4375);
  CHECK(density_at({0.5, 0.25}, 3, 5) == 0.3125);
  CHECK(density_at({0.125, 0.625}, 1, 3) == 0.375);
  CHECK(density_at({0.5, 0.15}, 0, 1) == 0.5);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const double density = density_at({0.1, 1}, i, 1000);
    REQUIRE(density >= 0.1);
    REQUIRE(density <= 1);
  }
  const json own = {{"activations", {{"source", "dense"}}}};
  const auto net = network_of(
      {{"activations", profiled(0.5, 0.25)}, {"weights", profiled(1, 0.5)}},
      {linear_layer("image", own), linear_layer("a"), linear_layer("b"), linear_layer("c", own), linear_layer("d")});
  CHECK(std::holds_alternative<dense_source>(net.layers[0].operands.activations));
  CHECK(density_of(net.layers[1].operands.activations) == 0.5);
  CHECK(density_of(net.layers[2].operands.activations) == 0.375);
  CHECK(std::holds_alternative<dense_source>(net.layers[3].operands.activations));
  CHECK(density_of(net.layers[4].operands.activations) == 0.25);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(density_of(net.layers[i].operands.weights) == 1 - 0.125 * static_cast<double>(i));
    CHECK_FALSE(std::get<synthetic_source>(net.layers[i].operands.weights).profile.has_value());
  }
  // The report has the densities, and no profile is left.
  const auto repeated = to_json(net);
  CHECK(repeated["layers"][2]["operands"]["activations"]["density"] == 0.375);
  CHECK(repeated.dump().find("profile") == std::string::npos);
}

TEST_CASE("profile: with spread, cluster, blocks and channels; of gradients; of one layer") {
  json blocks = profiled(0.5, 0.25);
  blocks["structure"] = {{"block", {4, 4}}};
  json gradients = profiled(0.75, 0.25);
  gradients["channel_spread"] = 0.6;
  gradients["cluster"] = 0.5;
  const auto net = network_of({{"weights", blocks}, {"gradients", gradients}},
                              {linear_layer("a"), linear_layer("b"), linear_layer("c")});
  CHECK(density_of(net.layers[1].operands.weights) == 0.375);
  CHECK(std::get<synthetic_source>(net.layers[1].operands.weights).structure == zero_structure(zero_blocks{4, 4}));
  CHECK(density_of(net.layers[1].operands.gradients) == 0.5);
  CHECK(std::get<synthetic_source>(net.layers[1].operands.gradients).cluster == 0.5);
  const auto single = network_of({{"weights", blocks}}, json::array({linear_layer("a")}));
  CHECK(density_of(single.layers[0].operands.weights) == 0.5);
}

TEST_CASE("profile: a matmul counts once, and columns with a default of their own have theirs") {
  const json layers = {linear_layer("a"), matmul_layer("b"), linear_layer("c")};
  const auto shared = network_of({{"activations", profiled(0.5, 0.25)}, {"weights", profiled(1, 0)}}, layers);
  CHECK(density_of(shared.layers[1].operands.activations) == 0.375);
  CHECK(density_of(shared.layers[1].operands.weights) == 0.375);  // its columns
  CHECK(density_of(shared.layers[0].operands.weights) == 1);
  CHECK(density_of(shared.layers[2].operands.weights) == 0);
  const auto separate = network_of({{"activations", profiled(0.5, 0.25)}, {"columns", profiled(0.75, 0.125)}},
                                   {matmul_layer("a"), linear_layer("b"), matmul_layer("c")});
  CHECK(density_of(separate.layers[0].operands.weights) == 0.75);
  CHECK(density_of(separate.layers[2].operands.weights) == 0.125);
  CHECK(density_of(separate.layers[1].operands.activations) == 0.375);
  // Its own activations leave it among the users for its columns.
  const auto columns_only =
      network_of({{"activations", profiled(0.5, 0.25)}},
                 {matmul_layer("a", {{"activations", {{"source", "dense"}}}}), linear_layer("b")});
  CHECK(density_of(columns_only.layers[0].operands.weights) == 0.5);
  CHECK(density_of(columns_only.layers[1].operands.activations) == 0.25);
}

TEST_CASE("profile: mistakes are told at their place") {
  const json profile = {{"from", 0.5}, {"to", 0.25}};
  CHECK(message_of_source("weights", {{"profile", profile}, {"density", 0.5}}) ==
        R"(/profile: found "profile" beside "density", expected one of them)");
  CHECK(message_of_source("weights", {{"profile", profile}, {"structure", {{"n_of_m", {2, 4}}}}}) ==
        R"(/profile: found "profile" beside "n_of_m", expected one of them: N of M is a density)");
  CHECK(message_of_source("weights", {{"profile", {{"from", 0.5}}}}) ==
        R"(/profile/to: found no key "to", expected a number from 0 to 1)");
  CHECK(message_of_source("weights", {{"profile", {{"from", 1.5}, {"to", 0}}}}) ==
        "/profile/from: found 1.5, expected a number from 0 to 1");
  CHECK(message_of_source("weights", {{"profil", profile}}).ends_with("did you mean \"profile\"?"));
  CHECK(message_of([&] {
          network_of(json::object(), json::array({linear_layer("a", {{"weights", profiled(0.5, 0.25)}})}));
        }).find("/layers/0/operands/weights/profile: found unknown key \"profile\"") != std::string::npos);
}

TEST_CASE("sources: the schema asks for a density, a structure or a profile, and blocks of weights alone") {
  const auto schema = workload_schema();
  const auto synthetic_of = [](const nlohmann::ordered_json& operands, const char* operand) {
    return operands["properties"][operand]["oneOf"][2];
  };
  const auto& defaults = schema["properties"]["operands"];
  const auto weights = synthetic_of(defaults, "weights");
  CHECK(weights["required"].dump() == R"(["source"])");
  CHECK(weights["anyOf"].dump() == R"([{"required":["density"]},{"required":["structure"]},{"required":["profile"]}])");
  CHECK(weights["properties"]["structure"]["oneOf"].dump() ==
        R"([{"required":["n_of_m"]},{"required":["block"]},{"required":["channels"]}])");
  CHECK_FALSE(synthetic_of(defaults, "activations")["properties"]["structure"]["properties"].contains("block"));
  const auto& of_layer = schema["properties"]["layers"]["items"]["oneOf"][0]["properties"]["operands"];
  CHECK_FALSE(synthetic_of(of_layer, "weights")["properties"].contains("profile"));
  CHECK(synthetic_of(of_layer, "weights")["anyOf"].dump() ==
        R"([{"required":["density"]},{"required":["structure"]}])");
}

}  // namespace dlac::test
