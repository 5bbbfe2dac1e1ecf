#pragma once
// A validation in several formats. Numbers for people are rounded to four digits; the same evidence gives the same
// bytes.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "sim/text/text_table.h"
#include "sim/validation/validation.h"

namespace dlac {

/// The figures, what misses and why, a bar a layer.
std::string validation_table(const validation& v, const text_width& width = {});

/// A page: docs/validation.md is one. It shows validation.svg.
std::string validation_markdown(const validation& v);

/// The bars of the layers as a picture.
std::string validation_svg(const validation& v);

/// {"schema": "dlac-validation/1", "figures": [...], "layers": [...], "roles": {...}}
nlohmann::ordered_json validation_json(const validation& v);

// Words that the formats share.
std::string four_digits(double value);
std::string signed_percent(double fraction);  ///< "+4.7 %"
/// "2502 to 3058", "at least 1", "at most 3.3"
std::string bounds_text(const figure_bounds& bounds);
/// "predicted: 20 of 24 within their bounds", a line a role
std::vector<std::string> role_lines(const validation& v);

}  // namespace dlac
