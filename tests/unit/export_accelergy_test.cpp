// The export for Accelergy, as a reader sees it: what it names, and that it is the energy and area of the report.

#include "sim/report/export_accelergy.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "models/actions.h"
#include "models/area.h"
#include "models/energy.h"
#include "tests/unit/bad_input.h"

namespace dlac {
namespace {

/// A machine, and layers with anything in their counters.
struct example {
  accelerator_config config;
  technology table;
  network net;
  network_result result{.engine = "fast", .kind = run_kind::training, .layers = {}};

  example(const std::string& machine, const std::string& technology_name)
      : config(read_accelerator_config(DLAC_SOURCE_DIR "/configs/" + machine + ".json")),
        table(read_technology(DLAC_SOURCE_DIR "/models/technology/" + technology_name + ".json")) {
    net.name = "net";
  }
  layer_result& add(const std::string& name, pass_kind pass, weight_format format) {
    layer_result layer;
    layer.name = name;
    layer.pass = pass;
    layer.formats = config.formats(pass, format);
    for (const counter_field& field : counter_fields) {
      field.in(layer.counters) = random_() % 1000000007;
    }
    layer.traffic = {.columns = random_() % 99999, .rows = random_() % 99999, .outputs = random_() % 99999};
    return result.layers.emplace_back(layer);
  }
  [[nodiscard]] report view() const { return {.config = config, .net = net, .result = result, .table = table}; }

 private:
  std::mt19937_64 random_{3};
};

example three_layers(const std::string& machine, const std::string& technology_name) {
  example e(machine, technology_name);
  e.add("conv1", pass_kind::forward, weight_format::full);
  e.add("a/b \"c\" {{d}}", pass_kind::forward, weight_format::ternary);
  e.add("a/b \"c\" {{d}}", trains(e.config.mode) ? pass_kind::backward_weight : pass_kind::forward,
        weight_format::full);
  return e;
}

std::string contents_of(const std::vector<exported_file>& files, const std::string& path) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.path == path; });
  REQUIRE(found != files.end());
  return found->contents;
}

/// The values of `key` by the names above them, joined by dots: what YAML that nests names says.
std::map<std::string, double> values(const std::string& yaml, const std::string& key) {
  std::map<std::string, double> result;
  std::vector<std::pair<std::size_t, std::string>> names;
  std::istringstream lines(yaml);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t indent = line.find_first_not_of(" -");
    if (line.compare(indent, 6, "name: ") == 0) {
      while (!names.empty() && names.back().first >= indent) {
        names.pop_back();
      }
      names.emplace_back(indent, line.substr(indent + 6));
    } else if (line.compare(indent, key.size() + 2, key + ": ") == 0) {
      std::string path;
      for (const auto& [at, name] : names) {
        path += (path.empty() ? "" : ".") + name;
      }
      CHECK(result.emplace(path, std::stod(line.substr(indent + key.size() + 2))).second);
    }
  }
  return result;
}

std::vector<std::string> keys(const std::map<std::string, double>& numbers) {
  std::vector<std::string> result;
  result.reserve(numbers.size());
  for (const auto& [key, number] : numbers) {
    result.push_back(key);
  }
  return result;
}

/// What Accelergy makes of the two files.
double energy_by(const std::string& reference_table, const std::string& action_counts) {
  const auto energies = values(reference_table, "energy");
  const auto counts = values(action_counts, "counts");
  CHECK(keys(energies) == keys(counts));
  double sum = 0;
  for (const auto& [name, count] : counts) {
    sum += count * energies.at(name);
  }
  return sum;
}

TEST_CASE("accelergy: counts times the reference table are the energy, areas the area, of every machine and layer") {
  for (const char* const machine : {"dlac-fp16-inference", "dlac-fp32-training", "paper-fp16-inference"}) {
    for (const char* const name : {"45nm", "14nm", "7nm"}) {
      const example e = three_layers(machine, name);
      const auto files = accelergy_files(e.view());
      const std::string energies = contents_of(files, "ERT.yaml");
      double total = 0;
      const std::vector<std::string> paths = {
          "action_counts/001-conv1-forward.yaml", "action_counts/002-a_b__c____d__-forward.yaml",
          "action_counts/003-a_b__c____d__-" + std::string(to_string(e.result.layers[2].pass)) + ".yaml"};
      for (std::size_t i = 0; i < paths.size(); ++i) {
        const double pj = energy_of(e.config, e.table, e.result.layers[i]).total();
        const std::string counts = contents_of(files, paths[i]);
        CHECK(energy_by(energies, counts) == doctest::Approx(pj).epsilon(1e-12));
        CHECK(values(counts, "energy_pj").begin()->second == pj);
        total += pj;
      }
      CHECK(energy_by(energies, contents_of(files, "action_counts_total.yaml")) ==
            doctest::Approx(total).epsilon(1e-12));
      double um2 = 0;
      for (const auto& [component, area] : values(contents_of(files, "ART.yaml"), "area")) {
        um2 += area;
      }
      CHECK(um2 == doctest::Approx(area_of(e.config, e.table).total() * 1e6).epsilon(1e-12));
    }
  }
}

