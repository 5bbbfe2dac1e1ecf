#pragma once
// Comma-separated values, read strictly: RFC 4180, and what tables of other tools have besides: a byte-order mark, any
// ends of lines, blanks around fields, lines without anything. A mistake is an input_error with the line.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dlac {

struct csv_row {
  std::size_t line = 1;  ///< of the text, where the row begins
  std::vector<std::string> fields;

  /// "" behind the last one.
  [[nodiscard]] std::string_view field(std::size_t index) const {
    return index < fields.size() ? std::string_view(fields[index]) : std::string_view();
  }
  /// "row 7", as messages name it.
  [[nodiscard]] std::string place() const;
};

/// The rows of `text` that have something in a field, blanks around unquoted fields taken off. `file` names it in
/// messages.
std::vector<csv_row> parse_csv(std::string_view text, const std::string& file);

/// Reads and parses `path`, at most 16 MiB.
std::vector<csv_row> read_csv(const std::string& path);

}  // namespace dlac
