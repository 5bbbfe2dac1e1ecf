#pragma once
// The report of a run, in several formats of one content: for programs (JSON, and its schema), for spreadsheets (CSV:
// one row per layer and pass) and for people (a table). What a row says is told once, in report_fields.cpp. Ratios come
// from sim/stats, area and energy from models; counts are exact integers; the same run gives the same bytes.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "models/technology.h"
#include "sim/config/accelerator_config.h"
#include "sim/stats/layer_result.h"
#include "sim/text/text_table.h"
#include "sim/workload/network.h"

namespace dlac {

/// Which files a run was made of: shipped ones by their names ("resnet34"), others by their paths, as they were given.
struct report_inputs {
  std::string workload;
  std::string config;
  std::optional<std::string> data_folder = {};  ///< of the shipped ones, where the user gave another one
};

/// What tells the run apart beside its inputs' contents: how it was asked for.
struct report_origin {
  std::string command;                    ///< the command line, quoted as a shell takes it
  std::vector<std::string> settings;      ///< KEY=VALUE that changed the config, in their order
  std::optional<std::string> trace_hash;  ///< of the trace that was used, if one was
};

/// What was run, on what, and what came out. Refers to its parts, which must outlive it.
struct report {
  const accelerator_config& config;
  const network& net;
  const network_result& result;
  const technology& table;  ///< what area and energy are counted by
  report_inputs inputs = {};
  report_origin origin = {};
};

/// The config's name, and what was set over it: "dlac-fp16-inference with grid.rows=4, skip=none".
std::string machine_name(const accelerator_config& config, std::span<const std::string> settings);

/// {"schema": "dlac-report/1", "version", "timing_rules", "command", "files": {"workload", "config"}, "config": ...,
/// "settings", "workload": ..., "trace_hash", "engine", "pass", "layers": [...], "totals": {...}}
nlohmann::ordered_json report_json(const report& r);

/// JSON Schema (2020-12) of report_json.
nlohmann::ordered_json report_schema();

/// A header line and one line per layer and pass; the names of the JSON joined by dots, fields quoted as of RFC 4180.
/// Of an interrupted run each line ends in a column more, `partial`: "3 of 37".
std::string report_csv(const report& r);

/// A value of a report's row as a cell of its CSV, without quotes: a block as 4x8, operations as mul-add+select, notes
/// one after the other, null as nothing, numbers as in the JSON.
std::string flat_text(const nlohmann::ordered_json& value);

/// A line a layer, sums, a legend and the figures of the whole run.
std::string report_table(const report& r, const text_width& width = {});

}  // namespace dlac
