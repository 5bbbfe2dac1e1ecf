#include "models/technology.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <system_error>

#include "models/technology_format.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace dlac {
namespace {

/// What the keys owe to each other.
void check(const technology& table, const json_document& document) {
  const energy_costs& energy = table.energy;
  if (energy.sram_32kib.value < energy.sram_8kib.value || energy.sram_1mib.value < energy.sram_32kib.value) {
    throw document.error("/energy",
                         fmt::format("accesses of {}, {} and {} pJ/64bit at 8 KiB, 32 KiB and 1 MiB",
                                     energy.sram_8kib.value, energy.sram_32kib.value, energy.sram_1mib.value),
                         "energies that do not fall as the capacity grows");
  }
}

bool is_path(const std::string& text) {
  return text.find('/') != std::string::npos || text.ends_with(".json");
}

std::vector<std::string> table_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".json") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string path_of(const std::string& name_or_path, const std::string& folder, std::string_view user,
                    std::string_view place) {
  if (is_path(name_or_path)) {
    return name_or_path;
  }
  const std::vector<std::string> names = table_names(folder);
  if (std::find(names.begin(), names.end(), name_or_path) == names.end()) {
    const std::vector<std::string_view> known(names.begin(), names.end());
    throw input_error(
        user, place, in_quotes(name_or_path),
        fmt::format("{}the path of a table (with a slash or .json){}",
                    known.empty() ? "" : quoted_list(known) + ", or ", did_you_mean(name_or_path, known)));
  }
  return fmt::format("{}/{}.json", folder, name_or_path);
}

json_format<quantity> any_quantity(const std::string& unit) {
  constexpr double highest = std::numeric_limits<double>::max();
  return quantity_format(unit, -highest, highest);
}

void collect(const nlohmann::ordered_json& node, const std::string& pointer, std::vector<named_quantity>& result) {
  for (const auto& [key, member] : node.items()) {
    const std::string place = fmt::format("{}/{}", pointer, key);
    if (!member.is_object()) {
      continue;
    }
    if (!member.contains("unit")) {
      collect(member, place, result);
      continue;
    }
    const json_document document(place, nlohmann::json(member));
    result.push_back({.pointer = place, .number = any_quantity(member["unit"]).read(document.root())});
  }
}

}  // namespace

std::string_view to_string(number_kind kind) {
  switch (kind) {
    case number_kind::published:
      return "published";
    case number_kind::scaled:
      return "scaled";
    case number_kind::calibrated:
      return "calibrated";
    case number_kind::estimated:
      return "estimated";
  }
  throw std::logic_error("no such kind of number");
}

technology read_technology(const std::string& name_or_path, const std::string& folder, std::string_view user,
                           std::string_view place) {
  const std::string path = path_of(name_or_path, folder, user, place);
  const json_document document(path, json_document::load(path));
  technology table = technology_format().read(document.root());
  check(table, document);
  return table;
}

nlohmann::ordered_json to_json(const technology& table) {
  return technology_format().write(table);
}

nlohmann::ordered_json technology_schema() {
  return document_schema("DLAC technology table", technology_format().schema());
}

std::vector<named_quantity> quantities(const technology& table) {
  std::vector<named_quantity> result;
  collect(to_json(table), "", result);
  return result;
}

}  // namespace dlac
