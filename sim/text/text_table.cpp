#include "sim/text/text_table.h"

#include <algorithm>

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

std::size_t text_table::gap_before(std::size_t column) const {
  if (column == 0) {
    return 0;
  }
  const std::string_view group = columns_[column].group;
  return !group.empty() && group == columns_[column - 1].group ? 1 : 2;
}

std::vector<std::size_t> text_table::widths(std::size_t max_width) const {
  std::vector<std::size_t> result;
  std::size_t others = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = character_count(columns_[c].title);
    for (const std::vector<std::string>& row : rows_) {
      width = std::max(width, row.empty() ? 0 : character_count(row[c]));
    }
    result.push_back(width);
    others += c == 0 ? 0 : gap_before(c) + width;
  }
  const std::size_t left = max_width > others ? max_width - others : 0;
  result[0] = std::min(result[0], std::max(left, shortest_first_column));
  return result;
}

/// Group titles in the middle of their columns, between dashes.
std::string text_table::group_line(const std::vector<std::size_t>& widths) const {
  std::string line;
  for (std::size_t c = 0; c < columns_.size();) {
    const std::string_view group = columns_[c].group;
    line += std::string(gap_before(c), ' ');
    std::size_t span = widths[c++];
    if (group.empty()) {
      line += std::string(span, ' ');
      continue;
    }
    for (; c < columns_.size() && columns_[c].group == group; ++c) {
      span += gap_before(c) + widths[c];
    }
    const std::string title = " " + shortened(group, std::max<std::size_t>(span, 3) - 2) + " ";
    const std::size_t dashes = span - std::min(span, character_count(title));
    line += std::string(dashes / 2, '-') + title + std::string(dashes - dashes / 2, '-');
  }
  end_line(line);
  return line;
}

std::string text_table::text(std::size_t max_width) const {
  const std::vector<std::size_t> width = widths(max_width);
  std::string result = group_line(width);
  const auto add_line = [&](const auto& cell) {
    std::string line;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const std::string text = c == 0 ? shortened(cell(c), width[0]) : std::string(cell(c));
      line += std::string(gap_before(c), ' ');
      line += c == 0 ? text + padding(text, width[c]) : padding(text, width[c]) + text;
    }
    end_line(line);
    result += line;
  };
  add_line([&](std::size_t c) { return columns_[c].title; });
  for (const std::vector<std::string>& row : rows_) {
    if (row.empty()) {
      result += '\n';
    } else {
      add_line([&](std::size_t c) -> std::string_view { return row[c]; });
    }
  }
  return result;
}

}  // namespace dlac
