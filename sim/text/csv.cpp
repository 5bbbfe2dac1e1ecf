#include "sim/text/csv.h"

#include <cctype>
#include <charconv>
#include <string_view>
#include <system_error>

namespace dlac {
namespace {

/// A spreadsheet computes what it reads.
bool is_formula(std::string_view text) {
  if (text.empty() || std::string_view("=+-@\t\r").find(text.front()) == std::string_view::npos) {
    return false;
  }
  const std::string_view unsigned_text = text.substr(text.front() == '+' || text.front() == '-' ? 1 : 0);
  double number = 0;
  const auto [end, error] = std::from_chars(unsigned_text.data(), unsigned_text.data() + unsigned_text.size(), number);
  const bool is_number = !unsigned_text.empty() && error == std::errc() &&
                         end == unsigned_text.data() + unsigned_text.size() &&
                         std::isdigit(static_cast<unsigned char>(unsigned_text.front())) != 0;
  return !is_number;
}

}  // namespace

std::string csv_field(const std::string& text) {
  std::string safe = is_formula(text) ? '\'' + text : text;
  if (safe.find_first_of(",\"\r\n") == std::string::npos) {
    return safe;
  }
  std::string result = "\"";
  for (const char c : safe) {
    result += c == '"' ? "\"\"" : std::string(1, c);
  }
  return result + '"';
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    line += &field == &fields.front() ? "" : ",";
    line += csv_field(field);
  }
  return line + '\n';
}

}  // namespace dlac
