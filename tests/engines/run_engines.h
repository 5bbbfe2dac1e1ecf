#pragma once
// Runs the engines on the same program and demands that they count the same.

#include <fmt/format.h>

#include <ostream>
#include <utility>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/engine/engine.h"
#include "sim/mapping/program.h"
#include "sim/stats/counters.h"

namespace dlac {

/// How a failed comparison shows counters.
inline std::ostream& operator<<(std::ostream& out, const layer_counters& c) {
  for (const auto& field : counter_fields) {
    out << fmt::format("{} {}; ", field.name, field.of(c));
  }
  return out;
}

}  // namespace dlac

namespace dlac::test {

/// What each engine counted, and what the clocked one computed.
struct engine_counts {
  layer_counters clocked;
  layer_counters fast;
  std::vector<float> outputs;  ///< m rows of n; empty where the program has no values
};

/// Both engines of one machine, to be used for as many programs as wanted.
class both_engines {
 public:
  explicit both_engines(const accelerator_config& config)
      : clocked_(make_engine(by_systemc_engine{}, config)), fast_(make_engine(by_fast_engine{}, config)) {}

  engine_counts run(const mm_op_program& program) {
    auto clocked = clocked_->run(program);
    return {clocked.counters, fast_->run(program).counters, std::move(clocked.outputs)};
  }

 private:
  std::unique_ptr<engine> clocked_;
  std::unique_ptr<engine> fast_;
};

}  // namespace dlac::test
