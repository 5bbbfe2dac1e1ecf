#include "sim/text/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/file_io.h"

namespace dlac {
namespace {

constexpr std::uint64_t largest_file_bytes = std::uint64_t{16} << 20U;
constexpr std::size_t most_fields = 1024;
constexpr std::string_view blanks = " \t\v\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

class csv_parser {
 public:
  csv_parser(std::string_view text, const std::string& file) : text_(text), file_(file) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text_.starts_with(byte_order_mark)) {
      text_.remove_prefix(byte_order_mark.size());
    }
  }

  std::vector<csv_row> rows() {
    std::vector<csv_row> rows;
    while (at_ < text_.size()) {
      csv_row row = next_row();
      if (std::any_of(row.fields.begin(), row.fields.end(), [](const std::string& f) { return !f.empty(); })) {
        rows.push_back(std::move(row));
      }
    }
    return rows;
  }

 private:
  [[noreturn]] void fail(std::string_view found, std::string_view expected) const {
    throw input_error(file_, fmt::format("row {}", line_), found, expected);
  }

  csv_row next_row() {
    csv_row row{.line = line_, .fields = {}};
    while (true) {
      if (row.fields.size() == most_fields) {
        fail(fmt::format("more than {} fields", most_fields), "fewer");
      }
      row.fields.push_back(next_field());
      if (at_ == text_.size() || text_[at_] != ',') {
        break;
      }
      ++at_;
    }
    end_line();
    return row;
  }

  std::string next_field() {
    const std::size_t begin = std::min(text_.find_first_not_of(blanks, at_), text_.size());
    if (begin < text_.size() && text_[begin] == '"') {
      at_ = begin + 1;
      return quoted_field();
    }
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string field(trimmed(text_.substr(at_, end - at_)));
    if (field.find('"') != std::string::npos) {
      fail("a quote inside a field", "quotes around all of it, those inside doubled");
    }
    if (field.find('\0') != std::string::npos) {
      fail("a zero byte", "text");
    }
    at_ = end;
    return field;
  }

  /// Behind its first quote.
  std::string quoted_field() {
    std::string field;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != '"') {
        line_ += c == '\n' ? 1 : 0;
        field += c;
      } else if (at_ < text_.size() && text_[at_] == '"') {
        field += '"';
        ++at_;
      } else {
        at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size());
        if (at_ < text_.size() && std::string_view(",\r\n").find(text_[at_]) == std::string_view::npos) {
          fail("text behind a closing quote", "a comma or the end of the line");
        }
        return field;
      }
    }
    fail("the end of the file inside quotes", "a closing quote");
  }

  /// \n, \r\n, or \r alone.
  void end_line() {
    if (at_ < text_.size() && text_[at_] == '\r') {
      ++at_;
      if (at_ == text_.size() || text_[at_] != '\n') {
        ++line_;
        return;
      }
    }
    if (at_ < text_.size()) {
      ++at_;
      ++line_;
    }
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

std::string csv_row::place() const {
  return fmt::format("row {}", line);
}

std::vector<csv_row> parse_csv(std::string_view text, const std::string& file) {
  return csv_parser(text, file).rows();
}

std::vector<csv_row> read_csv(const std::string& path) {
  return parse_csv(read_file(path, "a CSV file of at most 16 MiB", largest_file_bytes), shown_path(path));
}

}  // namespace dlac