TEST_CASE("accelergy: all files name the same components") {
  const example e = three_layers("dlac-fp16-inference", "14nm");
  const auto files = accelergy_files(e.view());
  std::string classes;
  std::istringstream lines(contents_of(files, "architecture.yaml"));
  for (std::string line; std::getline(lines, line);) {
    if (const auto at = line.find("class: dlac_"); at != std::string::npos) {
      classes += line.substr(at + 12) + " ";
    }
  }
  CHECK(classes ==
        "off_chip_memory lanes scheduler operand_queues output_buffers weight_buffer feature_map_buffer "
        "buses_and_drain clock ");
  CHECK(keys(values(contents_of(files, "ART.yaml"), "area")) ==
        std::vector<std::string>{"dlac.chip.buses_and_drain", "dlac.chip.clock", "dlac.chip.feature_map_buffer",
                                 "dlac.chip.lanes", "dlac.chip.operand_queues", "dlac.chip.output_buffers",
                                 "dlac.chip.scheduler", "dlac.chip.weight_buffer", "dlac.off_chip_memory"});
  std::size_t actions = 0;
  for (const energy_action& action : machine_actions(e.config, e.table)) {
    const std::string system = action.component == "off_chip_memory" ? "dlac." : "dlac.chip.";
    const auto counts = values(contents_of(files, "action_counts_total.yaml"), "counts");
    CHECK(counts.contains(system + std::string(action.component) + "." + std::string(action.name)));
    CHECK(contents_of(files, "architecture.yaml").find("- " + std::string(action.name) + "\n") != std::string::npos);
    CHECK(counts.size() == machine_actions(e.config, e.table).size());
    ++actions;
  }
  CHECK(actions == 27);
}

TEST_CASE("accelergy: a layer's counts to the byte") {
  example e("dlac-fp16-inference", "14nm");
  layer_result& layer = e.add("x\"{", pass_kind::forward, weight_format::ternary);
  layer.counters = {};
  layer.counters.issued_products = 100;
  layer.traffic = {.columns = 1, .rows = 2, .outputs = 4};
  e.table.energy.fp16.add.value = 0.5;
  e.table.energy.off_chip.value = 0.25;
  for (quantity* const other : {&e.table.energy.register_read, &e.table.energy.register_write}) {
    other->value = 0;
  }
  for (quantity* const buffer : {&e.table.energy.sram_8kib, &e.table.energy.sram_32kib, &e.table.energy.sram_1mib}) {
    buffer->value = 64;
  }
  const std::string text = contents_of(accelergy_files(e.view()), "action_counts/001-x__-forward.yaml");
  CHECK(
      text.starts_with("# Written by DLAC-sim in the layout of Accelergy v0.4: action counts of a layer and pass\n"
                       "action_counts:\n"
                       "  version: 0.4\n"
                       "  subtree:\n"
                       "    - name: dlac\n"
                       "      local:\n"
                       "        - name: off_chip_memory\n"
                       "          action_counts:\n"
                       "            - name: read_byte\n"
                       "              counts: 3\n"
                       "            - name: write_byte\n"
                       "              counts: 4\n"
                       "      subtree:\n"
                       "        - name: chip\n"
                       "          local:\n"
                       "            - name: lanes\n"
                       "              action_counts:\n"
                       "                - name: ternary_product\n"
                       "                  counts: 100\n"));
  // 100 additions, 7 bytes off the chip, 24 bits filled
  CHECK(
      text.ends_with("            - name: clock\n"
                     "              action_counts:\n"
                     "                - name: cycle\n"
                     "                  counts: 0\n"
                     "dlac_sim:\n"
                     "  workload: net\n"
                     "  layer: \"x\\\"\\x7B\"\n"
                     "  pass: forward\n"
                     "  energy_pj: 75.75\n"));
}

TEST_CASE("accelergy: long names are cut, and an ideal memory has no attributes") {
  example e("paper-fp16-inference", "14nm");
  REQUIRE_FALSE(e.config.memory);
  e.add(std::string(300, 'n'), pass_kind::forward, weight_format::ternary);
  const auto files = accelergy_files(e.view());
  CHECK(contents_of(files, "architecture.yaml").find("class: dlac_off_chip_memory\n          attributes: {}\n") !=
        std::string::npos);
  for (const exported_file& file : files) {
    CHECK(std::filesystem::path(file.path).filename().string().size() < 130);
  }
}

TEST_CASE("accelergy: the folder is of one run, and what others wrote stays") {
  const test::temporary_folder folder;
  const auto write = [&](const report& r) {
    atomic_files files;
    write_accelergy(r, folder.path(""), files);
    files.commit();
  };
  const std::filesystem::path layers = folder.path("action_counts");
  std::filesystem::create_directory(layers);
  write(three_layers("dlac-fp16-inference", "14nm").view());
  CHECK(std::filesystem::exists(layers / "003-a_b__c____d__-forward.yaml"));
  static_cast<void>(folder.file("action_counts/mine.yaml", "action_counts: {}\n"));
  static_cast<void>(folder.file("action_counts/notes.txt", "# Written by DLAC-sim in the layout of Accelergy v0.4\n"));
  example one("dlac-fp16-inference", "14nm");
  one.add("conv1", pass_kind::forward, weight_format::ternary);
  write(one.view());
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(layers)) {
    left.push_back(entry.path().filename().string());
  }
  std::sort(left.begin(), left.end());
  CHECK(left == std::vector<std::string>{"001-conv1-forward.yaml", "mine.yaml", "notes.txt"});
}

}  // namespace
}  // namespace dlac
