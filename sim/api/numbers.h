#pragma once
// Number formats on files of tensors: what a format makes of each.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/numbers/number_format.h"
#include "sim/numbers/tensor_conversion.h"

namespace dlac {

struct conversion_request {
  std::string from;  ///< a safetensors file
  std::string to;    ///< may be the same
  number_format format;
  std::optional<tensor_role> role = {};     ///< of all; none: by the end of the name: .weights, .gradients, others
  std::optional<std::string> tensors = {};  ///< a glob of names; none: all of F32 and F16
  bool with_codes = false;  ///< NAME.codes (I32), .scales, .shifted (U8), too, where the format has them
};

/// What became of a tensor.
struct converted_tensor {
  std::string name;
  tensor_role role = tensor_role::activations;
  std::uint64_t elements = 0;
  std::uint64_t zeros = 0;       ///< in the format
  std::uint64_t zeros_made = 0;  ///< of these, not zero before
  std::uint64_t saturated = 0;
  double sqnr_db = 0;  ///< signal to quantisation noise
};

/// Writes q(x) of the tensors as F32; other tensors and the metadata as they are. Throws input_error; `to` is then as
/// it was.
std::vector<converted_tensor> convert_file(const conversion_request& request);

}  // namespace dlac
