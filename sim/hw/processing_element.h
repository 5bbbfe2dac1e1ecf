#pragma once
// One PE: two operand queues, the zero-skipping scheduler, the lanes of the mmOp unit, output buffers in banks and the
// ptWiseOp unit. It is clocked by its row's gate: when a step ends or can start, and not otherwise.

#include <cstdint>
#include <systemc>

#include "sim/hw/barrier.h"
#include "sim/hw/clock_domain.h"
#include "sim/hw/mm_op_unit.h"
#include "sim/hw/operand_queue.h"
#include "sim/hw/output_buffers.h"
#include "sim/hw/row_clock_gate.h"
#include "sim/hw/zero_skip_scheduler.h"
#include "sim/mapping/program.h"

namespace dlac::hw {

/// A PE's share of a tile.
struct pe_tile {
  const mm_op_program* program = nullptr;
  std::uint64_t first_m = 0;
  std::uint64_t first_n = 0;
  std::uint32_t valid_m = 0;
  std::uint32_t valid_n = 0;
  std::uint32_t bank = 0;
};

/// What a PE counted over a tile. Unit: cycles, products.
struct pe_counters {
  std::uint64_t busy = 0;
  std::uint64_t neighbour = 0;
  std::uint64_t products = 0;
  cycle last_end = 0;  ///< when the last step ended, or the tile began
};

class processing_element : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(processing_element);
  sc_core::sc_export<operand_sink_if> row_operands;
  sc_core::sc_export<operand_sink_if> column_operands;
  sc_core::sc_port<operand_wires_if> row_bus;
  sc_core::sc_port<operand_wires_if> column_bus;
  sc_core::sc_port<barrier_if> barrier;

  /// `index` is the PE's place in its row.
  processing_element(sc_core::sc_module_name name, row_clock_gate& gate, std::uint32_t index,
                     const accelerator_config& config);
  void end_of_elaboration() override;

  /// The rising edge, in the compute phase.
  void clock_edge();

  /// Starts a tile in this cycle; arrives at the barrier when its last step ends.
  void begin_tile(const pe_tile& tile);
  /// Starts pointwise operation `op` in this cycle; arrives at the barrier when it ends.
  void begin_pt_wise_op(std::size_t op);
  /// Writes the outputs of `tile` from its bank to the output feature map.
  void store_outputs(const pe_tile& tile);

  [[nodiscard]] const pe_tile& tile() const { return tile_; }
  [[nodiscard]] const pe_counters& counters() const { return counters_; }
  [[nodiscard]] std::uint64_t steps_done() const { return tile_.program->steps - steps_left_; }
  [[nodiscard]] std::uint32_t queued_rows() const { return row_queue_.level(); }
  [[nodiscard]] std::uint32_t queued_columns() const { return column_queue_.level(); }
  [[nodiscard]] bool busy() const { return busy_; }

  /// Stops the PE's clock for good, as a debugger would: how tests provoke a deadlock.
  void halt() { halted_ = true; }

 private:
  /// An operand port: a queue, and the PE that it wakes.
  struct operand_input final : public operand_sink_if {
    operand_input(processing_element& pe, operand_queue& pe_queue) : owner(pe), queue(pe_queue) {}
    bool push() override {
      queue.push();
      owner.operand_arrived();
      return !queue.full();
    }
    processing_element& owner;
    operand_queue& queue;
  };

  void operand_arrived();
  void start_step();
  void end_step();
  void accumulate();
  void end_pt_wise_op();

  // What every step touches comes first and stays together: 128 PEs share the cache.
  alignas(64) operand_queue row_queue_;
  operand_queue column_queue_;
  cycle step_end_ = 0;
  std::uint64_t steps_left_ = 0;
  operand_input row_input_;
  operand_input column_input_;
  row_clock_gate& gate_;
  std::uint32_t index_;
  std::uint32_t lanes_ = 1;
  bool busy_ = false;
  bool waiting_ = false;
  bool halted_ = false;
  pe_counters counters_;
  accumulate_function accumulate_ = nullptr;
  operand_wires_if* row_wires_ = nullptr;     ///< behind row_bus
  operand_wires_if* column_wires_ = nullptr;  ///< behind column_bus

  pe_tile tile_;
  zero_skip_scheduler scheduler_;
  output_buffers outputs_;
  sc_core::sc_event pt_wise_end_;
  std::size_t pt_wise_op_ = 0;
};

}  // namespace dlac::hw
