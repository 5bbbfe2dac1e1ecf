#include "sim/report/export_accelergy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "models/actions.h"
#include "models/area.h"
#include "models/energy.h"
#include "sim/core/text.h"
#include "sim/text/yaml.h"

namespace dlac {
namespace {

using json = nlohmann::ordered_json;

constexpr double layout_version = 0.4;
constexpr double um2_per_mm2 = 1e6;
constexpr std::string_view system_name = "dlac";
constexpr std::string_view chip_name = "chip";
/// What tells our files from others.
constexpr std::string_view first_line = "# Written by DLAC-sim in the layout of Accelergy v0.4";

std::string full_name(const component_info& component) {
  return component.is_on_chip ? fmt::format("{}.{}.{}", system_name, chip_name, component.name)
                              : fmt::format("{}.{}", system_name, component.name);
}

std::string document(std::string_view what, const json& value) {
  return fmt::format("{}: {}\n{}", first_line, what, to_yaml(value));
}

/// The tree that architecture and action counts share; `leaf` says what stands at a component, nothing to leave it out.
template <class Leaf>
json component_tree(const json& attributes, const Leaf& leaf) {
  json on_chip = json::array();
  json beside = json::array();
  for (const component_info& component : components()) {
    json node = {{"name", component.name}};
    node.update(leaf(component));
    (component.is_on_chip ? on_chip : beside).push_back(node);
  }
  json system = {{"name", system_name}};
  if (!attributes.empty()) {
    system["attributes"] = attributes;
  }
  system["local"] = beside;
  system["subtree"] = json::array({{{"name", chip_name}, {"local", on_chip}}});
  return {{"version", layout_version}, {"subtree", json::array({system})}};
}

/// What an estimator may want to know, by component.
json component_attributes(const accelerator_config& config, const technology& table) {
  const storage_bits bits = storage_of(config);
  const block_shape vectors = vector_lengths(config);
  const pe_config& pe = config.pe;
  const std::uint64_t pes = config.processing_elements();
  const built_formats built = formats_built_for(config);
  const std::uint64_t row_width = std::uint64_t{vectors.m} * built.row_bits;
  const std::uint64_t column_width = std::uint64_t{vectors.n} * built.column_bits;
  const std::uint32_t accumulator_bits = built.accumulator_bits;
  json attributes = {
      {"lanes",
       {{"processing_elements", pes},
        {"fma_units_per_pe", pe.fma_units},
        {"adders_per_pe", pe.adders},
        {"float_bits", accumulator_bits}}},
      {"scheduler",
       {{"processing_elements", pes},
        {"lanes_per_pe", pe.fma_units + pe.adders},
        {"outputs_per_pe", pe.output_buffers}}},
      {"operand_queues",
       {{"processing_elements", pes},
        {"storage_bits", bits.operand_queues},
        {"depth", pe.operand_queue_depth},
        {"width", row_width + column_width}}},
      {"output_buffers",
       {{"processing_elements", pes},
        {"storage_bits", bits.output_buffers},
        {"banks", pe.output_banks},
        {"depth", pe.output_buffers},
        {"width", accumulator_bits + built.slice_bits}}},
      {"weight_buffer", {{"storage_bits", bits.weight_buffer}}},
      {"feature_map_buffer", {{"storage_bits", bits.feature_map_buffer}}},
      {"buses_and_drain",
       {{"storage_bits", bits.drain_and_broadcast},
        {"row_buses", config.grid.rows},
        {"row_bus_width", row_width},
        {"column_buses", config.grid.cols},
        {"column_bus_width", column_width},
        {"drain_width", config.drain_elements_per_cycle * accumulator_bits},
        {"length_mm", std::sqrt(area_of(config, table).total())}}},
      {"clock",
       {{"clock_mhz", config.clock_mhz}, {"register_bits", bits.registers()}, {"buffer_bits", bits.buffers()}}},
      {"off_chip_memory", json::object()}};
  if (config.memory) {
    attributes["off_chip_memory"] = {{"bytes_per_cycle", to_json(config.memory->bytes_per_cycle)},
                                     {"latency_cycles", config.memory->latency_cycles}};
  }
  return attributes;
}

json architecture(const report& r) {
  const json attributes = {{"technology", fmt::format("{:g}nm", r.table.node.value)},
                           {"global_cycle_seconds", 1 / (r.config.clock_mhz * 1e6)}};
  const json of_components = component_attributes(r.config, r.table);
  const std::vector<energy_action> actions = machine_actions(r.config, r.table);
  return {{"architecture", component_tree(attributes, [&](const component_info& component) {
             json names = json::array();
             for (const energy_action& action : actions) {
               if (action.component == component.name) {
                 names.push_back(action.name);
               }
             }
             return json{{"class", fmt::format("dlac_{}", component.name)},
                         {"attributes", of_components.at(std::string(component.name))},
                         {"required_actions", names}};
           })}};
}

json energy_reference_table(const report& r) {
  const std::vector<energy_action> actions = machine_actions(r.config, r.table);
  json tables = json::array();
  for (const component_info& component : components()) {
    json entries = json::array();
    for (const energy_action& action : actions) {
      if (action.component == component.name) {
        entries.push_back({{"name", action.name}, {"arguments", json::object()}, {"energy", action.pj_each}});
      }
    }
    tables.push_back({{"name", full_name(component)}, {"actions", entries}});
  }
  return {{"ERT", {{"version", layout_version}, {"tables", tables}}}};
}

json area_reference_table(const report& r) {
  const area_breakdown area = area_of(r.config, r.table);
  json tables = json::array();
  for (const component_info& component : components()) {
    tables.push_back({{"name", full_name(component)}, {"area", component_area(component, area) * um2_per_mm2}});
  }
  return {{"ART", {{"version", layout_version}, {"tables", tables}}}};
}

/// `about` is for people and scripts; Accelergy passes over keys that it does not know.
json action_counts(const std::vector<energy_action>& actions, const json& about) {
  json counts = component_tree({}, [&](const component_info& component) {
    json entries = json::array();
    for (const energy_action& action : actions) {
      if (action.component == component.name) {
        entries.push_back({{"name", action.name}, {"counts", action.count}});
      }
    }
    return json{{"action_counts", entries}};
  });
  return {{"action_counts", counts}, {"dlac_sim", about}};
}

/// Letters, digits, "." and "-" only, and not too long for any file system.
std::string file_name(std::size_t number, const layer_result& layer) {
  constexpr std::size_t longest = 100;
  std::string name = layer.name.substr(0, longest);
  const auto is_safe = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  std::replace_if(
      name.begin(), name.end(), [&](char c) { return !is_safe(c); }, '_');
  return fmt::format("{:03}-{}-{}.yaml", number, name, to_string(layer.pass));
}

std::string readme(const report& r) {
  return fmt::format(
      "Energy and area of a simulated network, for Accelergy: files in the layout of its version 0.4\n\n"
      "architecture.yaml         the components of the machine, with attributes and actions\n"
      "ERT.yaml                  energy reference table: what one action takes, in pJ\n"
      "ART.yaml                  area reference table: what a component takes, in um2\n"
      "action_counts_total.yaml  how often each action happened, all layers and passes together\n"
      "action_counts/            the same, a file for each layer and pass\n\n"
      "A component stands for all of its kind in the machine together. Actions whose names end in _bit or _byte count\n"
      "bits or bytes; \"cycle\" and \"leak\" count clock cycles; all others count events. Each file of counts ends in "
      "a\n"
      "key dlac_sim: the layer, the pass and the energy by DLAC-sim, pJ, which is the sum of counts x energies.\n\n"
      "The energy again, by Accelergy (Total in out/energy_estimation.yaml):\n\n"
      "  accelergy -f energy_estimation flattened_arch -o out architecture.yaml ERT.yaml action_counts_total.yaml\n\n"
      "By your own estimators, plug-ins or compound components for the classes dlac_... of architecture.yaml:\n\n"
      "  accelergy -o out architecture.yaml your-classes.yaml action_counts_total.yaml\n\n"
      "Give one file of counts at a time: Accelergy does not add them up.\n\n"
      "config      {}\ntechnology  {}: {}\nworkload    {}, {} pass\n",
      one_line(machine_name(r.config, r.origin.settings), 400), one_line(r.table.name, 400),
      one_line(r.table.description, 400), one_line(r.net.name, 400), to_string(r.result.kind));
}

bool is_ours(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(first_line.size(), '\0');
  return file.read(start.data(), static_cast<std::streamsize>(start.size())) && start == first_line;
}

/// Leaves what cannot be read or removed: it is not of this run.
void remove_earlier(const std::filesystem::path& folder, const std::vector<exported_file>& files,
                    atomic_files& written) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder / accelergy_layers_folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const bool is_of_this_run = std::any_of(
        files.begin(), files.end(), [&](const exported_file& file) { return folder / file.path == entry->path(); });
    if (!is_of_this_run && entry->path().extension() == ".yaml" && is_ours(entry->path())) {
      written.remove(entry->path());
    }
  }
}

}  // namespace

