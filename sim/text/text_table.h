#pragma once
// A table of aligned text, without boxes. Widths are counted in characters (code points), not in bytes.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dlac {

struct text_column {
  std::string_view title;
  std::string_view group;  ///< a title above the titles of neighbouring columns; they stand closer together
};

/// The first column is aligned left and gives way when a table would be too wide; the others are aligned right.
class text_table {
 public:
  explicit text_table(std::vector<text_column> columns) : columns_(std::move(columns)) {}

  /// One cell a column.
  void add_row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// An empty line.
  void add_gap() { rows_.emplace_back(); }

  /// Lines that end in a newline, and have no blanks before it. Wider than `max_width` only if the cells of the other
  /// columns leave no room.
  [[nodiscard]] std::string text(std::size_t max_width) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t max_width) const;
  /// Blanks before a column.
  [[nodiscard]] std::size_t gap_before(std::size_t column) const;
  [[nodiscard]] std::string group_line(const std::vector<std::size_t>& widths) const;

  std::vector<text_column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

std::size_t character_count(std::string_view text);

/// `text`, or its begin and its end around an ellipsis, in at most `characters` (at least 1).
std::string shortened(std::string_view text, std::size_t characters);

}  // namespace dlac
