#pragma once
// The fields of a report, told once: JSON, CSV, schema, `dlac explain` and docs/metrics.md are made from this list.

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "models/area.h"
#include "models/energy.h"
#include "sim/report/report.h"
#include "sim/report/rule_places.h"
#include "sim/stats/layer_result.h"

namespace dlac {

/// What a row is about: one layer and pass, or several layers together.
struct report_row {
  const layer_result* layer = nullptr;  ///< nullptr in a row of sums
  totals sums;
  performance figures;
  std::uint32_t images = 1;  ///< the batch
  bool has_memory = false;   ///< finite, so that there is traffic to tell
  area_breakdown area;       ///< of the machine
  energy_breakdown energy;
  energy_figures energy_derived;
  energy_breakdown dense_energy;  ///< of the dense machine on the same layers

  /// 0 where nothing ran.
  [[nodiscard]] double images_per_second() const {
    return figures.latency_ms > 0 ? 1000 * static_cast<double>(images) / figures.latency_ms : 0;
  }
};

report_row layer_row(const report& r, const layer_result& layer);
/// All layers of a report, or those with a ternary column operand only.
enum class layer_choice { all, ternary };
report_row total_row(const report& r, layer_choice choice);
/// The layers of one pass.
report_row pass_row(const report& r, pass_kind pass);

/// Rows that a field belongs to.
enum class field_scope { layer, total, both };

/// Which of two values one would rather have, where nobody says otherwise.
enum class direction { smaller_is_better, larger_is_better };

struct report_field {
  std::string name;  ///< a dot stands for a level of nesting
  field_scope scope;
  std::string_view unit;  ///< empty for words and ratios
  std::string description;
  std::string formula;  ///< by names of fields and symbols of the contract; empty where it is no number
  rule_place rule;
  nlohmann::ordered_json (*schema)();
  std::function<nlohmann::ordered_json(const report_row& row)> value;
  direction better = direction::smaller_is_better;  ///< of numbers
  std::string_view group = {};                      ///< title of the fields that it stands with

  [[nodiscard]] bool is_in(field_scope rows) const { return scope == field_scope::both || scope == rows; }
};

/// In the order of the report.
std::span<const report_field> report_fields();

/// The fields of a row as the report's JSON has them, nested. `scope` is layer or total.
nlohmann::ordered_json row_json(const report_row& row, field_scope scope);

}  // namespace dlac
