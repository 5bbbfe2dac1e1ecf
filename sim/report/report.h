#pragma once
// The report of a run, in several formats of one content: for programs (JSON, and its schema), for spreadsheets (CSV:
// one row per layer and pass) and for people (a table). What a row says is told once, in report_fields.cpp. Ratios come
// from sim/stats, area and energy from models; counts are exact integers; the same run gives the same bytes.

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "models/technology.h"
#include "sim/config/accelerator_config.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"

namespace dlac {

/// Which files a run was made of: shipped ones by their names ("resnet34"), others by their paths, as they were given.
struct report_inputs {
  std::string workload;
  std::string config;
  std::optional<std::string> data_folder = {};  ///< of the shipped ones, where the user gave another one
};

/// What was run, on what, and what came out. Refers to its parts, which must outlive it.
struct report {
  const accelerator_config& config;
  const network& net;
  const network_result& result;
  const technology& table;  ///< what area and energy are counted by
  report_inputs inputs = {};
};

/// {"schema": "dlac-report/1", "files": {"workload", "config"}, "config": ..., "workload": ..., "engine", "pass",
/// "layers": [...], "totals": {...}}
nlohmann::ordered_json report_json(const report& r);

/// JSON Schema (2020-12) of report_json.
nlohmann::ordered_json report_schema();

/// A header line and one line per layer and pass; the names of the JSON joined by dots, fields quoted as of RFC 4180.
std::string report_csv(const report& r);

/// A value of a report's row as a cell of its CSV, without quotes: a block as 4x8, operations as mul-add+select, null
/// as nothing, numbers as in the JSON.
std::string flat_text(const nlohmann::ordered_json& value);

/// At most 120 columns: a line a layer, sums, a legend and the figures of the whole run.
std::string report_table(const report& r);

}  // namespace dlac
