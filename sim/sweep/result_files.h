#pragma once
// The results of a sweep as files: results.csv, a line per point, and results.jsonl, a JSON object per point; where the
// results of layers are kept, layers.csv, a line per point, layer and pass. They depend on the results alone, and not
// on how often, where and in which order the points were run. A sweep that lacks points has a last line, and a last
// object, of status "partial", which says how many there are.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/sweep/result_store.h"

namespace dlac {

/// "totals.cycles", "totals.energy_pj.total", ...: the columns that follow point, axes, status and error.
std::vector<std::string> total_names();

/// Where "energy_pj.total" stands in a point's totals.
nlohmann::json_pointer<std::string> pointer_of(const std::string& dotted);

/// "57 of 120 points", or of a search "tried 230 of 720 combinations".
std::string count_text(result_store& store);

/// The same of a sweep that lacks points or has failed ones, "57 of 120 points, 1 failed", and of a search that has not
/// come to its end, "57 of at most 240 points of a search"; empty otherwise.
std::string partial_note(result_store& store);

/// Whether the sweep has a layers.csv.
bool is_per_layer(const result_store& store);

/// Whether the files can be written, which is better known before a sweep than after it. Throws input_error.
void check_result_places(const result_store& store);

/// Writes them into the store's folder, all of them or none. Throws input_error.
void write_result_files(result_store& store);

}  // namespace dlac
