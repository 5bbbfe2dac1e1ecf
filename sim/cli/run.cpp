// `dlac run`: a network on a machine, and its report.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/api/simulate.h"
#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/interrupt_watch.h"
#include "sim/cli/output.h"
#include "sim/cli/output_format.h"
#include "sim/cli/progress_line.h"
#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/report/export_accelergy.h"
#include "sim/report/export_scalesim.h"
#include "sim/report/report.h"
#include "sim/workload/layer_selection.h"

namespace dlac {
namespace {

struct run_arguments {
  std::string command;   ///< as it was typed
  std::string workload;  ///< name or path, as given
  std::string config;    ///< likewise
  std::vector<std::string> settings;
  std::optional<std::string> numbers;  ///< name or path of number formats
  std::optional<std::uint32_t> batch;  ///< in place of the workload's
  simulation_options options;
  std::optional<std::string> out;
  std::optional<std::string> accelergy;  ///< folder of an export
  std::optional<std::string> scalesim;   ///< file of one
  output_format format = output_format::table;
};

command_syntax run_syntax() {
  command_syntax syntax{
      .name = "dlac run",
      .arguments = {"WORKLOAD"},
      .description =
          "Simulates the layers of a network, one after the other, and prints a report: cycles, FLOP/cycle, how\n"
          "often that is the peak of the lanes (times peak) and the speed of the same machine skipping nothing\n"
          "(times dense), and where the cycles of the processing elements go. dlac explain tells what each name "
          "means.\n"
          "WORKLOAD is the name of a shipped network (resnet34), or the path of a file (with a slash or .json);\n"
          "so is --config of a machine.",
      .examples =
          "  dlac run resnet34\n"
          "  dlac run resnet34 --layers 'layer3.*' --values\n"
          "  dlac run resnet34 --save-values outputs.safetensors\n"
          "  dlac run resnet34 --functional --engine fast\n"
          "  dlac run resnet34 --set grid.rows=4 --set skip=none\n"
          "  dlac run resnet34 --numbers int8-absmax\n"
          "  dlac run resnet50 --engine systemc\n"
          "  dlac run resnet34-training --pass training --check --config dlac-fp32-training --out results\n"
          "  dlac run resnet34 --export accelergy for-accelergy\n"
          "  dlac run resnet34 --export scalesim resnet34.csv\n"
          "  dlac run mine.json --trace mine.safetensors --format json > report.json\n"};
  syntax.add("config", text_value("NAME|FILE"), "accelerator config (default: dlac-fp16-inference)");
  syntax.add("engine", text_value("NAME"), "fast: recurrences (default); systemc: clocked modules, the same counts");
  syntax.add("check", "run both engines and compare every counter");
  syntax.add("jobs", text_value("N"), "threads of the fast engine (default: 1; 0: all cores)");
  syntax.add("pass", text_value("NAME"), "forward (default); training: forward and both backward passes");
  syntax.add("layers", texts_value("GLOB"),
             "only the layers whose names match, such as 'layer3.*'; repeatable: those that match any");
  syntax.add("batch", text_value("N"), "images, in place of the workload's");
  syntax.add("trace", text_value("FILE"), "tensors, in place of the trace that the workload names");
  syntax.add("values", "compute the values, too, and check every bit of them (takes the systemc engine)");
  syntax.add("functional", "the whole network on one image: each layer on the output of those before it; with values");
  syntax.add("image", text_value("FILE"), "of --functional: tensor image of a safetensors file");
  syntax.add("save-values", text_value("FILE"), "as --values, and write them there, a safetensors file");
  syntax.add("numbers", text_value("NAME|FILE"),
             "number formats in place of the config's: int8-absmax, fp8-e4m3, ... (docs/numbers.md)");
  syntax.add("set", texts_value("KEY=VALUE"), "change a config key: grid.rows=4 (null removes it); repeatable");
  syntax.add("out", text_value("DIR"), "write report.json and report.csv there (one of them by --format)");
  add_format(syntax);
  syntax.add(
      "export", words_value(2, "FORMAT PATH"),
      "accelergy DIR: write action counts, energy and area tables for Accelergy v0.4 there; scalesim FILE: write the "
      "layers as a topology of SCALE-Sim");
  return syntax;
}

/// The fast engine unless another is asked for, or the values are.
engine_choice chosen_engine(const command_line& line) {
  const bool is_functional = line.has("functional");
  // What a functional run computes may come from the reference.
  const bool takes_pes = line.has("values") || (line.has("save-values") && !is_functional);
  const bool values = takes_pes || is_functional;
  const unsigned jobs = job_count(line, "1");
  if (line.has("check")) {
    if (line.has("engine")) {
      throw input_error("--check", "", "--engine", "one of them: --check runs both engines");
    }
    return by_both_engines{.values = values};
  }
  const std::optional<std::string> engine = line.text("engine");
  if (engine && choose("--engine", *engine, {"fast", "systemc"}) == 0) {
    if (takes_pes) {
      throw input_error(line.has("values") ? "--values" : "--save-values", "",
                        "--engine fast, which counts cycles but computes no values", "--engine systemc");
    }
    return by_fast_engine{.jobs = jobs};
  }
  if (engine || values) {
    return by_systemc_engine{.values = values};
  }
  return by_fast_engine{.jobs = jobs};
}

/// Where `--export FORMAT PATH` is of this format.
std::optional<std::string> chosen_export(const command_line& line, std::string_view format) {
  const std::vector<std::string> words = line.texts("export");
  if (words.empty()) {
    return std::nullopt;
  }
  const std::vector<std::string_view> formats = {"accelergy", "scalesim"};
  return formats[choose("--export", words.front(), formats)] == format ? std::optional(words.back()) : std::nullopt;
}

run_arguments read_arguments(const command_line& line, const arguments& given) {
  run_arguments result{.command = command_text("dlac run", given),
                       .workload = line.argument(0),
                       .config = line.text("config").value_or(std::string(default_config_name)),
                       .settings = line.texts("set"),
                       .numbers = line.text("numbers"),
                       .batch = chosen_batch(line),
                       .options = {.run = {.engine = chosen_engine(line), .keeps_partial = true},
                                   .layers = line.texts("layers"),
                                   .trace = line.text("trace"),
                                   .functional = line.has("functional"),
                                   .image = line.text("image"),
                                   .save_values = line.text("save-values")},
                       .out = line.text("out"),
                       .accelergy = chosen_export(line, "accelergy"),
                       .scalesim = chosen_export(line, "scalesim"),
                       .format = chosen_format(line)};
  if (choose("--pass", line.text("pass").value_or("forward"), {"forward", "training"}) == 1) {
    result.options.run.kind = run_kind::training;
  }
  return result;
}

/// The files of --out that the format asks for.
std::vector<std::filesystem::path> report_files(const run_arguments& given) {
  std::vector<std::filesystem::path> files;
  if (given.out && given.format != output_format::csv) {
    files.push_back(std::filesystem::path(*given.out) / "report.json");
  }
  if (given.out && given.format != output_format::json) {
    files.push_back(std::filesystem::path(*given.out) / "report.csv");
  }
  return files;
}

/// Makes the folders; whatever stands in the way of a file is said before hours of simulation.
void prepare_output(const run_arguments& given, new_folders& made) {
  if (given.out) {
    prepare_folder(*given.out, made);
  }
  for (const std::filesystem::path& file : report_files(given)) {
    check_file_to_write(file);
  }
  if (given.options.save_values) {
    check_file_to_write(*given.options.save_values);
  }
  if (given.scalesim) {
    check_file_to_write(*given.scalesim);
  }
  if (given.accelergy) {
    prepare_folder(*given.accelergy, made);
    prepare_folder(std::filesystem::path(*given.accelergy) / accelergy_layers_folder, made);
  }
}

/// The files of --out and of the export, all of them or none, and then the report for whoever reads it. What an
/// interrupted run leaves is no export: its files could not say so.
void write_report(const report& r, const run_arguments& given, const std::optional<scalesim_topology>& topology) {
  atomic_files files;
  for (const std::filesystem::path& file : report_files(given)) {
    files.add(file, file.extension() == ".json" ? json_text(report_json(r)) : report_csv(r));
  }
  if (given.accelergy && !r.result.planned) {
    write_accelergy(r, *given.accelergy, files);
  }
  if (topology && !r.result.planned) {
    files.add(*given.scalesim, topology->csv);
  }
  files.commit();
  write_formatted(given.out ? output_format::table : given.format,
                  {.table = [&](const text_width& width) { return report_table(r, width); },
                   .json = [&] { return report_json(r); },
                   .csv = [&] { return report_csv(r); }});
}

/// The trace is read again for its hash, which is for the JSON alone.
report_origin origin_of(const run_arguments& given, const simulation& of) {
  const bool has_json = given.out || given.format == output_format::json;
  return {
      .command = given.command, .settings = of.on().settings, .trace_hash = has_json ? of.trace_hash() : std::nullopt};
}

int run(const run_arguments& given) {
  progress_line line;
  simulation_options options = given.options;
  options.run.progress = [&](std::size_t done, std::size_t of, const std::string& name) {
    line.show(done + 1, of, name);
  };
  machine on = load_machine(given.config, given.settings, "--config", given.numbers);
  const simulation of(std::move(on), load_network(given.workload, "WORKLOAD", given.batch), std::move(options));
  if (given.accelergy) {
    check_for_accelergy(of.on().config, of.on().table, of.of(), given.options.run.kind);
  }
  std::optional<scalesim_topology> topology;
  if (given.scalesim) {
    topology =
        scalesim_topology_of(of.of(), select_layers(of.of(), given.options.layers, "--layers"), given.options.run.kind);
    for (const std::string& remark : topology->remarks) {
      write_message("warning: " + remark);
    }
  }
  new_folders made;
  prepare_output(given, made);
  const interrupt_watch watch;  // until all is written
  const network_result result = of.start();
  line.erase();
  if (!result.layers.empty()) {
    write_report(
        report_of(of, result, {.workload = given.workload, .config = given.config, .data_folder = given_data_folder()},
                  origin_of(given, of)),
        given, topology);
  }
  if (!result.planned) {
    return exit_done;
  }
  write_message(fmt::format("interrupted: {} {}", partial_text(result),
                            result.kind == run_kind::training ? "layers and passes" : "layers"));
  return interrupt_watch::exit_code();
}

}  // namespace

int run_command(const arguments& given) {
  const command_syntax syntax = run_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  return run(read_arguments(line, given));
}

}  // namespace dlac
