#pragma once
// --format, of the commands whose results have all three.

#include <functional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "sim/cli/command_line.h"
#include "sim/text/text_table.h"

namespace dlac {

enum class output_format { table, json, csv };

/// Adds the option to a command.
void add_format(command_syntax& syntax);

/// What it says; a table without it. Throws input_error.
output_format chosen_format(const command_line& line);

/// The ways to tell one result.
struct formatted_output {
  std::function<std::string(const text_width& width)> table;
  std::function<nlohmann::ordered_json()> json;
  std::function<std::string()> csv;
};

/// Writes the one that was asked for to standard output.
void write_formatted(output_format format, const formatted_output& output);

}  // namespace dlac
