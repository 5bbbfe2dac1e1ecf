#pragma once
// The keys that say where operands come from, of a layer and of a whole file.

#include <optional>

#include "sim/json/json_format.h"
#include "sim/workload/network.h"

namespace dlac {

/// Sources that the file gives; the others have a default.
struct given_operand_sources {
  std::optional<operand_source> activations;
  std::optional<operand_source> weights;
  std::optional<operand_source> gradients;
  std::optional<operand_source> columns;  ///< of matmuls
};

/// Whose operands they are: most layers have weights, a matmul columns; a file has both, and profiles.
enum class sources_of { weight_layer, matmul, file };
json_format<given_operand_sources> operands_format(sources_of whose);

}  // namespace dlac
