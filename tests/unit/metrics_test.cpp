// What `dlac explain` knows: every name that a report shows, each with its rule in the documentation.

#include "sim/report/metrics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "sim/core/error.h"
#include "sim/report/report.h"
#include "sim/report/report_fields.h"
#include "sim/report/table_words.h"

namespace dlac {
namespace {

std::vector<std::string> names_of(const std::string& word) {
  std::vector<std::string> names;
  for (const metric* const m : find_metrics(word)) {
    names.push_back(m->name);
  }
  return names;
}

std::string page(const std::string& name) {
  std::ifstream file(std::string(DLAC_SOURCE_DIR) + "/docs/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

using names = std::vector<std::string>;

TEST_CASE("metrics: names, paths, groups and globs") {
  CHECK(names_of("share_of_peak") == names{"share_of_peak"});
  CHECK(names_of("totals.latency_ms") == names{"latency_ms"});
  CHECK(names_of("totals.ternary.tflops") == names{"tflops"});
  CHECK(names_of("layers[3].cycle_parts.mm") == names{"cycle_parts.mm"});
  CHECK(names_of("/layers/3/block") == names{"block"});
  CHECK(names_of("cycle_parts") == names{"cycle_parts.mm", "cycle_parts.pt", "cycle_parts.drain_stall",
                                         "cycle_parts.drain_tail", "cycle_parts.requantise"});
  CHECK(names_of("dense_machine.*") == names{"dense_machine.cycles", "dense_machine.energy_pj"});
  CHECK(names_of("energy_pj.*").size() == energy_part_count + 1);
  CHECK(names_of("totals.area_mm2.*").size() == area_part_count + 1);
  CHECK(names_of("totals") == names{"totals"});  // a key of its own
  CHECK(names_of("totals.*").size() > 50);
  CHECK(names_of("eff.") == names{"eff."});
  CHECK(names_of("dense") == names{"dense", "dense", "dense"});  // two columns and a line
  CHECK(names_of("times peak") == names{"peak"});
  CHECK(names_of("times") == names{"peak", "dense"});
  CHECK(names_of("PE-cycles %").size() == 8);
  CHECK(names_of("recorded") == names{"checked.recorded"});
}

TEST_CASE("metrics: an unknown name is an input error with the nearest one") {
  for (const auto& [word, nearest] : {std::pair<std::string, std::string>{"share_of_peek", "share_of_peak"},
                                      {"totals.latency", "totals.latency_ms"},
                                      {"layers.latency_ms", "totals.latency_ms"},
                                      {"speedup", "speedup_over_dense_machine"}}) {
    INFO(word);
    try {
      static_cast<void>(find_metrics(word));
      FAIL("found");
    } catch (const input_error& error) {
      CHECK(std::string(error.what()).ends_with("did you mean \"" + nearest + "\"?"));
    }
  }
  CHECK_THROWS_AS(static_cast<void>(find_metrics("")), input_error);
}

TEST_CASE("metrics: every field has a meaning, and its rule is a heading of the documentation") {
  for (const report_field& field : report_fields()) {
    INFO(field.name);
    CHECK(field.description.ends_with("."));
    CHECK(!field.group.empty());
    const bool is_number = field.schema().contains("minimum");
    CHECK((!is_number || !field.formula.empty()));
    const std::string text = page(std::string(field.rule.page));
    CHECK(text.find("\n## " + std::string(field.rule.heading) + "\n") != std::string::npos);
  }
}

TEST_CASE("metrics: formulas and words of the table speak of fields that there are") {
  std::set<std::string> fields;
  for (const report_field& field : report_fields()) {
    fields.insert(field.name);
  }
  for (const auto& words : {table_columns(), table_lines()}) {
    for (const table_word& word : words) {
      INFO(word.name);
      CHECK((word.field.empty() || fields.count(std::string(word.field)) == 1));
      CHECK((!word.field.empty() || !word.text.empty()));
      CHECK((word.formula.empty() || word.formula.find(word.field) != std::string_view::npos));
    }
  }
  for (const metric& m : report_metrics()) {
    INFO(m.name);
    CHECK(!m.definition.empty());
    CHECK(!m.found.empty());
  }
}

TEST_CASE("metrics: the keys of the report's root and the schema's descriptions come from the same place") {
  const nlohmann::ordered_json schema = report_schema();
  for (const auto& [key, value] : schema["properties"].items()) {
    INFO(key);
    const auto found = names_of(key);
    CHECK(std::count(found.begin(), found.end(), key) >= 1);
  }
  const std::string text = schema["properties"]["totals"]["properties"]["share_of_peak"]["description"];
  const metric& m = *find_metrics("share_of_peak").front();
  CHECK(text == m.definition + " Formula: " + m.formula + ".");
  CHECK(schema["properties"]["totals"]["properties"]["speedup_over_dense"]["deprecated"] == true);
}

TEST_CASE("metrics: text for people") {
  CHECK(metric_text(*find_metrics("flop_per_cycle").front()) ==
        "flop_per_cycle\n"
        "  Dense-equivalent speed: a MAC is two FLOP, skipped or not.\n"
        "  formula  2 x dense_macs / cycles\n"
        "  unit     FLOP/cycle\n"
        "  in       each layer (JSON, CSV) and totals (JSON; CSV of a sweep)\n"
        "  rule     docs/cycle-contract.md, \"2. A layer as matrix products\"\n");
  CHECK(metric_text(*find_metrics("busy").front()) ==
        "busy\n"
        "  PEs multiplying, or passing a step without work.\n"
        "  formula  100 x pe_cycle_parts.busy / (R x C x cycles)\n"
        "  unit     %\n"
        "  in       table, below \"PE-cycles %\"\n"
        "  rule     docs/cycle-contract.md, \"4. One step in one PE\"\n");
  for (const metric& m : report_metrics()) {
    CHECK(metric_list().find("\n  " + m.name + " ") != std::string::npos);
  }
}

}  // namespace
}  // namespace dlac
