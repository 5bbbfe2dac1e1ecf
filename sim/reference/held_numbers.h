#pragma once
// What a machine holds of a tensor, by the definitions of docs/numbers.md, one element after the other: shares no code
// with the conversion that it is compared with (sim/numbers/tensor_conversion.h). Formats with scales of groups and
// parts are not among them.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sim/core/types.h"
#include "sim/numbers/number_format.h"
#include "sim/numbers/tensor_conversion.h"

namespace dlac {

struct reference_held {
  std::vector<float> values;       ///< q(x); of signs with a scale the signs
  std::vector<float> codes;        ///< of integer formats: less their zero point; of powers of two in smallest ones
  std::vector<float> scales;       ///< of codes: one, or one a filter; empty: 1
  std::vector<float> sign_scales;  ///< of ternary and binary formats with a mean scale, likewise
};

/// Finite values, as many as the shape has elements, and at least one.
reference_held reference_hold(const number_format& format, const source_tensor& tensor);

}  // namespace dlac
