#include "sim/text/text_table.h"

#include <algorithm>

#include "sim/core/text.h"

namespace dlac {
namespace {

constexpr std::size_t shortest_first_column = 8;

bool starts_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80;
}

/// The place of character `index` in `text`.
std::size_t byte_of_character(std::string_view text, std::size_t index) {
  std::size_t byte = 0;
  for (std::size_t seen = 0; byte < text.size(); ++byte) {
    if (starts_character(text[byte]) && seen++ == index) {
      break;
    }
  }
  return byte;
}

std::string padding(std::string_view text, std::size_t width) {
  const std::size_t characters = character_count(text);
  return std::string(width > characters ? width - characters : 0, ' ');
}

void end_line(std::string& text) {
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
}

}  // namespace

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string shortened(std::string_view text, std::size_t characters) {
  const std::size_t length = character_count(text);
  if (length <= characters) {
    return std::string(text);
  }
  const std::size_t tail = (characters - 1) / 2;
  const std::size_t head = characters - 1 - tail;
  return std::string(text.substr(0, byte_of_character(text, head))) + "…" +
         std::string(text.substr(byte_of_character(text, length - tail)));
}

std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
  const std::string safe = escaped_lines(text);
  std::string result;
  std::string line;
  const auto end = [&] {
    end_line(line);
    result += line;
  };
  for (std::size_t begin = 0; begin < safe.size();) {
    const std::size_t line_end = std::min(safe.find('\n', begin), safe.size());
    line.clear();
    while (begin < line_end) {
      const std::size_t word = std::min(safe.find_first_not_of(' ', begin), line_end);
      const std::size_t word_end = std::min(safe.find(' ', word), line_end);
      const std::string_view piece = std::string_view(safe).substr(begin, word_end - begin);
      const bool has_words = line.find_first_not_of(' ') != std::string::npos;
      if (has_words && character_count(line) + character_count(piece) > columns) {
        end();
        line = std::string(indent, ' ') + safe.substr(word, word_end - word);
      } else {
        line += piece;
      }
      begin = word_end;
    }
    end();
    begin = line_end + 1;
  }
  return result;
}

void text_table::add_row(std::vector<std::string> cells) {
  for (std::string& cell : cells) {
    cell = escaped(cell);
  }
  rows_.push_back(std::move(cells));
}

std::size_t text_table::gap_before(std::size_t column, const block& b) const {
  if (column == 0) {
    return 0;
  }
  const std::string_view group = columns_[column].group;
  return column > b.first && !group.empty() && group == columns_[column - 1].group ? 1 : 2;
}

std::vector<std::size_t> text_table::natural_widths() const {
  std::vector<std::size_t> result;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = character_count(columns_[c].title);
    for (const std::vector<std::string>& row : rows_) {
      width = std::max(width, row.empty() ? 0 : character_count(row[c]));
    }
    result.push_back(width);
  }
  return result;
}

std::size_t text_table::group_end(std::size_t column, std::size_t end) const {
  const std::string_view group = columns_[column].group;
  std::size_t next = column + 1;
  while (next < end && !group.empty() && columns_[next].group == group) {
    ++next;
  }
  return next;
}

void text_table::widen_for_titles(const block& b, std::vector<std::size_t>& widths) const {
  constexpr std::size_t blanks_around = 2;
  for (std::size_t c = b.first; c < b.end;) {
    const std::size_t end = group_end(c, b.end);
    std::size_t span = widths[c];
    for (std::size_t other = c + 1; other < end; ++other) {
      span += gap_before(other, b) + widths[other];
    }
    const std::size_t title = columns_[c].group.empty() ? 0 : character_count(columns_[c].group) + blanks_around;
    widths[c] += title - std::min(title, span);
    c = end;
  }
}

/// Of all but the first column.
std::size_t text_table::width_of(const block& b, const std::vector<std::size_t>& widths) const {
  std::vector<std::size_t> widened = widths;
  widen_for_titles(b, widened);
  std::size_t sum = 0;
  for (std::size_t c = b.first; c < b.end; ++c) {
    sum += gap_before(c, b) + widened[c];
  }
  return sum;
}

/// As many columns in each as fit beside the first, a group only apart where it fits in no block.
std::vector<text_table::block> text_table::blocks(const std::vector<std::size_t>& widths, std::size_t max_width) const {
  // Names may take a third of the width, so that numbers have the rest.
  const std::size_t names = std::min(widths[0], std::max(max_width / 3, shortest_first_column));
  const auto fits = [&](const block& b) { return names + width_of(b, widths) <= max_width; };
  std::vector<block> result = {{1, 1}};
  for (std::size_t c = 1; c < columns_.size();) {
    block& last = result.back();
    std::size_t end = group_end(c, columns_.size());
    if (!fits({c, end})) {
      end = c + 1;
    }
    if (last.end > last.first && !fits({last.first, end})) {
      result.push_back({c, c});
      continue;
    }
    last.end = end;
    c = end;
  }
  return result;
}

/// Group titles in the middle of their columns, between dashes.
std::string text_table::group_line(const block& b, const std::vector<std::size_t>& widths) const {
  std::string line(widths[0], ' ');
  for (std::size_t c = b.first; c < b.end;) {
    const std::size_t end = group_end(c, b.end);
    line += std::string(gap_before(c, b), ' ');
    std::size_t span = widths[c];
    for (std::size_t other = c + 1; other < end; ++other) {
      span += gap_before(other, b) + widths[other];
    }
    if (columns_[c].group.empty()) {
      line += std::string(span, ' ');
    } else {
      const std::string title = " " + std::string(columns_[c].group) + " ";
      const std::size_t dashes = span - character_count(title);
      line += std::string(dashes / 2, '-') + title + std::string(dashes - dashes / 2, '-');
    }
    c = end;
  }
  end_line(line);
  return line;
}

std::string text_table::aligned(std::size_t column, const std::string& cell, std::size_t width) const {
  return columns_[column].is_text ? cell + padding(cell, width) : padding(cell, width) + cell;
}

std::string text_table::line(const block& b, const std::vector<std::size_t>& widths,
                             const std::vector<std::string>& cells) const {
  const std::string name = shortened(cells[0], widths[0]);
  std::string result = name + padding(name, widths[0]);
  for (std::size_t c = b.first; c < b.end; ++c) {
    result += std::string(gap_before(c, b), ' ') + aligned(c, cells[c], widths[c]);
  }
  end_line(result);
  return result;
}

std::string text_table::block_text(const block& b, std::vector<std::size_t> widths, std::size_t max_width) const {
  const std::size_t others = width_of(b, widths);
  widen_for_titles(b, widths);
  widths[0] = std::min(widths[0], std::max(max_width - std::min(max_width, others), shortest_first_column));
  std::vector<std::string> titles;
  for (const text_column& column : columns_) {
    titles.emplace_back(column.title);
  }
  std::string result = group_line(b, widths) + line(b, widths, titles);
  for (const std::vector<std::string>& row : rows_) {
    result += row.empty() ? "\n" : line(b, widths, row);
  }
  return result;
}

std::string text_table::text(const text_width& width) const {
  const std::vector<std::size_t> widths = natural_widths();
  if (!width.splits) {
    return block_text({1, columns_.size()}, widths, width.columns);
  }
  std::string result;
  for (const block& b : blocks(widths, width.columns)) {
    const std::string text = block_text(b, widths, width.columns);
    result += (result.empty() || text.starts_with('\n') ? "" : "\n") + text;
  }
  return result;
}

}  // namespace dlac
