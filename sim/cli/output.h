#pragma once
// Standard output and the terminal.

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "sim/core/file_io.h"
#include "sim/text/text_table.h"

namespace dlac {

/// Writes all of it; throws std::runtime_error when it cannot (a full disk, a closed pipe).
void write_standard_output(std::string_view text);

/// Text for people, the same way: nothing in it can move the cursor or hide (sim/core/text.h).
void write_text(std::string_view text);

/// A line on standard error, safe as write_text is: "dlac: " and the message, which may have several lines.
void write_message(const std::string& message);

/// How wide text for people is: a terminal's width (COLUMNS, or what the terminal says), or `full` columns where
/// standard output is none.
text_width output_width(std::size_t full = 120);

/// Makes the folder where it does not exist; `made` takes it back where it stays empty. To be called before a
/// simulation, which may take long: a folder that takes no files is better known now. Throws input_error.
void prepare_folder(const std::string& path, new_folders& made);

/// Indented, ends in a newline.
std::string json_text(const nlohmann::ordered_json& value);

}  // namespace dlac
