// `dlac ops`: the operations of a training step, and the size of the model.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/api/inputs.h"
#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/cli/output_format.h"
#include "sim/config/accelerator_config.h"
#include "sim/data/shipped_files.h"
#include "sim/report/operations_report.h"
#include "sim/workload/operation_counts.h"

namespace dlac {
namespace {

command_syntax ops_syntax() {
  command_syntax syntax{
      .name = "dlac ops",
      .arguments = {"WORKLOAD"},
      .description =
          "Counts the operations of a training step, layer by layer: forward, backward and update, zeros included, "
          "for\n"
          "all images of the batch; and the size of the model in several number formats. Nothing is simulated.",
      .examples =
          "  dlac ops resnet20\n"
          "  dlac ops resnet34 --numbers int8-absmax --numbers dynamic-fixed-4\n"
          "  dlac ops resnet18-cifar-stem --format json\n"};
  syntax.add("batch", text_value("N"), "images, in place of the workload's");
  syntax.add("numbers", texts_value("NAME|FILE"),
             "the size of the model in these number formats, too: int8-absmax, ... (ternary layers stay); repeatable");
  add_format(syntax);
  return syntax;
}

std::vector<model_size> sizes_of(const network& net, const std::vector<std::string>& numbers) {
  std::vector<model_size> sizes;
  for (const std::string& word : numbers) {
    const auto file = find_file(shipped_kind::numbers, word, on_command_line("--numbers"));
    const operand_formats formats = with(uniform_formats(ieee_float::fp32), read_numbers_file(file));
    sizes.push_back({.name = word, .bytes = model_bytes_in(net, formats)});
  }
  return sizes;
}

}  // namespace

int ops_command(const arguments& given) {
  const command_syntax syntax = ops_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  const output_format format = chosen_format(line);
  const network net = load_network(line.argument(0), "WORKLOAD", chosen_batch(line));
  const operations_report report = make_operations_report(net, sizes_of(net, line.texts("numbers")));
  write_formatted(format, {.table = [&](const text_width& width) { return operations_table(report, width); },
                           .json = [&] { return operations_json(report); },
                           .csv = [&] { return operations_csv(report); }});
  return exit_done;
}

}  // namespace dlac
