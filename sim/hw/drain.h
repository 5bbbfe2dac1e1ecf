#pragma once
// Moves finished tiles out of the PEs' output banks, P elements per cycle and grid row, one tile after the other
// (contract section 6), and writes them to memory at the same time.

#include <cstdint>
#include <deque>
#include <systemc>

#include "sim/hw/clock_domain.h"
#include "sim/hw/memory_channel.h"
#include "sim/hw/pe_grid.h"

namespace dlac::hw {

/// Whom the drain tells that a bank can be used again.
class bank_freed_if : public virtual sc_core::sc_interface {
 public:
  virtual void bank_freed(std::uint32_t bank) = 0;
};

/// How one grid row's drain reports that it is done.
class row_drained_if : public virtual sc_core::sc_interface {
 public:
  virtual void row_drained(std::uint32_t row) = 0;
};

class row_drain : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(row_drain);
  sc_core::sc_port<row_drained_if> done;

  row_drain(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t row);
  void configure(std::uint32_t elements_per_cycle) { elements_per_cycle_ = elements_per_cycle; }
  void begin(std::uint64_t elements);

 private:
  void end();

  clock_domain& clock_;
  std::uint32_t row_;
  std::uint32_t elements_per_cycle_ = 1;
  sc_core::sc_event end_event_;
};

class drain : public sc_core::sc_module, public row_drained_if, private memory_client_if {
 public:
  memory_channel channel;  ///< for writing
  sc_core::sc_port<output_source_if> source;
  sc_core::sc_port<bank_freed_if> bank_freed;
  sc_core::sc_vector<row_drain> row;

  drain(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t rows);
  /// The width of every grid row's drain: before the first program, and between programs.
  void configure(std::uint32_t elements_per_cycle);

  /// Where the outputs lie, and what the memory takes; before the first program.
  void place(const memory_limits& limits);
  /// A new program: its outputs go where those of the last one went.
  void load();
  /// Drains `job` as soon as those before it are out.
  void request(const tile_job& job);
  void row_drained(std::uint32_t row_index) override;
  /// Drained, or draining, since load().
  [[nodiscard]] std::uint64_t elements() const { return elements_; }
  [[nodiscard]] std::size_t pending() const { return jobs_.size(); }
  /// Grid rows that are not out yet, and the write to memory.
  [[nodiscard]] std::uint32_t draining_parts() const { return draining_parts_; }

 private:
  void begin_next();
  void channel_free() override { part_done(); }
  void responded(std::uint64_t /*tag*/) override {}
  void part_done();

  std::deque<tile_job> jobs_;  ///< the front one is draining
  std::uint32_t draining_parts_ = 0;
  memory_region region_;
  std::uint64_t offset_ = 0;  ///< of the next tile, in the region
  std::uint64_t elements_ = 0;
};

}  // namespace dlac::hw
