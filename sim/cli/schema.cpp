// `dlac schema`: the JSON Schema of every file that is read or written.

#include <array>

#include "models/technology.h"
#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/config/accelerator_config.h"
#include "sim/evaluation/evaluation_report.h"
#include "sim/report/report.h"
#include "sim/sweep/sweep_file.h"
#include "sim/workload/network.h"

namespace dlac {
namespace {

command_syntax schema_syntax() {
  return {.name = "dlac schema",
          .arguments = {"config|workload|sweep|report|technology|evaluation"},
          .description =
              "Prints the JSON Schema (2020-12) of an accelerator config, of a workload, of a sweep, of a report,\n"
              "of a technology table or of an evaluation.",
          .examples = "  dlac schema workload > workload.schema.json\n"};
}

}  // namespace

int schema_command(const arguments& given) {
  const command_syntax syntax = schema_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  constexpr std::array schemas = {accelerator_config_schema, workload_schema,  sweep_schema, report_schema,
                                  technology_schema,         evaluation_schema};
  const std::size_t chosen =
      choose(syntax.name, line.argument(0), {"config", "workload", "sweep", "report", "technology", "evaluation"});
  write_standard_output(json_text(schemas[chosen]()));
  return exit_done;
}

}  // namespace dlac
