// `dlac area`: the area of a machine and its peak figures.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/api/inputs.h"
#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/cli/output_format.h"
#include "sim/report/area_report.h"

namespace dlac {
namespace {

command_syntax area_syntax() {
  command_syntax syntax{
      .name = "dlac area",
      .arguments = {},
      .description =
          "Prints the area of an accelerator, part by part, and its peak figures. Nothing is simulated. The numbers "
          "of\n"
          "the technology table and their sources are in models/technology; docs/area-and-energy.md has the model.",
      .examples =
          "  dlac area\n"
          "  dlac area --config dlac-fp32-training\n"
          "  dlac area --set grid.rows=16 --set technology=7nm\n"
          "  dlac area --set technology=my/table.json --format json\n"};
  syntax.add("config", text_value("NAME|FILE"), "accelerator config (default: dlac-fp16-inference)");
  syntax.add("numbers", text_value("NAME|FILE"), "number formats in place of the config's: int8-absmax, fp8-e4m3, ...");
  syntax.add("set", texts_value("KEY=VALUE"), "change a config key: grid.rows=4 (null removes it); repeatable");
  add_format(syntax);
  return syntax;
}

}  // namespace

int area_command(const arguments& given) {
  const command_syntax syntax = area_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  const output_format format = chosen_format(line);
  const machine of = load_machine(line.text("config").value_or(std::string(default_config_name)), line.texts("set"),
                                  "--config", line.text("numbers"));
  const area_report report = make_area_report(of.config, of.table, of.settings);
  write_formatted(format, {.table = [&](const text_width& width) { return area_table(report, width); },
                           .json = [&] { return area_json(report); },
                           .csv = [&] { return area_csv(report); }});
  return exit_done;
}

}  // namespace dlac
