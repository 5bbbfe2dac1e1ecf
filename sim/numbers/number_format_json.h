#pragma once
// How files and the command line tell a number format: its name, or an object with one key and what goes beside it:
//
//   "fp16"      {"fixed": {"bits": 8, "fraction_bits": "auto"}, "rounding": "stochastic", "seed": 3}
//
// Keys, ranges and defaults are in docs/numbers.md, and in the schema.

#include <string>
#include <string_view>

#include "sim/json/json_format.h"
#include "sim/numbers/number_format.h"

namespace dlac {

const json_format<number_format>& number_format_json();
/// [min, max]
const json_format<value_range>& value_range_json();

/// Of the command line: a name, or JSON; `place` names it in messages. Throws input_error.
number_format parse_number_format(const std::string& text, const std::string& place);

/// On one line.
std::string json_text_of(const number_format& format);

}  // namespace dlac
