// Words that the formats of the judged figures share.

#include <fmt/format.h>

#include <cmath>

#include "sim/validation/validation_report.h"

namespace dlac {

std::string four_digits(double value) {
  return fmt::format("{:.4g}", value);
}

std::string signed_percent(double fraction) {
  const double tenths = std::round(1000 * fraction) / 10;
  return fmt::format("{:+.1f} %", tenths == 0 ? 0.0 : tenths);
}

std::string bounds_text(const figure_bounds& bounds) {
  if (bounds.lowest && bounds.highest) {
    return *bounds.lowest == *bounds.highest ? four_digits(*bounds.lowest)
                                             : four_digits(*bounds.lowest) + " to " + four_digits(*bounds.highest);
  }
  return bounds.lowest ? "at least " + four_digits(*bounds.lowest) : "at most " + four_digits(*bounds.highest);
}

std::vector<std::string> role_lines(const validation& v) {
  std::vector<std::string> lines;
  for (const role_count& count : count_roles(v)) {
    const char* const remark = count.role == figure_role::calibrated ? ": an input was fitted to them, no evidence"
                               : count.role == figure_role::stated   ? ": inputs, no evidence"
                                                                     : "";
    lines.push_back(
        fmt::format("{}: {} of {} within their bounds{}", to_string(count.role), count.within, count.all, remark));
  }
  return lines;
}

}  // namespace dlac
