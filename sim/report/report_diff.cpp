#include "sim/report/report_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "sim/core/text.h"
#include "sim/text/csv.h"

namespace dlac {
namespace {

using plain_json = nlohmann::json;

constexpr std::string_view report_schema_name = "dlac-report/1";
constexpr std::array<std::string_view, 10> not_compared = {"schema", "version", "command", "files",   "settings",
                                                           "engine", "layers",  "totals",  "checked", "partial"};

using fields = std::vector<std::pair<std::string, plain_json>>;

bool is_list_of_objects(const plain_json& value) {
  return value.is_array() &&
         std::any_of(value.begin(), value.end(), [](const plain_json& item) { return item.is_object(); });
}

/// Every value under its path; lists of plain values are values.
void flatten(const plain_json& value, const std::string& path, fields& into) {
  const auto below = [&](const std::string& step) { return path.empty() ? step : path + "." + step; };
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      flatten(member, below(key), into);
    }
  } else if (is_list_of_objects(value)) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      flatten(value[i], below(std::to_string(i)), into);
    }
  } else {
    into.emplace_back(path, value);
  }
}

/// Those of A in its order, then those that only B has.
std::vector<field_difference> differences(const fields& a, const fields& b) {
  std::map<std::string_view, const plain_json*> of_b;
  for (const auto& [name, value] : b) {
    of_b.emplace(name, &value);
  }
  std::vector<field_difference> result;
  for (const auto& [name, value] : a) {
    const auto found = of_b.find(name);
    if (found == of_b.end() || *found->second != value) {
      result.push_back({name, value, found == of_b.end() ? plain_json() : *found->second});
    }
    if (found != of_b.end()) {
      of_b.erase(found);
    }
  }
  for (const auto& [name, value] : b) {
    if (of_b.contains(name)) {
      result.push_back({name, plain_json(), value});
    }
  }
  return result;
}

/// Of a layer without its name, or of the totals.
fields fields_of(const plain_json& row) {
  fields result;
  for (const auto& [key, value] : row.items()) {
    if (key != "name" && key != "pass" && key != "checked") {
      flatten(value, key, result);
    }
  }
  return result;
}

/// A report that was read, as far as it is compared.
struct read_report {
  using layer_key = std::pair<std::string, std::string>;
  fields inputs;
  std::vector<std::pair<layer_key, plain_json>> layers;
  plain_json totals;
};

/// Layers of a workload by their names: one more in front does not make all others different.
void flatten_workload(const plain_json& workload, fields& into) {
  for (const auto& [key, value] : workload.items()) {
    if (key != "layers" || !value.is_array()) {
      flatten(value, "workload." + key, into);
      continue;
    }
    for (const plain_json& layer : value) {
      const bool has_name = layer.is_object() && layer.contains("name") && layer["name"].is_string();
      flatten(layer, fmt::format("workload.layers.{}", has_name ? layer["name"].get<std::string>() : ""), into);
    }
  }
}

read_report read(const json_document& document) {
  const json_value root = document.root();
  const std::string expected = fmt::format(R"(a report of dlac run, "schema": "{}")", report_schema_name);
  const json_value schema = root.member("schema", expected);
  if (!schema.is_string() || schema.text() != report_schema_name) {
    schema.fail(expected);
  }
  read_report result;
  std::set<read_report::layer_key> known;
  for (const json_value& layer : root.member("layers", "an array of layers").elements(0, std::size_t{1} << 20U)) {
    read_report::layer_key key(layer.member("name", "the name of a layer").text(),
                               layer.member("pass", "the pass of a layer").text());
    if (!known.insert(key).second) {
      layer.fail(fmt::format("{} ({}) a second time", in_quotes(key.first), key.second), "every layer and pass once");
    }
    result.layers.emplace_back(std::move(key), layer.raw());
  }
  const json_value totals = root.member("totals", "an object");
  if (!totals.is_object()) {
    totals.fail("an object");
  }
  result.totals = totals.raw();
  for (const auto& [key, value] : root.raw().items()) {
    if (key == "workload" && value.is_object()) {
      flatten_workload(value, result.inputs);
    } else if (std::find(not_compared.begin(), not_compared.end(), key) == not_compared.end()) {
      flatten(value, key, result.inputs);
    }
  }
  return result;
}

std::string text_of(const plain_json& value) {
  return value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump();
}

/// Numbers of up to six digits, other values as they are.
std::string cell(const plain_json& value) {
  return value.is_number_float() ? fmt::format("{:.6g}", value.get<double>()) : text_of(value);
}

std::string ratio_cell(const field_difference& field) {
  const auto ratio = ratio_of(field);
  return ratio ? fmt::format("{:.4g}", *ratio) : "";
}

const field_difference* find(const std::vector<field_difference>& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& field) { return field.name == name; });
  return found == list.end() ? nullptr : &*found;
}

std::string list_table(std::string_view title, const std::vector<field_difference>& list, const text_width& width) {
  text_table table({{title, "", true}, {"A", "", true}, {"B", "", true}, {"B / A", ""}});
  for (const auto& field : list) {
    table.add_row({field.name, shortened(cell(field.a), 40), shortened(cell(field.b), 40), ratio_cell(field)});
  }
  return list.empty() ? "" : table.text(width) + "\n";
}

