#pragma once
// The results of a sweep as files: results.csv, a line per point, and results.jsonl, a JSON object per point. They
// depend on the results alone, and not on how often, where and in which order the points were run.

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/sweep/result_store.h"

namespace dlac {

/// "totals.cycles", "totals.energy_pj.total", ...: the columns that follow point, axes, status and error.
std::vector<std::string> total_names();

/// Where "energy_pj.total" stands in a point's totals.
nlohmann::ordered_json::json_pointer pointer_of(const std::string& dotted);

/// Throws input_error if something in `folder`, which need not be there, is in the way of the two files.
void check_result_files(const std::filesystem::path& folder);

/// Writes both into the store's folder, or neither. Throws input_error.
void write_result_files(result_store& store);

}  // namespace dlac
