#pragma once
// Streams one grid line's operand vectors of a tile, step by step: at most one step per cycle, and only when every
// active PE of the line has a free slot (contract section 5).

#include <cstdint>
#include <optional>
#include <systemc>

#include "sim/hw/clock_gate.h"
#include "sim/hw/operand_bus.h"
#include "sim/mapping/step_counts.h"

namespace dlac::hw {

/// The chunks that a feeder streams from its buffer.
class chunk_source_if {
 public:
  virtual ~chunk_source_if() = default;
  /// First cycle in which a PE could see the operands of use `use`, once they are in the buffer.
  [[nodiscard]] virtual std::optional<cycle> visible_from(std::uint64_t use) const = 0;
  /// Clocks the feeder of `line` when the chunk that it waits for arrives.
  virtual void wait_for_chunk(std::uint32_t line) = 0;
  /// `line` has pushed the last step of use `use`.
  virtual void chunk_streamed(std::uint64_t use) = 0;
  /// One past the last step of use `use`.
  [[nodiscard]] virtual std::uint64_t chunk_end(std::uint64_t use) const = 0;
};

/// What a feeder reads from its buffer: this line's part of the tile.
struct operand_stream {
  const step_counts* counts = nullptr;
  std::uint64_t tile = 0;  ///< mt or nt
  std::uint64_t steps = 0;
  const float* values = nullptr;     ///< of step 0, or none
  std::uint64_t stride = 0;          ///< values from one step to the next
  std::uint64_t first_use = 0;       ///< of the tile's chunks
  std::uint32_t elements = 0;        ///< of a step's vector that exist: vm or vn
  const bit_matrix* mask = nullptr;  ///< k rows of bits, those that take part; null: all, or nobody asks
  std::uint64_t first_element = 0;   ///< of the line in a row of the mask
};

/// Elements that a feeder put on its bus, and those that the queues of the bus took. Over a program.
struct feeder_counters {
  std::uint64_t elements_read = 0;
  std::uint64_t elements_queued = 0;
};

class operand_feeder : public sc_core::sc_module, private ready_listener_if {
 public:
  sc_core::sc_port<operand_bus_if> bus;

  /// Clocked in the feed phase, as member `line` of its buffer's gate.
  operand_feeder(sc_core::sc_module_name name, clock_gate& gate, chunk_source_if& source, std::uint32_t line);

  /// A new program: what was counted is forgotten.
  void load() { counters_ = {}; }
  /// Begins in this cycle, over the first `active_pes` of the line.
  void begin_tile(const operand_stream& stream, std::uint32_t active_pes);
  /// The rising edge: pushes one step.
  void clock_edge();
  [[nodiscard]] std::uint64_t pushed() const { return next_step_; }
  [[nodiscard]] std::uint64_t steps() const { return stream_.steps; }
  [[nodiscard]] const feeder_counters& counters() const { return counters_; }

 private:
  void bus_ready() override;
  [[nodiscard]] operand_vector next_vector() const;
  bool open_chunk();

  clock_gate& gate_;
  chunk_source_if& source_;
  std::uint32_t line_;
  operand_stream stream_;
  std::uint32_t active_pes_ = 0;
  feeder_counters counters_;
  std::uint64_t next_step_ = 0;
  std::uint64_t use_ = 0;        ///< the chunk that next_step_ belongs to
  std::uint64_t chunk_end_ = 0;  ///< once it has been opened; else next_step_
  cycle visible_from_ = 0;
};

}  // namespace dlac::hw