/// Cycles and energy of each, and how many other fields differ.
std::string layer_table(const report_difference& d, const text_width& width) {
  constexpr std::array<std::string_view, 2> shown = {"cycles", "energy_pj.total"};
  text_table table({{"layer", "", true},
                    {"pass", "", true},
                    {"A", "cycles"},
                    {"B", "cycles"},
                    {"B / A", "cycles"},
                    {"A", "energy, pJ"},
                    {"B", "energy, pJ"},
                    {"B / A", "energy, pJ"},
                    {"other fields", ""}});
  for (const auto& layer : d.layers) {
    std::vector<std::string> cells = {layer.name, layer.pass};
    if (layer.in != layer_presence::both) {
      cells.insert(cells.end(),
                   {"", "", "", "", "", "", layer.in == layer_presence::only_a ? "only in A" : "only in B"});
      table.add_row(std::move(cells));
      continue;
    }
    std::size_t others = layer.fields.size();
    for (const auto name : shown) {
      const auto* const field = find(layer.fields, name);
      others -= field != nullptr ? 1 : 0;
      for (const std::string& text : field != nullptr
                                         ? std::array{cell(field->a), cell(field->b), ratio_cell(*field)}
                                         : std::array{std::string("equal"), std::string("equal"), std::string("1")}) {
        cells.push_back(text);
      }
    }
    cells.push_back(fmt::format("{} differ", others));
    table.add_row(std::move(cells));
  }
  return d.layers.empty() ? "" : table.text(width) + "\n";
}

std::string_view to_string(layer_presence in) {
  return in == layer_presence::both ? "both" : in == layer_presence::only_a ? "a" : "b";
}

nlohmann::ordered_json to_json(const std::vector<field_difference>& list) {
  auto result = nlohmann::ordered_json::array();
  for (const auto& field : list) {
    nlohmann::ordered_json entry = {{"name", field.name}, {"a", field.a}, {"b", field.b}};
    if (const auto ratio = ratio_of(field)) {
      entry["ratio"] = *ratio;
    }
    result.push_back(std::move(entry));
  }
  return result;
}

}  // namespace

std::optional<double> ratio_of(const field_difference& field) {
  if (!field.a.is_number() || !field.b.is_number() || field.a.get<double>() == 0) {
    return std::nullopt;
  }
  return field.b.get<double>() / field.a.get<double>();
}

report_difference compare_reports(const json_document& a, const json_document& b) {
  const read_report of_a = read(a);
  const read_report of_b = read(b);
  report_difference result;
  result.inputs = differences(of_a.inputs, of_b.inputs);
  result.totals = differences(fields_of(of_a.totals), fields_of(of_b.totals));
  std::map<read_report::layer_key, const plain_json*> layers_of_b;
  for (const auto& [key, layer] : of_b.layers) {
    layers_of_b.emplace(key, &layer);
  }
  for (const auto& [key, layer] : of_a.layers) {
    const auto found = layers_of_b.find(key);
    layer_difference difference{key.first, key.second, layer_presence::only_a, {}};
    if (found != layers_of_b.end()) {
      difference.in = layer_presence::both;
      difference.fields = differences(fields_of(layer), fields_of(*found->second));
      layers_of_b.erase(found);
    }
    if (difference.in == layer_presence::both && difference.fields.empty()) {
      ++result.equal_layers;
    } else {
      result.layers.push_back(std::move(difference));
    }
  }
  for (const auto& [key, layer] : of_b.layers) {
    if (layers_of_b.contains(key)) {
      result.layers.push_back({key.first, key.second, layer_presence::only_b, {}});
    }
  }
  return result;
}

std::string difference_table(const report_difference& d, const text_width& width) {
  // What the ternary layers add up to is in the other formats.
  std::vector<field_difference> totals;
  std::copy_if(d.totals.begin(), d.totals.end(), std::back_inserter(totals),
               [](const auto& field) { return !field.name.starts_with("ternary."); });
  const std::string equal =
      fmt::format("{} of {} layers are equal\n", d.equal_layers, d.equal_layers + d.layers.size());
  return list_table("input", d.inputs, width) + layer_table(d, width) + list_table("total", totals, width) +
         (d.is_equal() ? "equal: " : "") + equal;
}

nlohmann::ordered_json difference_json(const report_difference& d) {
  nlohmann::ordered_json result = {
      {"schema", "dlac-diff/1"}, {"equal", d.is_equal()}, {"equal_layers", d.equal_layers}};
  result["inputs"] = to_json(d.inputs);
  result["layers"] = nlohmann::ordered_json::array();
  for (const auto& layer : d.layers) {
    result["layers"].push_back(
        {{"name", layer.name}, {"pass", layer.pass}, {"in", to_string(layer.in)}, {"fields", to_json(layer.fields)}});
  }
  result["totals"] = to_json(d.totals);
  return result;
}

std::string difference_csv(const report_difference& d) {
  std::string text = csv_line({"part", "layer", "pass", "name", "a", "b", "ratio"});
  const auto add = [&](const char* part, const std::string& layer, const std::string& pass,
                       const std::vector<field_difference>& list) {
    for (const auto& field : list) {
      const auto ratio = ratio_of(field);
      text += csv_line(
          {part, layer, pass, field.name, text_of(field.a), text_of(field.b), ratio ? plain_json(*ratio).dump() : ""});
    }
  };
  add("input", "", "", d.inputs);
  for (const auto& layer : d.layers) {
    if (layer.in != layer_presence::both) {
      const bool in_a = layer.in == layer_presence::only_a;
      text += csv_line({"layer", layer.name, layer.pass, "", in_a ? "there" : "", in_a ? "" : "there", ""});
    }
    add("layer", layer.name, layer.pass, layer.fields);
  }
  add("total", "", "", d.totals);
  return text;
}

}  // namespace dlac
