#pragma once
// One point of a sweep, run.

#include <functional>
#include <string>
#include <string_view>

#include "sim/sweep/sweep_plan.h"

namespace dlac {

/// ok; error: no machine of this config runs this workload (an input_error); failed: the simulation found an error of
/// its own, or memory ran out, and it may be tried again.
enum class point_status { ok, error, failed };
std::string_view to_string(point_status status);

struct point_result {
  point_status status = point_status::ok;
  std::string error = {};   ///< empty if ok
  std::string totals = {};  ///< of the report, as JSON; empty unless ok
  std::string layers = {};  ///< likewise, where they were asked for
};

/// Runs it on what `operands` gives, `threads` layers at a time, calling `before_layer` before each layer, which may
/// throw to end it. Throws changed_file when the trace is not any more what the point's key says.
point_result run_point(const point_inputs& inputs, const std::function<const operand_provider&()>& operands,
                       bool per_layer, unsigned threads, const std::function<void()>& before_layer);

}  // namespace dlac
