// What an evaluation found as JSON and CSV, from one table of fields, and the schema of it.

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/version.h"
#include "sim/evaluation/evaluation_report.h"
#include "sim/json/json_format.h"
#include "sim/json/schema_parts.h"
#include "sim/text/csv.h"

namespace dlac {
namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view schema_name = "dlac-evaluation/1";

json text_schema() {
  return {{"type", "string"}};
}
json text_or_null_schema() {
  return {{"type", {"string", "null"}}};
}
json count_schema() {
  return {{"type", "integer"}, {"minimum", 0}};
}
json share_schema() {
  return {{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
}
json amount_schema() {
  return {{"type", "number"}, {"minimum", 0}};
}
json number_or_null_schema() {
  return {{"type", {"number", "null"}}};
}

json number_or_null(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? json(*value) : json(nullptr);
}

/// A figure of a set of formats: dots in its name lead into objects.
struct row_field {
  std::string_view name;
  std::string_view description;
  json (*schema)();
  json (*value)(const evaluation_row& row);
};

const std::vector<row_field>& row_fields() {
  using row = evaluation_row;
  static const std::vector<row_field> fields = {
      {"numbers", "Name or path of the formats, or what the search tried.", text_schema,
       [](const row& r) { return json(r.numbers); }},
      {"formats.activations", "Of activations.", text_schema, [](const row& r) { return json(r.activations); }},
      {"formats.weights", "Of layers in full precision.", text_schema, [](const row& r) { return json(r.weights); }},
      {"formats.accumulator", "Of sums.", text_schema, [](const row& r) { return json(r.accumulator); }},
      {"ranges", "calibrated: known from other images; tensor: each tensor's own.",
       [] {
         return json{{"enum", {"calibrated", "tensor"}}};
       },
       [](const row& r) { return json(r.is_calibrated ? "calibrated" : "tensor"); }},
      {"images", "Images tested.", count_schema, [](const row& r) { return json(r.test.images); }},
      {"classes", "Numbers of a result.", count_schema, [](const row& r) { return json(r.test.classes); }},
      {"top1", "Share of images whose label has the largest number; of equal ones the first counts.", share_schema,
       [](const row& r) { return json(r.test.share_of(r.test.top1)); }},
      {"top5", "Whose label is among the five largest; null up to five classes.", number_or_null_schema,
       [](const row& r) { return number_or_null(r.test.top5_share()); }},
      {"agreement", "With the class of fp32.", share_schema,
       [](const row& r) { return json(r.test.share_of(r.test.agreeing)); }},
      {"sqnr_db", "Signal to noise of the results against fp32's, mean over images that differ; dB.",
       number_or_null_schema, [](const row& r) { return number_or_null(r.test.sqnr_db.mean()); }},
      {"model_bytes", "Weights, scales and constants as the machine holds them.", count_schema,
       [](const row& r) { return json(r.model_bytes); }},
      {"zeros.weights", "Share of zeros.", share_schema, [](const row& r) { return json(r.test.weights.fraction()); }},
      {"zeros.activations", "Share of zeros, of all images and layers.", share_schema,
       [](const row& r) { return json(r.test.activations.fraction()); }},
      {"cycles", "Of an image; mean of those that were simulated.", amount_schema,
       [](const row& r) { return json(r.cost.cycles); }},
      {"energy_mj", "Likewise, off-chip memory included; mJ.", amount_schema,
       [](const row& r) { return json(r.cost.energy_mj); }},
      {"off_chip_bytes", "Likewise, read and written.", amount_schema,
       [](const row& r) { return json(r.cost.off_chip_bytes); }},
      {"not_finite", "Results with a NaN or an infinity: neither right nor agreeing.", count_schema,
       [](const row& r) { return json(r.test.not_finite); }},
      {"saturated_sums", "Integer sums that went beyond their accumulator.", count_schema,
       [](const row& r) { return json(r.test.saturated_sums); }},
      {"seconds", "Of this machine's clock.", amount_schema, [](const row& r) { return json(r.test.seconds); }},
      {"checked.images", "Images that were simulated.", count_schema, [](const row& r) { return json(r.cost.images); }},
      {"checked.results", "Numbers of their results that were held against the evaluated ones, bit by bit.",
       count_schema, [](const row& r) { return json(r.cost.compared); }},
      {"checked.values", "Outputs of processing elements that were held against the reference.", count_schema,
       [](const row& r) { return json(r.cost.values); }}};
  return fields;
}

json row_json(const evaluation_row& row) {
  json result = json::object();
  for (const row_field& field : row_fields()) {
    const auto [object, name] =
        enter_groups(result, field.name, [](json& outer, const std::string& group) -> json& { return outer[group]; });
    (*object)[name] = field.value(row);
  }
  return result;
}

json row_schema() {
  json result = object_schema();
  for (const row_field& field : row_fields()) {
    add_nested_property(result, field.name, described(field.description, field.schema()));
  }
  return result;
}

json search_schema() {
  json schema = described("Of a search only.", object_schema());
  add_property(schema, "margin", described("How far top-1 may be below fp32's.", amount_schema()));
  add_property(schema, "found", described("The row with the fewest bits; null: none.", text_or_null_schema()));
  return schema;
}

}  // namespace

json evaluation_json(const evaluation& e, const std::string& command) {
  json rows = json::array();
  for (const evaluation_row& row : e.rows) {
    rows.push_back(row_json(row));
  }
  json result = {{"schema", schema_name},
                 {"version", version},
                 {"command", command},
                 {"workload", e.network},
                 {"config", e.config},
                 {"engine", e.engine},
                 {"data", {{"path", e.data}, {"kind", e.data_kind}, {"images", e.images_of_data}}},
                 {"calibrated_on", e.calibrated_on.empty() ? json(nullptr) : json(e.calibrated_on)},
                 {"rows", std::move(rows)}};
  if (e.search_margin) {
    result["search"] = {{"margin", *e.search_margin},
                        {"found", e.found ? json(e.rows[*e.found].numbers) : json(nullptr)}};
  }
  return result;
}

json evaluation_schema() {
  json root = described("What number formats cost on labelled images.", object_schema());
  add_property(root, "schema", {{"const", schema_name}});
  add_property(root, "version", described("Of the program.", text_schema()));
  add_property(root, "command", described("The command line.", text_schema()));
  add_property(root, "workload", described("The network's name.", text_schema()));
  add_property(root, "config", described("The accelerator.", text_schema()));
  add_property(root, "engine", described("That simulated.", text_schema()));
  add_nested_property(root, "data.path", described("As given.", text_schema()));
  add_nested_property(root, "data.kind", described("What kind of files.", text_schema()));
  add_nested_property(root, "data.images", described("That it has to test with.", count_schema()));
  add_property(root, "calibrated_on", described("Images that ranges are from; null: none.", text_or_null_schema()));
  add_property(root, "rows",
               described("A row for each set of formats, fp32 first.", {{"type", "array"}, {"items", row_schema()}}));
  root["properties"]["search"] = search_schema();
  return document_schema("DLAC evaluation", root);
}

std::string evaluation_csv(const evaluation& e) {
  std::string text;
  std::vector<std::string> names;
  for (const row_field& field : row_fields()) {
    names.emplace_back(field.name);
  }
  text += csv_line(names);
  for (const evaluation_row& row : e.rows) {
    std::vector<std::string> cells;
    for (const row_field& field : row_fields()) {
      const json value = field.value(row);
      cells.push_back(value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump());
    }
    text += csv_line(cells);
  }
  return text;
}

json ranges_json(const known_ranges& ranges) {
  json result = json::object();
  for (const auto& [tensor, range] : ranges) {
    result[tensor] = {range.min, range.max};
  }
  return result;
}

}  // namespace dlac
