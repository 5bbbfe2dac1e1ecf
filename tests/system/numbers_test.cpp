// Number formats as users meet them: shipped sets, --numbers, sweeps over them, errors.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;

std::vector<std::string> shipped_sets() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder + "/configs/numbers")) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST_CASE("numbers: every shipped set is exact on LeNet and two layers of ResNet-34, with both engines") {
  for (const std::string& name : shipped_sets()) {
    INFO(name);
    for (const std::vector<std::string>& what :
         {std::vector<std::string>{"lenet"},
          std::vector<std::string>{"resnet34", "--layers", "layer4.0.downsample", "--layers", "fc"}}) {
      std::vector<std::string> command = {"run"};
      command.insert(command.end(), what.begin(), what.end());
      command.insert(command.end(), {"--numbers", name, "--values", "--check", "--format", "json"});
      const finished_program run = run_program(command);
      REQUIRE(run.exit_code == 0);
      const json report = json::parse(run.out);
      for (const json& layer : report["layers"]) {
        CHECK(layer["checked"]["values"].get<std::uint64_t>() > 0);
        CHECK(layer["checked"]["engines"] == 27 * layer["mm_ops"].get<std::uint64_t>());
      }
      CHECK(report["settings"] == json::array({"numbers=" + name}));
      CHECK(report["config"]["numbers"].contains("accumulator"));
    }
  }
}

TEST_CASE("numbers: the sets of modes change nothing") {
  const auto layers_of = [](const std::vector<std::string>& command) {
    const finished_program run = run_program(command);
    REQUIRE(run.exit_code == 0);
    return json::parse(run.out)["layers"];
  };
  CHECK(layers_of({"run", "lenet", "--format", "json"}) ==
        layers_of({"run", "lenet", "--numbers", "fp16", "--format", "json"}));
  CHECK(layers_of({"run", "lenet", "--config", "dlac-fp32-training", "--pass", "training", "--format", "json"}) ==
        layers_of({"run", "lenet", "--config", "dlac-fp32-training", "--pass", "training", "--numbers", "fp32",
                   "--format", "json"}));
}

TEST_CASE("numbers: the report and the table tell what became of numbers") {
  const finished_program run = run_program({"run", "lenet", "--numbers", "int8-minmax"});
  REQUIRE(run.exit_code == 0);
  CHECK(run.out.find("numbers     activations {\"affine\":") != std::string::npos);
  CHECK(run.out.find("requantising") != std::string::npos);
  CHECK(run.out.find("units interpolated: multiplier from int8, adder from int8") != std::string::npos);
  CHECK(run_program({"run", "lenet"}).out.find("\nnumbers ") == std::string::npos);
  const auto words_of = [](const std::string& set) {
    std::string words;  // lines are broken anywhere
    std::istringstream text(run_program({"run", "lenet", "--numbers", set}).out);
    for (std::string word; text >> word;) {
      words += (words.empty() ? "" : " ") + word;
    }
    return words;
  };
  CHECK(words_of("mls-8-power").find("; sums of slices take") != std::string::npos);
  CHECK(words_of("double-4").find("; operands of two parts take up to 4 steps for every k") != std::string::npos);
  const json totals =
      json::parse(run_program({"run", "lenet", "--numbers", "int8-minmax", "--format", "json"}).out)["totals"];
  CHECK(totals["cycle_parts"]["requantise"].get<std::uint64_t>() > 0);
  CHECK(totals["traffic_bytes"]["streamed"].get<std::uint64_t>() > 0);
  const json area = json::parse(run_program({"area", "--numbers", "bf16", "--format", "json"}).out);
  CHECK(area["interpolated"] == json::array({"multiplier from fp16 and fp32", "adder from fp16 and fp32"}));
  CHECK(!json::parse(run_program({"area", "--format", "json"}).out).contains("interpolated"));
  const json model = json::parse(run_program({"ops", "lenet", "--numbers", "fp16", "--format", "json"}).out)["model"];
  CHECK(model["numbers"]["fp16"].get<std::uint64_t>() <= model["bytes"]["fp16"].get<std::uint64_t>());
}

TEST_CASE("numbers: a sweep takes names, files and objects") {
  const temporary_folder folder;
  static_cast<void>(folder.file("mine.json", R"({"weights": {"fixed": {"bits": 6}}})"));
  const json sweep = {
      {"name", "s"},
      {"config", "dlac-fp16-inference"},
      {"workload", "lenet"},
      {"axes",
       json::array({{{"key", "numbers"}, {"values", {"int8-absmax", "mine.json", {{"activations", "bf16"}}}}}})}};
  const std::string out = folder.path("out");
  REQUIRE(run_program({"sweep", folder.file("s.json", sweep.dump()), "--out", out}).exit_code == 0);
  const std::string results = contents_of(out + "/results.jsonl");
  CHECK(std::count(results.begin(), results.end(), '\n') == 3);
  CHECK(results.find("\"error\"") == std::string::npos);
  json unknown = sweep;
  unknown["axes"][0]["values"] = {"int7"};
  const finished_program refused =
      run_program({"sweep", folder.file("u.json", unknown.dump()), "--out", folder.path("u")});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("/axes/0/values/0: found \"int7\"") != std::string::npos);
  json weights = sweep;
  weights["axes"][0] = {{"key", "numbers.weights"}, {"values", {"bf16", {{"ternary", json::object()}}}}};
  CHECK(run_program({"sweep", folder.file("w.json", weights.dump()), "--out", folder.path("w")}).exit_code == 0);
}

TEST_CASE("numbers: what is wrong is one line") {
  const temporary_folder folder;
  const auto refusal = [](const std::vector<std::string>& command) {
    const finished_program run = run_program(command);
    CHECK(run.exit_code == 2);
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    CHECK(run.out.empty());
    return run.err;
  };
  CHECK(refusal({"run", "lenet", "--numbers", "int9"}).find("--numbers: found \"int9\"") != std::string::npos);
  CHECK(refusal({"run", "lenet", "--numbers", folder.path("none.json")}).find("no such file") != std::string::npos);
  CHECK(refusal(
            {"run", "lenet", "--numbers", folder.file("bad.json", R"({"weights": {"parts": {"of": {"parts": {}}}}})")})
            .find("bad.json: /weights/parts/of") != std::string::npos);
  CHECK(refusal({"run", "resnet34", "--layers", "conv1", "--set", "numbers.weights=ternary"})
            .find("conv1.weights[0]: found 0.04321147, expected -1, 0 or 1") != std::string::npos);
  CHECK(refusal({"run", "lenet", "--config", "dlac-fp32-training", "--pass", "training", "--numbers", "tf-8bit"})
            .find("tf-8bit.json: /numbers: found fp32 into int32") != std::string::npos);
  // One energy for each action is what Accelergy's tables have.
  const finished_program mixed = run_program({"run", "lenet", "--config", "dlac-fp32-training", "--pass", "training",
                                              "--numbers", "fp8-e4m3", "--export", "accelergy", folder.path("a")});
  CHECK(mixed.exit_code == 2);
  CHECK(!std::filesystem::exists(folder.path("a")));
}

}  // namespace
}  // namespace dlac::test
