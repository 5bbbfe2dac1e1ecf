#pragma once
// What the keys of a workload file owe to each other.

#include "sim/json/json_reader.h"
#include "sim/workload/network_format.h"

namespace dlac {

/// Throws input_error at the place of the first mistake.
void check_workload(const workload_file& file, const json_document& document);

}  // namespace dlac
