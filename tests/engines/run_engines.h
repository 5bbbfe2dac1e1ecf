#pragma once
// Runs the engines on the same program and demands that they count the same.

#include <fmt/format.h>

#include <ostream>

#include "sim/config/accelerator_config.h"
#include "sim/engine/engine.h"
#include "sim/mapping/program.h"
#include "sim/stats/counters.h"

namespace dlac {

/// How a failed comparison shows counters.
inline std::ostream& operator<<(std::ostream& out, const layer_counters& c) {
  return out << fmt::format(
             "cycles {} = mm {} pt {} stall {} tail {}; PE cycles busy {} memory {} neighbour {} barrier {} pt {} "
             "drain {} inactive {}; tiles {} steps {} products {}",
             c.cycles, c.parts.mm, c.parts.pt, c.parts.drain_stall, c.parts.drain_tail, c.pe_parts.busy,
             c.pe_parts.memory, c.pe_parts.neighbour, c.pe_parts.barrier, c.pe_parts.pt, c.pe_parts.drain,
             c.pe_parts.inactive, c.tiles, c.pe_steps, c.issued_products);
}

}  // namespace dlac

namespace dlac::test {

/// What each engine counted.
struct engine_counts {
  layer_counters clocked;
  layer_counters fast;
};

/// Both engines of one machine, to be used for as many programs as wanted.
class both_engines {
 public:
  explicit both_engines(const accelerator_config& config)
      : clocked_(make_engine(engine_kind::systemc, config)), fast_(make_engine(engine_kind::fast, config)) {}

  engine_counts run(const mm_op_program& program) { return {clocked_->run(program), fast_->run(program)}; }

 private:
  std::unique_ptr<engine> clocked_;
  std::unique_ptr<engine> fast_;
};

}  // namespace dlac::test
