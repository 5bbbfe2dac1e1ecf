#pragma once
// What running one mmOp gives.

#include <cstdint>
#include <vector>

#include "sim/stats/counters.h"

namespace dlac {

struct mm_op_result {
  layer_counters counters;
  std::vector<float> outputs;        ///< m rows of n; empty where the program, or the engine, has no values
  std::uint64_t saturated_sums = 0;  ///< with values: after a product an integer sum was beyond its bits
};

}  // namespace dlac
