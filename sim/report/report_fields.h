#pragma once
// The columns of a report, told once: JSON, CSV and schema are made from this list.

#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

#include "sim/stats/layer_result.h"

namespace dlac {

/// What a row is about: one layer and pass, or several layers together.
struct report_row {
  const layer_result* layer = nullptr;  ///< nullptr in a row of sums
  totals sums;
  performance figures;
  bool has_memory = false;  ///< finite, so that there is traffic to tell
};

report_row layer_row(const layer_result& layer, const accelerator_config& config);
/// All layers of a result, or those with a ternary column operand only.
enum class layer_choice { all, ternary };
report_row total_row(const network_result& result, const accelerator_config& config, layer_choice choice);
/// The layers of one pass.
report_row pass_row(const network_result& result, const accelerator_config& config, pass_kind pass);

/// Rows that a field belongs to.
enum class field_scope { layer, total, both };

struct report_field {
  std::string_view name;  ///< a dot stands for one level of nesting
  field_scope scope;
  std::string_view unit;  ///< empty for words and ratios
  std::string_view description;
  nlohmann::ordered_json (*schema)();
  nlohmann::ordered_json (*value)(const report_row& row);

  [[nodiscard]] bool is_in(field_scope rows) const { return scope == field_scope::both || scope == rows; }
};

/// In the order of the report.
std::span<const report_field> report_fields();

}  // namespace dlac
