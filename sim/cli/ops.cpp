// `dlac ops`: the operations of a training step, and the size of the model.

#include <nlohmann/json.hpp>
#include <string>

#include "sim/api/inputs.h"
#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/cli/output_format.h"
#include "sim/report/operations_report.h"

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
          "  dlac ops resnet18-cifar-stem --format json\n"};
  add_format(syntax);
  return syntax;
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
  const operations_report report = make_operations_report(load_network(line.argument(0), "WORKLOAD"));
  write_formatted(format, {.table = [&](const text_width& width) { return operations_table(report, width); },
                           .json = [&] { return operations_json(report); },
                           .csv = [&] { return operations_csv(report); }});
  return exit_done;
}

}  // namespace dlac
