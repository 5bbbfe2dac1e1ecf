// `dlac diff`: two reports, layer by layer.

#include <nlohmann/json.hpp>

#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/cli/output_format.h"
#include "sim/core/error.h"
#include "sim/report/report_diff.h"

namespace dlac {
namespace {

command_syntax diff_syntax() {
  command_syntax syntax{
      .name = "dlac diff",
      .arguments = {"A.json", "B.json"},
      .description =
          "Compares two reports that dlac run wrote (--out, or --format json): what differs in their inputs, layer by\n"
          "layer, and in sum. Left out is what may differ between equal runs: engine, command, version, checked; and\n"
          "files and settings, which config and workload tell. Exit code 0: equal; 1: different.",
      .examples =
          "  dlac diff before/report.json after/report.json\n"
          "  dlac run resnet34 --set skip=none --format json | dlac diff resnet34.json - --format csv\n"};
  add_format(syntax);
  return syntax;
}

}  // namespace

int diff_command(const arguments& given) {
  const command_syntax syntax = diff_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  const output_format format = chosen_format(line);
  if (line.argument(0) == "-" && line.argument(1) == "-") {
    throw input_error(syntax.name, "", "the standard input twice", "one file beside it");
  }
  const json_document a(line.argument(0), json_document::load(line.argument(0)));
  const json_document b(line.argument(1), json_document::load(line.argument(1)));
  const report_difference difference = compare_reports(a, b);
  write_formatted(format, {.table = [&](const text_width& width) { return difference_table(difference, width); },
                           .json = [&] { return difference_json(difference); },
                           .csv = [&] { return difference_csv(difference); }});
  return difference.is_equal() ? exit_done : exit_failed;
}

}  // namespace dlac
