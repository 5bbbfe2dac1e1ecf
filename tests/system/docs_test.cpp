// The numbers of README.md and of docs/ that the program computes are those that it computes.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <sstream>

#include "models/area.h"
#include "models/energy.h"
#include "models/technology.h"
#include "sim/config/accelerator_config.h"
#include "sim/engine/network_run.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"
#include "tests/system/docs_pages.h"

namespace dlac::test {
namespace {

accelerator_config config_of(const std::string& name) {
  return read_accelerator_config(source_folder + "/configs/" + name + ".json");
}

technology table_of(const std::string& name) {
  return read_technology(source_folder + "/models/technology/" + name + ".json");
}

struct traced_run {
  accelerator_config config;
  std::vector<layer_result> layers;

  [[nodiscard]] energy_breakdown energy(const technology& table) const {
    energy_breakdown sum;
    for (const layer_result& layer : layers) {
      sum += energy_of(config, table, layer);
    }
    return sum;
  }
  [[nodiscard]] energy_figures figures(const technology& table) const {
    totals sums;
    for (const layer_result& layer : layers) {
      sums.add(layer, config);
    }
    return derive_energy_figures(energy(table).total(), sums.counters.cycles, sums.dense_macs, config.clock_mhz);
  }
};

traced_run run_traced(const std::string& config, const std::string& workload, run_kind kind) {
  traced_run result{.config = config_of(config), .layers = {}};
  const network net = read_network(source_folder + "/workloads/" + workload + ".json");
  std::vector<const layer*> layers;
  for (const layer& l : net.layers) {
    layers.push_back(&l);
  }
  const operand_provider operands(net, std::nullopt, result.config.numbers());
  result.layers =
      run_layers(result.config, net, layers, operands, {.engine = by_fast_engine{.jobs = 2}, .kind = kind}).layers;
  return result;
}

/// 1581056 as 1,581,056.
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string millijoules(double picojoules) {
  return fmt::format("{:.3g} mJ", picojoules * 1e-9);
}

/// The rules of the parts, equal ones in one row.
template <class Info>
std::string rules_table(std::string_view title, std::span<const Info> parts) {
  std::string text = fmt::format("| part | {} |\n|---|---|\n", title);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string names = fmt::format("`{}`", parts[i].name);
    const std::string_view formula = parts[i].formula;
    for (; i + 1 < parts.size() && parts[i + 1].formula == formula; ++i) {
      names += fmt::format(", `{}`", parts[i + 1].name);
    }
    text += fmt::format("| {} | {} |\n", names, formula);
  }
  return text;
}

/// The equations that the two free numbers of the area model solve.
std::string area_fit() {
  const technology at_45 = table_of("45nm");
  const technology at_14 = table_of("14nm");
  const double factor = at_14.area.fp32.multiplier.value / at_45.area.fp32.multiplier.value;
  const auto equation = [&](const accelerator_config& config, const unit_area& unit) {
    const storage_bits bits = storage_of(config);
    const std::string adders = config.pe.adders == 0 ? "" : fmt::format(" + {:g}", unit.adder.value);
    CHECK((config.pe.adders == 0 || config.pe.adders == config.pe.fma_units));
    const std::string units =
        fmt::format("{} x ({:g} + {:g}{}) x {:.2f} um2", config.processing_elements() * config.pe.fma_units,
                    unit.multiplier.value, unit.adder.value, adders, factor);
    return fmt::format("    {:.2f} mm2 = {:<46} + {:>9} bits x storage_bit + {} x scheduler\n",
                       area_of(config, at_14).total(), units, grouped(bits.registers() + bits.buffers()),
                       config.processing_elements());
  };
  return fmt::format(
      "\n{}{}\n`models/calibrate.py` solves this: **storage_bit = {:.4g} um2, scheduler = {:.4g} um2**.\n",
      equation(config_of("dlac-fp32-training"), at_45.area.fp32),
      equation(config_of("dlac-fp16-inference"), at_45.area.fp16), at_14.area.storage_bit.value,
      at_14.area.scheduler.value);
}

std::string area_parts_table() {
  const technology table = table_of("14nm");
  const area_breakdown training = area_of(config_of("dlac-fp32-training"), table);
  const area_breakdown inference = area_of(config_of("dlac-fp16-inference"), table);
  const auto cells = [](const area_breakdown& area, area_part part) {
    const double mm2 = area[part];
    return mm2 == 0 ? std::string("0 | ") : fmt::format("{:.4f} | {:.1f} %", mm2, 100 * mm2 / area.total());
  };
  std::string text = "| part, mm2 | fp32-training | | fp16-inference | |\n|---|--:|--:|--:|--:|\n";
  for (const area_part_info& info : area_parts()) {
    text += fmt::format("| `{}` | {} | {} |\n", info.name, cells(training, info.part), cells(inference, info.part));
  }
  return text + fmt::format("| total | {:.4f} | | {:.4f} | |\n", training.total(), inference.total());
}

std::string sram_areas() {
  const technology table = table_of("14nm-sram");
  return fmt::format("With `14nm-sram` the two machines have {:.2f} and {:.2f} mm2.\n",
                     area_of(config_of("dlac-fp32-training"), table).total(),
                     area_of(config_of("dlac-fp16-inference"), table).total());
}

struct cost_row {
  const char* name;
  const char* unit;
  const char* source;
  std::function<std::vector<double>(const technology&)> values;
};

std::string unit_costs() {
  const std::vector<cost_row> rows = {
      {"fp16 multiply, add", "pJ", "Horowitz, ISSCC 2014, as tabled by Zhong et al. 2020",
       [](const technology& t) {
         return std::vector{t.energy.fp16.multiply.value, t.energy.fp16.add.value};
       }},
      {"fp32 multiply, add", "pJ", "the same",
       [](const technology& t) {
         return std::vector{t.energy.fp32.multiply.value, t.energy.fp32.add.value};
       }},
      {"buffer access, 64 bits, 8 KiB, 32 KiB, 1 MiB", "pJ", "Horowitz, ISSCC 2014",
       [](const technology& t) {
         return std::vector{t.energy.sram_8kib.value, t.energy.sram_32kib.value, t.energy.sram_1mib.value};
       }},
      {"register write", "fJ/bit", "Aladdin's 40 nm table, clock pin and switching",
       [](const technology& t) { return std::vector{t.energy.register_write.value}; }},
      {"register read", "fJ/bit", "estimated: 8 KiB carried to a PE's 256 bytes",
       [](const technology& t) { return std::vector{t.energy.register_read.value}; }},
      {"scheduler decision", "pJ", "estimated: a quarter of what an adder of its area takes",
       [](const technology& t) { return std::vector{t.energy.scheduler_decision.value}; }},
      {"bus", "fJ/bit/mm", "Keckler et al., IEEE Micro 2011",
       [](const technology& t) { return std::vector{t.energy.wire.value}; }},
      {"off-chip byte", "pJ", "Horowitz, ISSCC 2014: middle of 1.3 to 2.6 nJ per 64 bits; not scaled",
       [](const technology& t) { return std::vector{t.energy.off_chip.value}; }},
      {"clocked bit", "fJ", "Aladdin's 40 nm table, internal power",
       [](const technology& t) { return std::vector{t.clock.bit.value}; }},
      {"share of clocked storage", "%", "estimated",
       [](const technology& t) { return std::vector{100 * t.clock.storage_share.value}; }},
      {"pipeline words", "a lane", "estimated",
       [](const technology& t) { return std::vector{t.clock.pipeline_words.value}; }},
      {"leakage", "mW/mm2", "Aladdin's 40 nm flip-flop; estimated for the rest",
       [](const technology& t) { return std::vector{t.leakage.value}; }},
  };
  const auto numbers = [](const cost_row& row, const technology& table) {
    std::string text;
    for (const double value : row.values(table)) {
      text += fmt::format("{}{:.3g}", text.empty() ? "" : ", ", value);
    }
    return fmt::format("{} {}", text, row.unit);
  };
  const technology at_45 = table_of("45nm");
  const technology at_14 = table_of("14nm");
  std::string text = "| number | 45 nm | source | at 14 nm |\n|---|--:|---|--:|\n";
  for (const cost_row& row : rows) {
    text += fmt::format("| {} | {} | {} | {} |\n", row.name, numbers(row, at_45), row.source, numbers(row, at_14));
  }
  return text;
}

std::string energy_results(const traced_run& inference, const traced_run& training, const traced_run& inference_memory,
                           const traced_run& training_memory) {
  const technology table = table_of("14nm");
  const energy_breakdown left = inference.energy(table);
  const energy_breakdown right = training.energy(table);
  const auto cells = [](const energy_breakdown& energy, energy_part part, int digits) {
    return fmt::format("{:.{}f} uJ | {:.1f} %", energy[part] * 1e-6, digits, 100 * energy[part] / energy.total());
  };
  std::string text = "| part | inference, fp16 | | training, fp32 | |\n|---|--:|--:|--:|--:|\n";
  for (const energy_part_info& info : energy_parts()) {
    if (info.part != energy_part::off_chip) {
      text += fmt::format("| `{}` | {} | {} |\n", info.name, cells(left, info.part, 1), cells(right, info.part, 0));
    }
  }
  const auto of_memory = [&](const traced_run& run) {
    const energy_breakdown energy = run.energy(table);
    return fmt::format("{}, {:.0f} % of it off chip", millijoules(energy.total()),
                       100 * energy[energy_part::off_chip] / energy.total());
  };
  const energy_figures one = inference.figures(table);
  const energy_figures other = training.figures(table);
  text += fmt::format("| total, ideal memory | {} | | {} | |\n", millijoules(left.total()), millijoules(right.total()));
  text += fmt::format("| average power | {:.3f} W | | {:.3f} W | |\n", one.average_power_w, other.average_power_w);
  text += fmt::format("| dense-equivalent | {:.1f} TFLOP/s/W | | {:.1f} TFLOP/s/W | |\n", one.tflops_per_w,
                      other.tflops_per_w);
  return text + fmt::format("| total with 64 bytes/cycle off chip | {} | | {} | |\n", of_memory(inference_memory),
                            of_memory(training_memory));
}

/// A number of the table over its plausible range.
struct plausible_range {
  const char* name;
  double low;
  double high;
  void (*scale)(technology& table, double factor);
};

const std::vector<plausible_range>& ranges() {
  static const std::vector<plausible_range> all = {
      {"scheduler decision", 0.3, 4, [](technology& t, double f) { t.energy.scheduler_decision.value *= f; }},
      {"register read", 0.33, 2, [](technology& t, double f) { t.energy.register_read.value *= f; }},
      {"buffer access", 1, 2.5,
       [](technology& t, double f) {
         for (quantity* access : {&t.energy.sram_8kib, &t.energy.sram_32kib, &t.energy.sram_1mib}) {
           access->value *= f;
         }
       }},
      {"shares of clocked storage", 0.2, 3,
       [](technology& t, double f) {
         t.clock.storage_share.value *= f;
         t.clock.buffer_share.value *= f;
       }},
      {"pipeline words", 0.5, 2, [](technology& t, double f) { t.clock.pipeline_words.value *= f; }},
      {"leakage", 0.2, 4, [](technology& t, double f) { t.leakage.value *= f; }},
  };
  return all;
}

std::string energy_ranges(const traced_run& inference) {
  const technology shipped = table_of("14nm");
  const double total = inference.energy(shipped).total();
  std::string text = "| number | range | total |\n|---|---|---|\n";
  technology low = shipped;
  technology high = shipped;
  const auto percent = [&](const technology& table) {
    const double change = 100 * (inference.energy(table).total() / total - 1);
    return std::abs(change) < 0.5 ? std::string("0") : fmt::format("{:+.0f} %", change);
  };
  for (const plausible_range& range : ranges()) {
    technology one = shipped;
    technology other = shipped;
    range.scale(one, range.low);
    range.scale(other, range.high);
    range.scale(low, range.low);
    range.scale(high, range.high);
    text += fmt::format("| {} | x {:g} to x {:g} | {} to {} |\n", range.name, range.low, range.high, percent(one),
                        percent(other));
  }
  return text +
         fmt::format("| all of them low, all of them high | | {:.2f} mJ to {:.2f} mJ; {:.1f} to {:.1f} TFLOP/s/W |\n",
                     inference.energy(low).total() * 1e-9, inference.energy(high).total() * 1e-9,
                     inference.figures(low).tflops_per_w, inference.figures(high).tflops_per_w);
}

std::string low_power_memory(const traced_run& inference_memory) {
  const technology shipped = table_of("14nm");
  technology low_power = shipped;
  low_power.energy.off_chip.value = 4 * 8;  // pJ/bit
  return fmt::format(
      "Off-chip energy follows the one number `off_chip`: at LPDDR4's 4 pJ/bit the inference takes {:.1f} mJ instead "
      "of "
      "{:.1f} mJ.\n",
      inference_memory.energy(low_power).total() * 1e-9, inference_memory.energy(shipped).total() * 1e-9);
}

TEST_CASE("docs: area-and-energy.md has the rules and numbers that the program computes") {
  page_with_parts page("docs/area-and-energy.md");
  page.set("rules of the area", rules_table("area", area_parts()));
  page.set("fit of the area", area_fit());
  page.set("areas", area_parts_table());
  page.set("areas with SRAM", sram_areas());
  page.set("rules of the energy", rules_table("energy", energy_parts()));
  page.set("unit costs", unit_costs());
  const traced_run inference = run_traced("paper-fp16-inference", "resnet34", run_kind::forward);
  const traced_run training = run_traced("paper-fp32-training", "resnet34-training", run_kind::training);
  const traced_run inference_memory = run_traced("dlac-fp16-inference", "resnet34", run_kind::forward);
  const traced_run training_memory = run_traced("dlac-fp32-training", "resnet34-training", run_kind::training);
  page.set("energies", energy_results(inference, training, inference_memory, training_memory));
  page.set("ranges", energy_ranges(inference));
  page.set("low-power memory", low_power_memory(inference_memory));
  page.check();
}

TEST_CASE("docs: sweeps.md shows the front that its commands print") {
  const temporary_folder folder;
  REQUIRE(run_program({"sweep", "configs/sweeps/pe-count.json", "--out", folder.path("pe-count")}).exit_code == 0);
  const finished_program shown =
      run_program({"sweep", "show", folder.path("pe-count"), "--pareto", "totals.latency_ms,totals.area_mm2.total"});
  REQUIRE(shown.exit_code == 0);
  page_with_parts page("docs/sweeps.md");
  page.set("front of pe-count", "```\n" + shown.out + "```\n");
  page.check();
}

#ifndef __SANITIZE_ADDRESS__  // minutes; every set runs on LeNet under the sanitizers
TEST_CASE("docs: numbers.md has the table and the picture of the shipped sweep") {
  const temporary_folder folder;
  REQUIRE(run_program({"sweep", "numbers", "--out", folder.path("numbers")}).exit_code == 0);
  std::string table =
      "| numbers | cycles | requantising | non-zero MACs | zeros made | activations | weights | off chip | model | "
      "energy | "
      "area | TFLOP/s/mm2 |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  std::istringstream lines(contents_of(folder.path("numbers/results.jsonl")));
  for (std::string line; std::getline(lines, line);) {
    const auto point = nlohmann::json::parse(line);
    const auto& t = point["totals"];
    const auto decibels = [&](const char* operand) {
      const auto& value = t["numbers"]["sqnr_db"][operand];
      return value.is_null() ? std::string("-") : fmt::format("{:.1f} dB", value.get<double>());
    };
    const auto& traffic = t["traffic_bytes"];
    const auto cycles = t["cycles"].get<std::uint64_t>();
    table += fmt::format(
        "| `{}` | {} | {:.1f} % | {:.1f} % | {} | {} | {} | {:.2f} MB | {:.2f} MB | {:.2f} mJ | {:.3f} mm2 | {:.3f} "
        "|\n",
        point["axes"]["numbers"].get<std::string>(), grouped(cycles),
        100 * t["cycle_parts"]["requantise"].get<double>() / static_cast<double>(cycles),
        100 * t["density"]["operations"].get<double>(), grouped(t["numbers"]["zeros_made"].get<std::uint64_t>()),
        decibels("row"), decibels("column"),
        1e-6 * (traffic["weights"].get<double>() + traffic["feature_map"].get<double>() +
                traffic["streamed"].get<double>() + traffic["outputs"].get<double>()),
        1e-6 * t["model_bytes"].get<double>(), t["energy_mj"].get<double>(), t["area_mm2"]["total"].get<double>(),
        t["tflops_per_mm2"].get<double>());
  }
  page_with_parts page("docs/numbers.md");
  page.set("formats of ResNet-34", table);
  page.check();
  const std::string picture = folder.path("numbers.svg");
  REQUIRE(run_program({"sweep", "show", folder.path("numbers"), "--pareto", "totals.energy_mj,totals.area_mm2.total",
                       "--plot", picture})
              .exit_code == 0);
  check_page("docs/numbers.svg", contents_of(picture));
}
#endif

TEST_CASE("docs: metrics.md is what dlac explain writes") {
  const finished_program page = run_program({"explain", "--format", "markdown"});
  REQUIRE(page.exit_code == 0);
  check_page("docs/metrics.md", page.out);
}

TEST_CASE("docs: README.md shows what a run prints") {
  const finished_program run = run_program({"run", "resnet34"});
  REQUIRE(run.exit_code == 0);
  page_with_parts page("README.md");
  page.set("report of ResNet-34", "```\n" + run.out + "```\n");
  page.check();
}

}  // namespace
}  // namespace dlac::test
