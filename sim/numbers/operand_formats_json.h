#pragma once
// How files tell the numbers of a machine or of a layer, and the ranges of tensors: docs/numbers.md.

#include <string>

#include "sim/json/json_format.h"
#include "sim/numbers/operand_formats.h"

namespace dlac {

/// "fp32", "fp16", "bf16", "int32", {"truncated": {...}}, or {"fixed": {"bits": b}}.
const json_format<accumulator_format>& accumulator_json();

/// Of a config, or of a file of its own: with "formats" and "ranges".
const json_format<given_numbers>& numbers_json();
/// Of a layer.
const json_format<given_numbers>& layer_numbers_json();

/// Tensor names to [min, max]. Throws input_error.
known_ranges read_ranges(const std::string& path);

/// On one line.
std::string json_text_of(const accumulator_format& format);

}  // namespace dlac
