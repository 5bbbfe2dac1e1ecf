#pragma once
// What a machine holds of an operand in a pass: the numbers that its lanes multiply, and what became of the stored ones
// on the way. docs/numbers.md has the rules.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/numbers/operand_formats.h"
#include "sim/numbers/tensor_conversion.h"
#include "sim/workload/operands.h"

namespace dlac {

/// What the machine's lanes multiply of a tensor in `format`: q(x); of signs with a scale the signs; with `codes`, for
/// integer sums, the codes less their zero point, in finest steps where some are shifted. Consumes the values. Throws
/// input_error.
held_operand hold(const number_format& format, source_tensor tensor, std::vector<float> values, bool codes);

/// q(x) of a whole tensor, its scales included: of outputs and of what is streamed. Floats known by name may overflow
/// to infinity; of others that is an input_error.
held_operand hold_values(const number_format& format, source_tensor tensor, std::vector<float> values);

/// Values that the format holds as other than zero where they are: a synthetic density is one of held operands. Those
/// that it would make zero become as large as the largest. Throws input_error where that is zero, too.
std::vector<float> kept_from_zero(const number_format& format, source_tensor tensor, std::vector<float> values);

/// The format of a tensor, with its range where the ranges are known. Throws input_error where they lack the tensor.
number_format with_known_range(const number_format& format, std::string_view tensor, const known_ranges* ranges);

/// Whether the zeros of such an operand are those that were drawn: no value has to be read for them.
bool has_drawn_zeros(const operand_source& source, const number_format& format, tensor_role operand);

/// Of a pass's outputs, and of a feature map that streams through the epilogue, with their ranges where those are
/// known.
number_format output_format(const operand_formats& numbers, const layer& l, pass_kind pass);
number_format streamed_format(const operand_formats& numbers, std::string_view tensor);

/// "layer1.0.conv1.output" of the forward pass, "....input_gradients" of backward-data: keys noise and ranges.
std::string output_name(const layer& l, pass_kind pass);
tensor_role output_role(pass_kind pass);

}  // namespace dlac
