// A run's report as JSON, and the schema of it.

#include <array>
#include <utility>

#include "sim/config/accelerator_config_format.h"
#include "sim/contract/timing_rules.h"
#include "sim/core/version.h"
#include "sim/json/json_format.h"
#include "sim/json/schema_parts.h"
#include "sim/report/graph_nodes.h"
#include "sim/report/report.h"
#include "sim/report/report_fields.h"
#include "sim/workload/network_format.h"

namespace dlac {
namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view schema_name = "dlac-report/1";

json row_schema(field_scope scope) {
  json result = object_schema();
  for (const report_field& field : report_fields()) {
    if (!field.is_in(scope)) {
      continue;
    }
    std::string text(field.description);
    if (!field.formula.empty()) {
      text += " Formula: " + field.formula + ".";
    }
    if (!field.unit.empty()) {
      text += " Unit: " + std::string(field.unit) + ".";
    }
    add_nested_property(result, field.name, described(text, field.schema()));
  }
  return result;
}

json layers_json(const report& r) {
  json layers = json::array();
  for (const layer_result& layer : r.result.layers) {
    layers.push_back(row_json(layer_row(r, layer), field_scope::layer));
  }
  return layers;
}

json totals_json(const report& r) {
  json totals = row_json(total_row(r, layer_choice::all), field_scope::total);
  totals["ternary"] = row_json(total_row(r, layer_choice::ternary), field_scope::total);
  return totals;
}

json totals_schema() {
  json schema = described("All layers, one after the other.", row_schema(field_scope::total));
  add_property(schema, "ternary",
               described("The layers with a ternary column operand only.", row_schema(field_scope::total)));
  return schema;
}

json files_schema() {
  const json text = {{"type", "string"}};
  json schema = described("Files that the run was made of: the name of a shipped one, or a path as it was given.",
                          object_schema());
  add_property(schema, "workload", described("The workload.", text));
  add_property(schema, "config", described("The accelerator config; what --set changed is in \"config\".", text));
  return schema;
}

json partial_schema() {
  json schema = described(
      "Only in the report of a run that was interrupted: `layers` and `totals` are of what was done.", object_schema());
  const json count = {{"type", "integer"}, {"minimum", 0}};
  add_property(schema, "done", described("Layers and passes in this report.", count));
  add_property(schema, "of", described("Layers and passes that the run would have had.", count));
  return schema;
}

json partial_json(const report& r) {
  return r.result.planned ? json{{"done", r.result.layers.size()}, {"of", *r.result.planned}}
                          : json(json::value_t::discarded);
}

/// The nodes of a graph; a list of layers has none, and no such key.
template <bool on_host>
json nodes_json(const report& r) {
  if (!r.net.graph) {
    return json(json::value_t::discarded);
  }
  json nodes = json::array();
  for (const counted_node& node : counted_nodes(r.net, on_host)) {
    nodes.push_back({{"name", node.name}, {"type", to_string(node.type)}, {"elements", node.elements}});
  }
  return nodes;
}

json nodes_schema(std::string_view description) {
  json node = object_schema();
  add_property(node, "name", described("The node.", {{"type", "string"}}));
  add_property(node, "type", described("What it does.", {{"type", "string"}}));
  add_property(node, "elements", described("Numbers that it gives.", {{"type", "integer"}, {"minimum", 0}}));
  return described(description, {{"type", "array"}, {"items", node}});
}

json functional_json(const report& r) {
  if (!r.result.functional) {
    return json(json::value_t::discarded);
  }
  const functional_figures& run = *r.result.functional;
  return {{"image", run.image}, {"output", run.output}, {"largest", run.largest}};
}

json functional_schema() {
  json schema = described("Only of --functional: each layer ran on the output of those before it.", object_schema());
  add_property(schema, "image", described("Where the image comes from.", {{"type", "string"}}));
  add_property(schema, "output", described("The layer or node whose output is the result.", {{"type", "string"}}));
  add_property(
      schema, "largest",
      described("Of each image the place of the largest number of the result, where that is a vector: the class.",
                {{"type", "array"}, {"items", {{"type", "integer"}, {"minimum", 0}}}}));
  return schema;
}

/// One key of the report's root.
struct report_part {
  const char* key;
  json (*schema)();
  json (*value)(const report& r);  ///< discarded: this report has no such key
  bool is_required = true;
};

constexpr std::array parts = {
    report_part{"schema",
                [] {
                  return described("Format of this file.", {{"const", schema_name}});
                },
                [](const report&) -> json { return schema_name; }},
    report_part{"version",
                [] {
                  return described("Version of the program.", {{"type", "string"}});
                },
                [](const report&) -> json { return version; }},
    report_part{"timing_rules",
                [] {
                  return described("Version of the cycle contract that cycles were counted by.",
                                   {{"type", "integer"}, {"minimum", 1}});
                },
                [](const report&) -> json { return timing_rules_version; }},
    report_part{"command",
                [] {
                  return described("The command line.", {{"type", "string"}});
                },
                [](const report& r) -> json { return r.origin.command; }},
    report_part{"files", files_schema,
                [](const report& r) -> json {
                  return {{"workload", r.inputs.workload}, {"config", r.inputs.config}};
                }},
    report_part{"config", [] { return accelerator_config_format().schema(); },
                [](const report& r) { return to_json(r.config); }},
    report_part{"settings",
                [] {
                  return described(
                      "What --numbers (numbers=NAME) and --set (KEY=VALUE) changed in the config, in their order.",
                      {{"type", "array"}, {"items", {{"type", "string"}}}});
                },
                [](const report& r) -> json { return r.origin.settings; }},
    report_part{"workload", [] { return workload_file_format().schema(); },
                [](const report& r) { return to_json(r.net); }},
    report_part{"trace_hash",
                [] {
                  return described(
                      "128-bit XXH3 of the trace file that operands were read from, hexadecimal; null "
                      "without one.",
                      {{"type", json::array({"string", "null"})}, {"pattern", "^[0-9a-f]{32}$"}});
                },
                [](const report& r) -> json { return r.origin.trace_hash ? json(*r.origin.trace_hash) : nullptr; }},
    report_part{"engine",
                [] {
                  return described("Engine that counted the cycles: fast or systemc.", {{"type", "string"}});
                },
                [](const report& r) -> json { return r.result.engine; }},
    report_part{"pass",
                [] {
                  return described("What was run: forward or training.", {{"type", "string"}});
                },
                [](const report& r) -> json { return to_string(r.result.kind); }},
    report_part{"partial", partial_schema, partial_json, false},
    report_part{"functional", functional_schema, functional_json, false},
    report_part{"not_on_this_machine",
                [] { return nodes_schema("Nodes of a graph that run elsewhere: no cycle of theirs is counted."); },
                nodes_json<true>, false},
    report_part{"without_cycles",
                [] {
                  return nodes_schema(
                      "Pooling and other nodes of a graph that ride along with the traffic of layers, free of cost.");
                },
                nodes_json<false>, false},
    report_part{"layers",
                []() -> json {
                  return described(
                      "Every layer and pass that was run, in their order.",
                      {{"type", "array"}, {"items", described("One layer and pass.", row_schema(field_scope::layer))}});
                },
                layers_json},
    report_part{"totals", totals_schema, totals_json},
};

}  // namespace

json row_json(const report_row& row, field_scope scope) {
  json result = json::object();
  for (const report_field& field : report_fields()) {
    if (field.is_in(scope)) {
      const auto [object, name] =
          enter_groups(result, field.name, [](json& outer, const std::string& group) -> json& { return outer[group]; });
      (*object)[name] = field.value(row);
    }
  }
  return result;
}

json report_json(const report& r) {
  json result = json::object();
  for (const report_part& part : parts) {
    if (json value = part.value(r); !value.is_discarded()) {
      result[part.key] = std::move(value);
    }
  }
  return result;
}

json report_schema() {
  json root = described("What a run found out, and all that it was run on.", object_schema());
  for (const report_part& part : parts) {
    root["properties"][part.key] = part.schema();
    if (part.is_required) {
      root["required"].push_back(part.key);
    }
  }
  return document_schema("DLAC report", root);
}

}  // namespace dlac
