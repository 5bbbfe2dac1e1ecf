#pragma once
// Fetches the chunks of a mmOp into the two operand buffers, in program order, a use's row chunk before its column
// chunk (contract section 7): the next fetch begins when the read channel is free and the chunk's slot is.

#include <cstdint>
#include <systemc>
#include <vector>

#include "sim/hw/clock_domain.h"
#include "sim/hw/memory_channel.h"
#include "sim/mapping/program.h"

namespace dlac::hw {

/// A buffer as the loader sees it.
class chunk_buffer_if : public virtual sc_core::sc_interface {
 public:
  /// Fetch number `fetch` of this buffer is in its slot, from this cycle on.
  virtual void chunk_arrived(std::uint64_t fetch) = 0;
  /// How many uses have been streamed to the end, over all active lines.
  [[nodiscard]] virtual std::uint64_t streamed_uses() const = 0;
};

/// A buffer tells the loader that the streaming of a use has ended.
class use_streamed_if : public virtual sc_core::sc_interface {
 public:
  virtual void use_streamed() = 0;
};

class loader : public sc_core::sc_module, public use_streamed_if, private memory_client_if {
 public:
  SC_HAS_PROCESS(loader);
  memory_channel channel;
  sc_core::sc_port<chunk_buffer_if> feature_maps;
  sc_core::sc_port<chunk_buffer_if> weights;

  loader(sc_core::sc_module_name name, clock_domain& clock);

  /// Where the operands lie, and what the memory takes; before the first program.
  void place(const memory_limits& limits);
  /// Begins to fetch what the program's memory plan asks for, in this cycle.
  void start(const mm_op_program& program);
  void use_streamed() override;
  /// For diagnosis.
  [[nodiscard]] std::uint64_t next_use() const { return next_use_; }
  [[nodiscard]] std::uint64_t uses() const { return plan_ == nullptr ? 0 : plan_->uses.size(); }

 private:
  void channel_free() override;
  void responded(std::uint64_t tag) override;
  void proceed();
  bool fetch_next();
  void begin_fetch(const chunk_operand& operand);
  void lay_out(const mm_op_program& program);

  clock_domain& clock_;
  const memory_plan* plan_ = nullptr;
  std::uint64_t next_use_ = 0;
  bool at_columns_ = false;  ///< the next operand to look at is the column chunk of next_use_
  memory_region row_region_;
  memory_region column_region_;
  std::vector<std::uint64_t> row_offsets_;     ///< by fetch, in the region
  std::vector<std::uint64_t> column_offsets_;  ///< by fetch, in the region
  sc_core::sc_event slot_event_;
};

}  // namespace dlac::hw
