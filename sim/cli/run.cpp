#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/engine/network_run.h"
#include "sim/report/report.h"

namespace dlac {
namespace {

namespace po = boost::program_options;

enum class output_format { table, json, csv };
const std::vector<std::string_view> output_format_words = {"table", "json", "csv"};  // in this order

struct run_arguments {
  std::string workload;
  std::string config;
  std::optional<std::string> layers;  ///< a glob
  std::optional<std::string> trace;
  std::optional<std::string> out;
  std::vector<std::string> settings;
  run_options options;
  output_format format = output_format::table;
};

constexpr const char* default_config = "configs/dlac-fp16-inference.json";

command_syntax run_syntax() {
  command_syntax syntax{
      .name = "dlac run",
      .arguments = {"WORKLOAD.json"},
      .description =
          "Simulates the layers of a network, one after the other, and prints a report: cycles, FLOP/cycle,\n"
          "speed-up over a dense machine, and where the cycles of the processing elements go.",
      .examples =
          "  dlac run workloads/resnet34.json\n"
          "  dlac run workloads/resnet34.json --layers 'layer3.*' --values\n"
          "  dlac run workloads/resnet34.json --engine fast --set grid.rows=4 --set skip=none\n"
          "  dlac run workloads/resnet34.json --config configs/dlac-fp32-training.json --out results\n"
          "  dlac run mine.json --trace mine.safetensors --format json > report.json\n"};
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  auto add = syntax.options.add_options();
  add("config", text("FILE"), "accelerator config (default: configs/dlac-fp16-inference.json)");
  add("engine", text("NAME"), "systemc: clocked modules (default); fast: recurrences, the same counts");
  add("pass", text("NAME"), "forward (default)");
  add("layers", text("GLOB"), "only the layers whose names match, such as 'layer3.*'");
  add("trace", text("FILE"), "tensors, in place of the trace that the workload names");
  add("values", "compute the values, too, and check every bit of them (systemc engine)");
  add("set", po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
      "change a config key: grid.rows=4 (null removes it); repeatable");
  add("out", text("DIR"), "write report.json and report.csv there (one of them by --format)");
  add("format", text("NAME"), "table (default), json or csv");
  return syntax;
}

std::string default_config_path() {
  std::error_code ignored;
  return std::filesystem::exists(default_config, ignored) ? default_config
                                                          : fmt::format("{}/{}", DLAC_DATA_DIR, default_config);
}

std::size_t chosen_option(const command_line& line, const std::string& option,
                          const std::vector<std::string_view>& words) {
  return choose("--" + option, line.text(option).value_or(std::string(words.front())), words);
}

run_arguments read_arguments(const command_line& line) {
  run_arguments result{.workload = line.argument(0),
                       .config = line.text("config").value_or(default_config_path()),
                       .layers = line.text("layers"),
                       .trace = line.text("trace"),
                       .out = line.text("out"),
                       .settings = line.texts("set"),
                       .options = {.engine = engine_kind::systemc, .values = line.has("values")}};
  if (chosen_option(line, "pass", {"forward", "training"}) == 1) {
    throw input_error("--pass", "", "\"training\"", "\"forward\": this version does not support training passes");
  }
  if (chosen_option(line, "engine", {"systemc", "fast"}) == 1) {
    result.options.engine = engine_kind::fast;
    if (result.options.values) {
      throw input_error("--values", "", "--engine fast, which counts cycles but computes no values",
                        "--engine systemc");
    }
  }
  result.format = static_cast<output_format>(chosen_option(line, "format", output_format_words));
  return result;
}

std::vector<const layer*> select_layers(const network& net, const std::optional<std::string>& glob) {
  std::vector<const layer*> selected;
  for (const layer& l : net.layers) {
    if (!glob || ::fnmatch(glob->c_str(), l.name.c_str(), 0) == 0) {
      selected.push_back(&l);
    }
  }
  if (selected.empty()) {
    std::vector<std::string_view> names;
    for (const layer& l : net.layers) {
      names.push_back(l.name);
    }
    throw input_error("--layers", "", in_quotes(*glob),
                      fmt::format("a glob that matches a layer of {}, such as {}{}", one_line(net.file, 400),
                                  in_quotes(names.front()), did_you_mean(*glob, names)));
  }
  return selected;
}

/// Before the simulation, which may take long: a folder that takes no files is better known now.
void prepare_folder(const std::string& path) {
  make_folders(path);
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    throw input_error(path, "", std::generic_category().message(errno), "a folder that can be written to");
  }
}

/// Ends a run between two layers.
struct interruption {};

/// Returns whether all layers were run; the results of those that were are in `result`.
bool run_layers(const accelerator_config& config, const std::vector<const layer*>& layers,
                const operand_provider& operands, const run_options& options, network_result& result) {
  progress_line line;
  const interrupt_watch watch;
  try {
    run_forward(
        config, layers, operands, options,
        [&](std::size_t done, std::size_t of, const std::string& name) {
          if (interrupt_watch::is_interrupted()) {
            throw interruption();
          }
          line.show(done + 1, of, name);
        },
        [&](layer_result finished) { result.layers.push_back(std::move(finished)); });
  } catch (const interruption&) {
    return false;
  }
  return true;
}

void write_report(const report& r, const run_arguments& given) {
  if (!given.out) {
    write_standard_output(given.format == output_format::json  ? json_text(report_json(r))
                          : given.format == output_format::csv ? report_csv(r)
                                                               : report_table(r));
    return;
  }
  const std::filesystem::path folder = *given.out;
  if (given.format != output_format::csv) {
    write_file_atomically(folder / "report.json", json_text(report_json(r)));
  }
  if (given.format != output_format::json) {
    write_file_atomically(folder / "report.csv", report_csv(r));
  }
  write_standard_output(report_table(r));
}

int run(const run_arguments& given) {
  const accelerator_config config = read_accelerator_config(given.config, given.settings);
  network net = read_network(given.workload);
  const std::vector<const layer*> layers = select_layers(net, given.layers);
  const operand_provider operands(net, given.trace);
  operands.check_forward(layers, given.options.values);
  if (given.out) {
    prepare_folder(*given.out);
  }
  network_result result{.engine = given.options.engine == engine_kind::fast ? "fast" : "systemc",
                        .pass = std::string(to_string(pass_kind::forward)),
                        .layers = {}};
  const bool is_complete = run_layers(config, layers, operands, given.options, result);
  if (given.trace) {
    net.trace = given.trace;  // what the report tells is what was run
  }
  if (!result.layers.empty()) {
    write_report({.config = config, .net = net, .result = result}, given);
  }
  if (!is_complete) {
    static_cast<void>(
        std::fprintf(stderr, "dlac: interrupted: %zu of %zu layers\n", result.layers.size(), layers.size()));
  }
  return is_complete ? exit_done : exit_interrupted;
}

}  // namespace

int run_command(const arguments& given) {
  const command_syntax syntax = run_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  return run(read_arguments(line));
}

}  // namespace dlac
