#pragma once
// Two reports of `dlac run` side by side, layer by layer. What may differ between equal runs is left out: `engine`,
// `command`, `version` and `checked`; and how a run was asked for, `files` and `settings`, which its `config` and
// `workload` tell by what came of them.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/json/json_reader.h"
#include "sim/text/text_table.h"

namespace dlac {

/// A field of both whose values differ. Null where one has none.
struct field_difference {
  std::string name;  ///< "energy_pj.total"
  nlohmann::json a;
  nlohmann::json b;
};

enum class layer_presence { both, only_a, only_b };

struct layer_difference {
  std::string name;
  std::string pass;
  layer_presence in = layer_presence::both;
  std::vector<field_difference> fields;  ///< of layers in both
};

struct report_difference {
  std::vector<field_difference> inputs;  ///< "config.grid.rows", "workload.batch", "trace_hash", "pass", ...
  std::vector<layer_difference> layers;  ///< that are not equal, in the order of A, then those of B alone
  std::vector<field_difference> totals;
  std::size_t equal_layers = 0;

  [[nodiscard]] bool is_equal() const { return inputs.empty() && layers.empty() && totals.empty(); }
};

/// Throws input_error for what is no report of schema dlac-report/1.
report_difference compare_reports(const json_document& a, const json_document& b);

/// b / a of two numbers, or nothing.
std::optional<double> ratio_of(const field_difference& field);

std::string difference_table(const report_difference& d, const text_width& width);
/// {"schema": "dlac-diff/1", "equal", "inputs": [{"name", "a", "b"}], "layers": [{"name", "pass", "in", "fields":
/// [{"name", "a", "b", "ratio"}]}], "totals": [...]}
nlohmann::ordered_json difference_json(const report_difference& d);
/// A line for each field: part (inputs, layer, totals), layer, pass, name, a, b, ratio.
std::string difference_csv(const report_difference& d);

}  // namespace dlac
