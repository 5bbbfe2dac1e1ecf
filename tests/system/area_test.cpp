// `dlac area`: its table and JSON, technologies by name and path, and mistakes.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using nlohmann::json;
using words = std::vector<std::string>;

json area_json(words more) {
  more.insert(more.begin(), "area");
  more.insert(more.end(), {"--format", "json"});
  const finished_program finished = run_program(more);
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  CHECK(finished.err.empty());
  return json::parse(finished.out);
}

void check_refused(const words& arguments, const std::string& message) {
  const finished_program finished = run_program(arguments);
  INFO(finished.err);
  CHECK(finished.exit_code == 2);
  CHECK(finished.out.empty());
  CHECK(finished.err.starts_with("dlac: error: " + message));
  CHECK(finished.err.find('\n') == finished.err.size() - 1);
}

TEST_CASE("area: both shipped machines have their published areas, and say that they are calibrated to them") {
  const json training = area_json({"--config", "configs/dlac-fp32-training.json"});
  CHECK(training["schema"] == "dlac-area/1");
  CHECK(training["area_mm2"]["total"] == doctest::Approx(2.2).epsilon(1e-3));
  const json inference = area_json({});
  CHECK(inference["config"]["name"] == "dlac-fp16-inference");
  CHECK(inference["area_mm2"]["total"] == doctest::Approx(1.09).epsilon(1e-3));
  double sum = 0;
  for (const auto& [part, value] : inference["area_mm2"].items()) {
    sum += part == "total" ? 0 : value.get<double>();
  }
  CHECK(sum == doctest::Approx(inference["area_mm2"]["total"].get<double>()).epsilon(1e-12));
  CHECK(inference["peak"]["ternary"]["flop_per_cycle"] == 1024);
  CHECK(inference["peak"]["full"]["tflops"] == doctest::Approx(0.256));
  CHECK(inference["peak"]["ternary"]["tflops_per_mm2"] == doctest::Approx(0.512 / 1.09).epsilon(1e-3));
  CHECK(inference["technology"]["area"]["scheduler"]["kind"] == "calibrated");
}

TEST_CASE("area: every shipped technology, by its name and by its path") {
  for (const char* const name : {"45nm", "28nm", "14nm", "14nm-sram", "7nm"}) {
    const std::string text = name;
    const json by_name = area_json({"--set", "technology=" + text});
    const json by_path = area_json({"--set", "technology=models/technology/" + text + ".json"});
    CHECK(by_name["technology"]["name"] == text);
    CHECK(by_name["area_mm2"] == by_path["area_mm2"]);
  }
}

TEST_CASE("area: the table names every part, shows its share and fits into 120 columns") {
  const finished_program finished = run_program({"area"});
  CHECK(finished.exit_code == 0);
  for (const char* const text :
       {"fma_units", "scheduler_and_control", "weight_buffer", "total", "100.0 %", "█", "TFLOP/s/mm2", "calibrated"}) {
    INFO(std::string(text));
    CHECK(finished.out.find(text) != std::string::npos);
  }
  std::size_t characters = 0;
  for (const char c : finished.out) {
    CHECK(characters <= 120);
    characters = c == '\n' ? 0 : characters + ((static_cast<unsigned char>(c) & 0xC0U) == 0x80 ? 0 : 1);
  }
  const std::string scaled = run_program({"area", "--set", "technology=7nm"}).out;
  CHECK(scaled.find("calibrated  nothing in this table") != std::string::npos);
}

TEST_CASE("area: found from any folder, a user's table from the current one") {
  const temporary_folder folder;
  CHECK(run_program({"area"}, {.folder = folder.path("."), .out = ""}).exit_code == 0);
  json table = json::parse(contents_of(source_folder + "/models/technology/14nm.json"));
  table["name"] = "mine";
  table["area"]["scheduler"]["value"] = 1;
  static_cast<void>(folder.file("mine.json", table.dump()));
  const finished_program mine = run_program({"area", "--set", "technology=mine.json", "--format", "json"},
                                            {.folder = folder.path("."), .out = ""});
  CHECK(mine.exit_code == 0);
  CHECK(json::parse(mine.out)["technology"]["name"] == "mine");
}

TEST_CASE("area: the CSV has the figures of the JSON, with their units") {
  const nlohmann::ordered_json all = nlohmann::ordered_json::parse(run_program({"area", "--format", "json"}).out);
  std::string expected = "metric,value,unit\n";
  for (const auto& [part, mm2] : all["area_mm2"].items()) {
    expected += fmt::format("area_mm2.{},{},mm2\n", part, mm2.dump());
  }
  for (const char* const weights : {"ternary", "full"}) {
    const auto& peak = all["peak"][weights];
    expected += fmt::format(
        "peak.{0}.flop_per_cycle,{1},FLOP/cycle\npeak.{0}.tflops,{2},TFLOP/s\npeak.{0}.tflops_per_mm2,{3},TFLOP/s/"
        "mm2\n",
        weights, peak["flop_per_cycle"].dump(), peak["tflops"].dump(), peak["tflops_per_mm2"].dump());
  }
  CHECK(run_program({"area", "--format", "csv"}).out == expected);
}

TEST_CASE("area: help, and mistakes") {
  const finished_program help = run_program({"area", "--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.out.starts_with("Usage: dlac area"));
  CHECK(help.out.find("\nExamples:\n  dlac area") != std::string::npos);
  check_refused({"area", "x"}, "dlac area: found an argument too many: \"x\"");
  check_refused({"area", "--format", "xml"}, "--format: found \"xml\", expected one of \"table\", \"json\" or \"csv\"");
  check_refused({"area", "--config", "none.json"}, "none.json: found no such file");
  check_refused({"area", "--set", "technology=14mn"},
                "--set technology=14mn: /technology: found \"14mn\", expected \"14nm\", \"14nm-sram\", \"28nm\", "
                "\"45nm\" or \"7nm\", or the path of a table (with a slash or .json); did you mean \"14nm\"?");
  check_refused({"area", "--set", "technology=my/none.json"}, "my/none.json: found no such file");

  const temporary_folder folder;
  const std::string config = contents_of(source_folder + "/configs/dlac-fp16-inference.json");
  json misspelt = json::parse(config);
  misspelt["technology"] = "28mm";
  const std::string path = folder.file("config.json", misspelt.dump());
  check_refused({"area", "--config", path}, path + ": /technology: found \"28mm\"");
  json table = json::parse(contents_of(source_folder + "/models/technology/14nm.json"));
  table["energy"]["wire"]["unit"] = "pJ";
  const std::string bad = folder.file("bad.json", table.dump());
  check_refused({"area", "--set", "technology=" + bad}, bad + ": /energy/wire/unit: found \"pJ\"");
  check_refused({"area", "--set", "technology=" + folder.file("cut.json", "{\"name\": ")}, folder.path("cut.json"));
}

}  // namespace
}  // namespace dlac::test
