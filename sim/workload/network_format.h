#pragma once
// The keys of a workload file: types, ranges, defaults and descriptions. The structures here are the file as it stands;
// read_network resolves and checks it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/json/json_format.h"
#include "sim/workload/network.h"
#include "sim/workload/operand_source_format.h"

namespace dlac {

/// A layer whose `operands` are yet to be resolved from `given_operands`.
struct layer_entry : layer {
  std::optional<given_operand_sources> given_operands;
};

struct workload_file {
  std::string name;
  std::uint32_t batch = 1;
  training_parameters training;
  std::optional<std::string> trace;
  std::optional<given_operand_sources> operands;
  std::vector<layer_entry> layers;
};

const json_format<workload_file>& workload_file_format();

}  // namespace dlac
