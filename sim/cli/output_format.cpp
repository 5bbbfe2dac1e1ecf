#include "sim/cli/output_format.h"

#include <nlohmann/json.hpp>

#include "sim/cli/output.h"
#include "sim/core/file_io.h"

namespace dlac {

void add_format(command_syntax& syntax) {
  syntax.add("format", text_value("NAME"), "table (default), json or csv");
}

output_format chosen_format(const command_line& line) {
  // In the order of the enumeration.
  return static_cast<output_format>(
      choose("--format", line.text("format").value_or("table"), {"table", "json", "csv"}));
}

void write_formatted(output_format format, const formatted_output& output) {
  switch (format) {
    case output_format::table:
      write_text(output.table(output_width()));
      break;
    case output_format::json:
      write_standard_output(json_text(output.json()));
      break;
    case output_format::csv:
      write_standard_output(output.csv());
      break;
  }
}

}  // namespace dlac
