#pragma once
// Comma-separated values, RFC 4180, that a spreadsheet can open safely.

#include <string>
#include <vector>

namespace dlac {

/// A field of a CSV file, RFC 4180: with a separator in it it stands in quotes, and a quote in it is doubled. Text that
/// a spreadsheet would take for a formula (it begins with =, +, -, @, a tab or a carriage return and is no number) gets
/// a ' in front, as OWASP advises.
std::string csv_field(const std::string& text);

/// The fields, each by csv_field(), and the end of the line.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace dlac
