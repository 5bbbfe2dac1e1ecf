#pragma once
// Streams one grid line's operand vectors of a tile, step by step: at most one step per cycle, and only when every
// active PE of the line has a free slot (contract section 5).

#include <cstdint>
#include <systemc>

#include "sim/hw/clock_gate.h"
#include "sim/hw/operand_bus.h"
#include "sim/mapping/step_counts.h"

namespace dlac::hw {

/// What a feeder reads from its buffer: this line's part of the tile.
struct operand_stream {
  const step_counts* counts = nullptr;
  std::uint64_t tile = 0;  ///< mt or nt
  std::uint64_t steps = 0;
  const float* values = nullptr;  ///< of step 0, or none
  std::uint64_t stride = 0;       ///< values from one step to the next
};

class operand_feeder : public sc_core::sc_module, private ready_listener_if {
 public:
  sc_core::sc_port<operand_bus_if> bus;

  /// Clocked in the feed phase, as member `line` of its buffer's gate.
  operand_feeder(sc_core::sc_module_name name, clock_gate& gate, std::uint32_t line);

  /// Begins in this cycle, over the first `active_pes` of the line.
  void begin_tile(const operand_stream& stream, std::uint32_t active_pes);
  /// The rising edge: pushes one step.
  void clock_edge();
  [[nodiscard]] std::uint64_t pushed() const { return next_step_; }
  [[nodiscard]] std::uint64_t steps() const { return stream_.steps; }

 private:
  void bus_ready() override;

  clock_gate& gate_;
  std::uint32_t line_;
  operand_stream stream_;
  std::uint64_t next_step_ = 0;
};

}  // namespace dlac::hw