void check_for_accelergy(const accelerator_config& config, const technology& table, const network& net, run_kind kind) {
  const std::vector<energy_action> own = machine_actions(config, table);
  for (const layer& l : net.layers) {
    for (const pass_kind pass : passes_of(kind)) {
      layer_result idle;
      idle.formats = config.formats(pass, l.weights, l.own_numbers());
      const std::vector<energy_action> actions = actions_of(config, table, idle);
      const auto is_alike = [](const energy_action& a, const energy_action& b) { return a.pj_each == b.pj_each; };
      if (!std::equal(actions.begin(), actions.end(), own.begin(), is_alike)) {
        throw input_error("--export accelergy", in_quotes(l.name),
                          fmt::format("number formats of its {} pass that are not the machine's", to_string(pass)),
                          "one energy for each action, as Accelergy has it");
      }
    }
  }
}

std::vector<exported_file> accelergy_files(const report& r) {
  std::vector<exported_file> files = {{"architecture.yaml", document("the components of the machine", architecture(r))},
                                      {"ERT.yaml", document("energy reference table, pJ", energy_reference_table(r))},
                                      {"ART.yaml", document("area reference table, um2", area_reference_table(r))}};
  std::vector<energy_action> total = machine_actions(r.config, r.table);
  double total_pj = 0;
  for (const layer_result& layer : r.result.layers) {
    const std::vector<energy_action> actions = actions_of(r.config, r.table, layer);
    for (std::size_t i = 0; i < total.size(); ++i) {
      total[i].count += actions[i].count;
    }
    const double pj = energy_of(r.config, r.table, layer).total();
    total_pj += pj;
    const json about = {
        {"workload", r.net.name}, {"layer", layer.name}, {"pass", to_string(layer.pass)}, {"energy_pj", pj}};
    files.push_back({fmt::format("{}/{}", accelergy_layers_folder, file_name(files.size() - 2, layer)),
                     document("action counts of a layer and pass", action_counts(actions, about))});
  }
  const json about = {{"workload", r.net.name}, {"pass", to_string(r.result.kind)}, {"energy_pj", total_pj}};
  files.push_back(
      {"action_counts_total.yaml", document("action counts of the whole run", action_counts(total, about))});
  files.push_back({"README.txt", readme(r)});
  return files;
}

void write_accelergy(const report& r, const std::string& folder, atomic_files& files) {
  const std::filesystem::path place = folder;
  const std::vector<exported_file> exported = accelergy_files(r);
  for (const exported_file& file : exported) {
    files.add(place / file.path, file.contents);
  }
  remove_earlier(place, exported, files);
}

}  // namespace dlac
