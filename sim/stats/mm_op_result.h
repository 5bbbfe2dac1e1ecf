#pragma once
// What running one mmOp gives.

#include <vector>

#include "sim/stats/counters.h"

namespace dlac {

struct mm_op_result {
  layer_counters counters;
  std::vector<float> outputs;  ///< m rows of n; empty where the program, or the engine, has no values
};

}  // namespace dlac
