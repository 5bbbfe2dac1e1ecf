// A run's report as CSV.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sim/report/report.h"
#include "sim/report/report_fields.h"
#include "sim/text/csv.h"

namespace dlac {

std::string flat_text(const nlohmann::ordered_json& value) {
  if (value.is_null()) {
    return "";
  }
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (!value.is_array()) {
    return value.dump();
  }
  std::string result;
  for (const nlohmann::ordered_json& element : value) {
    const std::string_view separator = element.is_object() ? "+" : element.is_string() ? "; " : "x";
    result += result.empty() ? "" : separator;
    result += flat_text(element.is_object() ? element.at("op") : element);
  }
  return result;
}

std::string report_csv(const report& r) {
  std::string text;
  const auto add_line = [&](const auto& text_of_field, const std::string& partial) {
    std::vector<std::string> cells;
    for (const report_field& field : report_fields()) {
      if (field.is_in(field_scope::layer)) {
        cells.push_back(text_of_field(field));
      }
    }
    if (r.result.planned) {
      cells.push_back(partial);
    }
    text += csv_line(cells);
  };
  add_line([](const report_field& field) { return field.name; }, "partial");
  for (const layer_result& layer : r.result.layers) {
    const report_row row = layer_row(r, layer);
    add_line([&](const report_field& field) { return flat_text(field.value(row)); }, partial_text(r.result));
  }
  return text;
}

}  // namespace dlac
