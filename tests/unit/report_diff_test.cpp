// Two reports side by side: what is compared, and what is left out.

#include "sim/report/report_diff.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace dlac {
namespace {

using nlohmann::json;

json report() {
  return json::parse(R"({
    "schema": "dlac-report/1", "version": "0.2.0", "command": "dlac run a", "engine": "fast", "settings": [],
    "files": {"workload": "a"}, "trace_hash": "00", "pass": "forward", "config": {"grid": {"rows": 8}},
    "workload": {"batch": 1, "layers": [{"name": "one", "kernel": [3, 3]}, {"name": "two"}]},
    "layers": [{"name": "one", "pass": "forward", "cycles": 100, "block": [4, 8], "notes": [], "checked": {"values": 0},
                "energy_pj": {"total": 2.5}},
               {"name": "two", "pass": "forward", "cycles": 50, "epilogue": [{"op": "select"}]}],
    "totals": {"cycles": 150, "checked": {"values": 0}, "ternary": {"cycles": 100}}})");
}

report_difference compared(const json& a, const json& b) {
  return compare_reports(json_document("a", a), json_document("b", b));
}

}  // namespace

TEST_CASE("report difference: what equal runs may differ in is left out") {
  auto other = report();
  other["version"] = "0.3.0";
  other["command"] = "dlac run b";
  other["engine"] = "systemc";
  other["files"]["workload"] = "b";
  other["settings"] = {"grid.rows=8"};
  other["layers"][0]["checked"]["values"] = 7;
  other["totals"]["checked"]["values"] = 7;
  const auto d = compared(report(), other);
  CHECK(d.is_equal());
  CHECK(d.equal_layers == 2);
  CHECK(difference_table(d, {}) == "equal: 2 of 2 layers are equal\n");
  CHECK(difference_csv(d) == "part,layer,pass,name,a,b,ratio\n");
}

TEST_CASE("report difference: inputs, fields on either side, lists as values and lists of objects") {
  auto other = report();
  other["config"]["grid"]["rows"] = 4;
  other["workload"]["layers"][0]["kernel"] = {3, 1};
  other["trace_hash"] = nullptr;
  other["layers"][0]["block"] = {2, 8};
  other["layers"][0].erase("energy_pj");
  other["layers"][0]["tiles"] = 3;
  other["layers"][1]["epilogue"][0]["op"] = "add";
  other["totals"]["cycles"] = 75;
  const auto d = compared(report(), other);
  CHECK_FALSE(d.is_equal());
  REQUIRE(d.inputs.size() == 3);
  CHECK(d.inputs[0].name == "config.grid.rows");
  CHECK(d.inputs[1].name == "trace_hash");
  CHECK(d.inputs[2].name == "workload.layers.one.kernel");
  CHECK(d.inputs[2].a == json({3, 3}));
  REQUIRE(d.layers.size() == 2);
  REQUIRE(d.layers[0].fields.size() == 3);
  CHECK(d.layers[0].fields[0].name == "block");
  CHECK(d.layers[0].fields[1].name == "energy_pj.total");
  CHECK(d.layers[0].fields[1].b.is_null());
  CHECK(d.layers[0].fields[2].name == "tiles");
  CHECK(d.layers[0].fields[2].a.is_null());
  REQUIRE(d.layers[1].fields.size() == 1);
  CHECK(d.layers[1].fields[0].name == "epilogue.0.op");
  REQUIRE(d.totals.size() == 1);
  CHECK(*ratio_of(d.totals[0]) == 0.5);
  CHECK_FALSE(ratio_of(d.layers[0].fields[1]));
  CHECK_FALSE(ratio_of({"zero", 0, 5}));
  CHECK(difference_csv(d).find("\ntotal,,,cycles,150,75,0.5\n") != std::string::npos);
  CHECK(difference_json(d)["equal"] == false);
}

TEST_CASE("report difference: each part by itself makes reports different") {
  auto inputs = report();
  inputs["pass"] = "training";
  CHECK_FALSE(compared(report(), inputs).is_equal());
  auto totals = report();
  totals["totals"]["ternary"]["cycles"] = 1;
  CHECK_FALSE(compared(report(), totals).is_equal());
  auto fewer = report();
  fewer["layers"].erase(1);
  const auto only_a = compared(report(), fewer);
  REQUIRE(only_a.layers.size() == 1);
  CHECK(only_a.layers[0].in == layer_presence::only_a);
  const auto only_b = compared(fewer, report());
  REQUIRE(only_b.layers.size() == 1);
  CHECK(only_b.layers[0].in == layer_presence::only_b);
  CHECK(only_b.layers[0].name == "two");
  CHECK_FALSE(only_b.is_equal());
  auto more_inputs = report();
  more_inputs["workload"]["training"] = true;
  CHECK(compared(report(), more_inputs).inputs.size() == 1);
}

}  // namespace dlac
