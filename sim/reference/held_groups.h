#pragma once
// The reference's conversions of formats whose elements share scales in groups, and of those with parts, by the
// definitions of docs/numbers.md.

#include <cstddef>
#include <functional>
#include <vector>

#include "sim/reference/held_numbers.h"
#include "sim/reference/whole_rounding.h"

namespace dlac {

reference_held reference_groups(const grouped& format, const source_tensor& tensor, const whole_rounding& round);

/// Microscaling: `to_element` holds a number, of an element of the tensor, in the format of elements, whose largest
/// number has the exponent `top`.
std::vector<float> reference_blocks(const microscaling& format, const source_tensor& tensor, int top,
                                    const std::function<double(double, std::size_t)>& to_element);

/// Of the codes of wholes: those that parts cannot hold become the largest, and parts are made.
void split_into_parts(const integer_parts& format, reference_held& held);

}  // namespace dlac
