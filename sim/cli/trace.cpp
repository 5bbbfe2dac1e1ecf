// `dlac trace info` and `check`: what a trace holds, and whether it is sound.

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/config/accelerator_config.h"
#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/data/shipped_files.h"
#include "sim/engine/network_run.h"
#include "sim/trace/safetensors.h"
#include "sim/trace/trace_summary.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {
namespace {

command_syntax trace_syntax() {
  command_syntax syntax{
      .name = "dlac trace",
      .arguments = {"info|check", "FILE"},
      .description =
          "info: the tensors of a safetensors file, layer by layer: formats, shapes, densities.\n"
          "check: reads all of a file; every value finite and in the range of the machine's mode, every\n"
          "ternary code legal, every tensor of a layer in a format and a shape that fit it. With --workload\n"
          "also whether the file has what a run of this workload needs.",
      .examples =
          "  dlac trace info traces/resnet34-inference.safetensors\n"
          "  dlac trace check mine.safetensors --workload mine.json && dlac run mine.json\n"
          "  dlac trace check traces/resnet34-training.safetensors --config dlac-fp32-training \\\n"
          "             --workload resnet34-training --pass training\n"};
  syntax.add("workload", text_value("FILE"), "check: hold the trace against the layers of this workload");
  syntax.add("pass", text_value("NAME"), "check: forward (default) or training, of the workload");
  syntax.add("config", text_value("FILE"), "check: the machine whose mode counts (default: dlac-fp16-inference)");
  syntax.add("set", texts_value("KEY=VALUE"), "check: change a config key, such as mode=fp32-training; repeatable");
  return syntax;
}

/// What the other command's options would be for.
void refuse_options_of_check(const command_line& line) {
  for (const char* const option : {"workload", "pass", "config", "set"}) {
    if (line.has(option)) {
      throw input_error(fmt::format("--{}", option), "", "trace info", "trace check, which it belongs to");
    }
  }
}

std::string check_text(const std::string& path, const accelerator_config& config) {
  const trace_check_result result = check_trace(path, config.numbers());
  const std::string unused =
      result.unused_dtypes == 0 ? "" : fmt::format("; {} tensors of dtypes that no layer uses", result.unused_dtypes);
  return fmt::format(
      "{}: sound: {} layers, {} tensors; {} numbers finite and in range of {} mode, {} ternary codes legal, {} mask "
      "bits{}\n",
      one_line(path, 400), result.layers, result.tensors, result.float_values, to_string(config.mode),
      result.ternary_codes, result.mask_bits, unused);
}

/// Throws what a run of the workload on this trace would; else says so, and what --values would.
std::string pair_text(const std::string& path, const std::string& workload, const accelerator_config& config,
                      run_kind kind) {
  const network net = read_network(find_file(shipped_kind::workload, workload, on_command_line("--workload")));
  std::vector<const layer*> layers;
  for (const layer& l : net.layers) {
    layers.push_back(&l);
  }
  check_layer_formats(config, net, layers);
  const operand_provider operands(net, path, config.numbers());
  const auto check = [&](bool values) { check_operands(operands, layers, kind, values); };
  check(false);
  std::string values = "has values for --values, too";
  try {
    check(true);
  } catch (const changed_file&) {
    throw;
  } catch (const input_error& error) {
    values = fmt::format("not for --values: {}", error.what());
  }
  return fmt::format("{}: fits the {} layers of {}, {} pass; {}\n", one_line(path, 400), layers.size(),
                     one_line(workload, 400), to_string(kind), values);
}

std::string check_text(const command_line& line, const std::string& path) {
  const std::string machine = line.text("config").value_or(std::string(default_config_name));
  const accelerator_config config =
      read_accelerator_config(find_file(shipped_kind::config, machine, on_command_line("--config")), line.texts("set"));
  const std::optional<std::string> workload = line.text("workload");
  if (!workload && line.has("pass")) {
    throw input_error("--pass", "", "no --workload", "a workload whose pass it is");
  }
  const run_kind kind = choose("--pass", line.text("pass").value_or("forward"), {"forward", "training"}) == 1
                            ? run_kind::training
                            : run_kind::forward;
  check_machine(config, kind);
  const std::string sound = check_text(path, config);
  return workload ? sound + pair_text(path, *workload, config, kind) : sound;
}

}  // namespace

int trace_command(const arguments& given) {
  const command_syntax syntax = trace_syntax();
  // The action's own mistakes first: without one, a missing FILE is not what is wrong.
  if (!given.empty() && !given[0].starts_with("-")) {
    choose(syntax.name, given[0], {"info", "check"});
  }
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  const bool is_check = choose(syntax.name, line.argument(0), {"info", "check"}) == 1;
  const std::string& path = line.argument(1);
  if (!is_check) {
    refuse_options_of_check(line);
  }
  write_text(is_check ? check_text(line, path) : format_table(summarise_trace(safetensors_file(path)), output_width()));
  return exit_done;
}

}  // namespace dlac
