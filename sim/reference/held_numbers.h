#pragma once
// What a machine holds of a tensor, by the definitions of docs/numbers.md, one element after the other: shares no code
// with the conversion that it is compared with (sim/numbers/tensor_conversion.h).

#include <optional>
#include <vector>

#include "sim/core/types.h"
#include "sim/numbers/number_format.h"
#include "sim/numbers/tensor_conversion.h"

namespace dlac {

/// One of two parts of every element; the high one is shifted.
struct reference_part {
  std::vector<float> values;
  std::vector<float> codes;
};

struct reference_held {
  std::vector<float> values;  ///< q(x); of signs with a scale the signs
  std::vector<float> codes;   ///< of integer formats: less their zero point; in the finest of their steps
  reference_part low = {};    ///< of formats with parts
  reference_part high = {};
  std::vector<float> scales;           ///< of codes: of each group in the order of their first elements; empty: 1
  std::optional<float> mantissa = {};  ///< that all scales have by definition, from 1 to below 2
  std::vector<float> sign_scales;      ///< of ternary and binary formats with a mean scale, likewise
};

/// Finite values, as many as the shape has elements, and at least one.
reference_held reference_hold(const number_format& format, const source_tensor& tensor);

}  // namespace dlac
