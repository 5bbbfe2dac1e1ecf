// `dlac numbers convert` and `table`: what a number format makes of tensors, and which values it has.

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "sim/api/numbers.h"
#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/core/error.h"
#include "sim/numbers/format_values.h"
#include "sim/numbers/number_format_json.h"
#include "sim/text/text_table.h"

namespace dlac {
namespace {

command_syntax convert_syntax() {
  command_syntax syntax{
      .name = "dlac numbers convert",
      .arguments = {"IN", "OUT"},
      .description =
          "Writes what a machine with this number format holds of the F32 and F16 tensors of a safetensors file, as\n"
          "F32, and tells what became of them. Other tensors are copied. docs/numbers.md has the formats.",
      .examples =
          "  dlac numbers convert in.safetensors out.safetensors --format bf16\n"
          "  dlac numbers convert in.safetensors out.safetensors --format '{\"fixed\": {\"bits\": 8}}' --codes\n"
          "  dlac numbers convert in.safetensors out.safetensors --format '{\"ternary\": {}}' --tensor '*.weights'\n"};
  syntax.add("format", text_value("NAME|JSON"), "the number format");
  syntax.add("role", text_value("NAME"),
             "weights, activations or gradients (default: by the end of the name; others are activations)");
  syntax.add("tensor", text_value("GLOB"), "only the tensors whose names match; the others are copied");
  syntax.add("codes", "write NAME.codes, NAME.scales and NAME.shifted, too, where the format has them");
  return syntax;
}

command_syntax table_syntax() {
  command_syntax syntax{
      .name = "dlac numbers table",
      .arguments = {"FORMAT"},
      .description =
          "Lists the values of a number format of at most 16 bits: code and value. Scales that follow from a tensor\n"
          "are those of one whose largest magnitude is 1.",
      .examples =
          "  dlac numbers table fp8-e4m3\n"
          "  dlac numbers table '{\"fixed\": {\"bits\": 4, \"fraction_bits\": 2}}'\n"
          "  dlac numbers table '{\"affine\": {\"rule\": \"gemmlowp\"}, \"range\": [-1, 3]}'\n"};
  syntax.add("role", text_value("NAME"),
             "weights (default), activations or gradients, where the format tells them apart");
  return syntax;
}

command_syntax numbers_syntax() {
  return {.name = "dlac numbers",
          .arguments = {"convert|table"},
          .description =
              "Number formats: dlac numbers convert IN OUT makes a file's tensors into what a machine holds of them,\n"
              "dlac numbers table FORMAT lists the values of one.",
          .examples =
              "  dlac numbers convert in.safetensors out.safetensors --format fp8-e4m3\n"
              "  dlac numbers table fp4-e2m1\n"};
}

std::optional<tensor_role> chosen_role(const command_line& line) {
  const auto word = line.text("role");
  if (!word) {
    return std::nullopt;
  }
  // In the order of the enumeration.
  return static_cast<tensor_role>(choose("--role", *word, {"weights", "activations", "gradients"}));
}

std::string title_of(const number_format& format) {
  const std::uint32_t bits = bits_of(format);
  return fmt::format("{}: {} bit{} an element\n", name_of(format), bits, bits == 1 ? "" : "s");
}

std::string decibels(const converted_tensor& tensor) {
  return std::isinf(tensor.sqnr_db) ? "exact" : fmt::format("{:.1f}", tensor.sqnr_db);
}

std::string conversion_table(const std::vector<converted_tensor>& tensors, const number_format& format,
                             const text_width& width) {
  text_table table({{"tensor", ""},
                    {"role", "", true},
                    {"elements", ""},
                    {"zeros", ""},
                    {"zeros made", ""},
                    {"saturated", ""},
                    {"SQNR dB", ""}});
  for (const converted_tensor& tensor : tensors) {
    table.add_row({tensor.name, std::string(to_string(tensor.role)), std::to_string(tensor.elements),
                   std::to_string(tensor.zeros), std::to_string(tensor.zeros_made), std::to_string(tensor.saturated),
                   decibels(tensor)});
  }
  std::string text = title_of(format);
  if (!holds_zero(format, tensor_role::activations)) {
    text += "0 is no value of this format: nothing of it is skipped\n";
  }
  return text + table.text(width);
}

int convert_command(const arguments& given) {
  const command_syntax syntax = convert_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  const auto text = line.text("format");
  if (!text) {
    throw input_error(syntax.name, "", "no --format", "a number format (see dlac numbers convert --help)");
  }
  const conversion_request request{.from = line.argument(0),
                                   .to = line.argument(1),
                                   .format = parse_number_format(*text, "--format"),
                                   .role = chosen_role(line),
                                   .tensors = line.text("tensor"),
                                   .with_codes = line.has("codes")};
  check_file_to_write(request.to);
  write_text(conversion_table(convert_file(request), request.format, output_width()));
  return exit_done;
}

int table_command(const arguments& given) {
  const command_syntax syntax = table_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  const number_format format = parse_number_format(line.argument(0), "FORMAT");
  text_table table({{"code", "", true}, {"value", ""}});
  for (const format_value& row : values_of(format, chosen_role(line).value_or(tensor_role::weights))) {
    table.add_row({row.code, fmt::format("{}", row.value)});
  }
  write_text(title_of(format) + table.text(output_width()));
  return exit_done;
}

}  // namespace

int numbers_command(const arguments& given) {
  const command_syntax syntax = numbers_syntax();
  if (!given.empty() && !given[0].starts_with("-")) {
    const arguments rest(given.begin() + 1, given.end());
    return choose(syntax.name, given[0], {"convert", "table"}) == 0 ? convert_command(rest) : table_command(rest);
  }
  const command_line line(syntax, given);
  write_standard_output(help_text(syntax));
  return exit_done;
}

}  // namespace dlac
