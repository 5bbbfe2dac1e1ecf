#pragma once
// A table of aligned text, without boxes. Widths are counted in characters (code points), not in bytes. What stands in
// a cell is shown as sim/core/text.h escapes it: names come from files.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dlac {

struct text_column {
  std::string_view title;
  std::string_view group;  ///< a title above the titles of neighbouring columns; they stand closer together
  bool is_text = false;    ///< aligned left
};

/// How wide text may be.
struct text_width {
  std::size_t columns = 120;
  /// Of a terminal: a table that is too wide goes on in blocks below, each with the first column. A file has room to
  /// the right, and programs that read it.
  bool splits = false;
};

/// The first column is aligned left and gives way when a table would be too wide; the others are aligned right unless
/// they are text, and neither they nor any title are ever cut.
class text_table {
 public:
  explicit text_table(std::vector<text_column> columns) : columns_(std::move(columns)) {}

  /// One cell a column.
  void add_row(std::vector<std::string> cells);
  /// An empty line.
  void add_gap() { rows_.emplace_back(); }

  /// Lines that end in a newline, and have no blanks before it. Too wide only if the cells of the other columns leave
  /// no room and the width does not split, or where a single column leaves none.
  [[nodiscard]] std::string text(const text_width& width) const;

 private:
  /// The first column and columns [first, end).
  struct block {
    std::size_t first;
    std::size_t end;
  };

  [[nodiscard]] std::vector<std::size_t> natural_widths() const;
  [[nodiscard]] std::vector<block> blocks(const std::vector<std::size_t>& widths, std::size_t max_width) const;
  [[nodiscard]] std::size_t width_of(const block& b, const std::vector<std::size_t>& widths) const;
  /// A group's title may be wider than its columns.
  void widen_for_titles(const block& b, std::vector<std::size_t>& widths) const;
  /// Blanks before a column.
  [[nodiscard]] std::size_t gap_before(std::size_t column, const block& b) const;
  [[nodiscard]] std::size_t group_end(std::size_t column, std::size_t end) const;
  [[nodiscard]] std::string block_text(const block& b, std::vector<std::size_t> widths, std::size_t max_width) const;
  [[nodiscard]] std::string group_line(const block& b, const std::vector<std::size_t>& widths) const;
  [[nodiscard]] std::string aligned(std::size_t column, const std::string& cell, std::size_t width) const;
  [[nodiscard]] std::string line(const block& b, const std::vector<std::size_t>& widths,
                                 const std::vector<std::string>& cells) const;

  std::vector<text_column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

std::size_t character_count(std::string_view text);

/// `text`, or its begin and its end around an ellipsis, in at most `characters` (at least 1).
std::string shortened(std::string_view text, std::size_t characters);

/// The lines of `text` broken at blanks to `columns` at most, each ending in a newline; the lines after a break begin
/// with `indent` blanks. A longer word stays whole. Escaped like cells.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent);

}  // namespace dlac
