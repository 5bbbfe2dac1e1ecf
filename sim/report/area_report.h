#pragma once
// The area of a machine, part by part, with its peak figures and the numbers of the technology table behind it: what
// `dlac area` tells, as a structure and in every format. docs/area-and-energy.md has the model.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "models/area.h"
#include "models/technology.h"
#include "sim/config/accelerator_config.h"
#include "sim/text/text_table.h"

namespace dlac {

struct area_report {
  accelerator_config config;
  std::vector<std::string> settings;  ///< KEY=VALUE that changed the config, in their order
  technology table;
  area_breakdown area;
  peak_figures peak;  ///< zeros not skipped
};

area_report make_area_report(const accelerator_config& config, const technology& table,
                             const std::vector<std::string>& settings = {});

/// The numbers of the table that this machine's area is made of.
std::vector<named_quantity> area_numbers(const area_report& r);

/// {"schema": "dlac-area/1", "config", "settings", "technology", "area_mm2": {...}, "peak": {...}}
nlohmann::ordered_json area_json(const area_report& r);

/// A header line and a line for each number of the JSON's "area_mm2" and "peak": metric,value,unit.
std::string area_csv(const area_report& r);

/// Parts, peak figures and the numbers of the table, for people.
std::string area_table(const area_report& r, const text_width& width = {});

}  // namespace dlac
