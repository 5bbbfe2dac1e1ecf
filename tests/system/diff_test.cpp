// `dlac diff`: equal runs are equal, whatever engine and command; what differs is named; what is no report is refused.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;

std::string report_file(const temporary_folder& folder, const std::string& name, std::vector<std::string> options) {
  options.insert(options.begin(), {"run", "lenet", "--format", "json"});
  const auto run = run_program(options);
  REQUIRE(run.exit_code == 0);
  return folder.file(name, run.out);
}

json diff_json(const std::string& a, const std::string& b, int exit_code) {
  const auto run = run_program({"diff", a, b, "--format", "json"});
  CHECK(run.exit_code == exit_code);
  return json::parse(run.out);
}

/// The entry of a field in a list.
json field(const json& list, const std::string& name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const json& entry) { return entry["name"] == name; });
  return found == list.end() ? json() : *found;
}

}  // namespace

TEST_CASE("diff: runs that are equal, with another engine, and checked") {
  const temporary_folder folder;
  const auto a = report_file(folder, "a", {});
  for (const auto& options :
       std::vector<std::vector<std::string>>{{}, {"--engine", "systemc"}, {"--values", "--check"}}) {
    const auto b = report_file(folder, "b", options);
    const json diff = diff_json(a, b, 0);
    CHECK(diff["schema"] == "dlac-diff/1");
    CHECK(diff["equal"] == true);
    CHECK(diff["layers"].empty());
  }
  const auto run = run_program({"diff", a, a});
  CHECK(run.exit_code == 0);
  CHECK(run.out == "equal: 5 of 5 layers are equal\n");
}

TEST_CASE("diff: what differs, layer by layer, in all formats") {
  const temporary_folder folder;
  const auto a = report_file(folder, "a", {});
  const auto b = report_file(folder, "b", {"--set", "grid.rows=4", "--layers", "conv*"});
  const json report_a = json::parse(contents_of(a));
  const json report_b = json::parse(contents_of(b));
  const json diff = diff_json(a, b, 1);
  CHECK(diff["inputs"] == json::parse(R"([{"name": "config.grid.rows", "a": 8, "b": 4, "ratio": 0.5}])"));
  CHECK(diff["equal_layers"] == 0);
  REQUIRE(diff["layers"].size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    const json& layer = diff["layers"][i];
    CHECK(layer["name"] == report_a["layers"][i]["name"]);
    CHECK(layer["in"] == (i < 2 ? "both" : "a"));
    if (i < 2) {
      const json cycles = field(layer["fields"], "cycles");
      CHECK(cycles["a"] == report_a["layers"][i]["cycles"]);
      CHECK(cycles["b"] == report_b["layers"][i]["cycles"]);
      CHECK(cycles["ratio"].get<double>() == doctest::Approx(cycles["b"].get<double>() / cycles["a"].get<double>()));
    } else {
      CHECK(layer["fields"].empty());
    }
  }
  CHECK(field(diff["totals"], "cycles")["b"] == report_b["totals"]["cycles"]);
  CHECK(field(diff["totals"], "ternary.cycles")["b"] == report_b["totals"]["ternary"]["cycles"]);
  const json back = diff_json(b, a, 1);
  CHECK(back["layers"][2]["in"] == "b");
  CHECK(field(back["totals"], "cycles")["a"] == report_b["totals"]["cycles"]);

  const auto table = run_program({"diff", a, b});
  CHECK(table.exit_code == 1);
  CHECK(table.out.find("config.grid.rows") != std::string::npos);
  CHECK(table.out.find("only in A") != std::string::npos);
  CHECK(table.out.ends_with("\n0 of 5 layers are equal\n"));
  const auto csv = run_program({"diff", a, b, "--format", "csv"});
  CHECK(csv.exit_code == 1);
  CHECK(csv.out.starts_with("part,layer,pass,name,a,b,ratio\ninput,,,config.grid.rows,8,4,0.5\nlayer,conv1,forward,"));
  CHECK(csv.out.find("\nlayer,fc1,forward,,there,,\n") != std::string::npos);
  CHECK(csv.out.find(fmt::format("\ntotal,,,cycles,{},{},", report_a["totals"]["cycles"].dump(),
                                 report_b["totals"]["cycles"].dump())) != std::string::npos);
}

TEST_CASE("diff: what is no report is one line, exit 2") {
  const temporary_folder folder;
  const auto a = report_file(folder, "a", {});
  const auto refused = [&](const json& changed) {
    const auto run = run_program({"diff", a, folder.file("b", changed.dump())});
    CHECK(run.exit_code == 2);
    CHECK(run.out.empty());
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    return run.err.substr(run.err.find("b: ") + 3);
  };
  const json report = json::parse(contents_of(a));
  auto changed = report;
  changed["schema"] = "dlac-sweep/1";
  CHECK(refused(changed) ==
        "/schema: found \"dlac-sweep/1\", expected a report of dlac run, \"schema\": \"dlac-report/1\"\n");
  changed = report;
  changed["layers"] = 5;
  CHECK(refused(changed).starts_with("/layers: found 5, expected an array of"));
  changed = report;
  changed["layers"][1]["name"] = 7;
  CHECK(refused(changed).starts_with("/layers/1/name: found 7, expected a string"));
  changed["layers"][1] = changed["layers"][0];
  CHECK(refused(changed) == "/layers/1: found \"conv1\" (forward) a second time, expected every layer and pass once\n");
  changed = report;
  changed.erase("totals");
  CHECK(refused(changed) == "/totals: found no key \"totals\", expected an object\n");
  CHECK(refused(json::array()).starts_with("/schema: found no key \"schema\", expected a report of dlac run"));
  CHECK(run_program({"diff", a}).exit_code == 2);
  CHECK(run_program({"diff", "-", "-"}).err ==
        "dlac: error: dlac diff: found the standard input twice, expected one file beside it\n");
}

}  // namespace dlac::test
