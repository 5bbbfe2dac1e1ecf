#include "models/technology.h"

#include <fmt/core.h>

#include <limits>
#include <stdexcept>

#include "models/technology_format.h"
#include "sim/core/error.h"

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

technology read_technology(const std::string& path) {
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
