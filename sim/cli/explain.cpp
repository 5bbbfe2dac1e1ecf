// `dlac explain`: what a name of a report means.

#include <string>
#include <vector>

#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/report/metrics.h"

namespace dlac {
namespace {

command_syntax explain_syntax() {
  command_syntax syntax{
      .name = "dlac explain",
      .arguments = {},
      .optional_argument = "METRIC",
      .description =
          "Tells what a name in a report means: definition, formula, unit, where it stands and the rule behind it.\n"
          "METRIC is a field of the JSON or CSV, a column or line of the table, a group of them, or a glob. Without\n"
          "METRIC it lists all.",
      .examples =
          "  dlac explain\n"
          "  dlac explain share_of_peak\n"
          "  dlac explain totals.latency_ms\n"
          "  dlac explain 'energy_pj.*'\n"
          "  dlac explain --format markdown > metrics.md\n"};
  syntax.add("format", text_value("NAME"), "text (default), or markdown: all of them as a page");
  return syntax;
}

std::string explanation(const std::string& word) {
  std::string text;
  for (const metric* const m : find_metrics(word)) {
    text += (text.empty() ? "" : "\n") + metric_text(*m);
  }
  return text;
}

}  // namespace

int explain_command(const arguments& given) {
  const command_syntax syntax = explain_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  const bool is_page = choose("--format", line.text("format").value_or("text"), {"text", "markdown"}) == 1;
  const std::vector<std::string> words = line.arguments_from(0);
  if (is_page && !words.empty()) {
    throw input_error("--format markdown", "", in_quotes(words.front()), "no METRIC: the page has all of them");
  }
  write_standard_output(is_page ? metrics_markdown() : words.empty() ? metric_list() : explanation(words.front()));
  return exit_done;
}

}  // namespace dlac
