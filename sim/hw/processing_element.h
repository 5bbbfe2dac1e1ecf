#pragma once
// One PE: two operand queues and the control that empties them (step_sequencer), the zero-skipping scheduler, the lanes
// of the mmOp unit, output buffers in banks and the ptWiseOp unit. It is clocked by its row's gates, when a step ends
// or can start and when a pointwise operation ends, and has no process of its own: a large grid has tens of thousands.

#include <cstdint>
#include <span>
#include <systemc>
#include <vector>

#include "sim/hw/barrier.h"
#include "sim/hw/clock_gate.h"
#include "sim/hw/mm_op_unit.h"
#include "sim/hw/operand_queue.h"
#include "sim/hw/output_buffers.h"
#include "sim/hw/step_sequencer.h"
#include "sim/hw/zero_skip_scheduler.h"
#include "sim/mapping/program.h"

namespace dlac::hw {

/// A PE's share of a tile.
struct pe_tile {
  const mm_op_program* program = nullptr;
  const std::uint16_t* step_costs = nullptr;  ///< cycles by number of products
  std::uint64_t first_m = 0;
  std::uint64_t first_n = 0;
  std::uint32_t valid_m = 0;
  std::uint32_t valid_n = 0;
  std::uint32_t bank = 0;
};

/// Outputs that operations went over, over a program: pointwise ones, and what ends slices.
struct output_work {
  std::uint64_t pt_mul_adds = 0;
  std::uint64_t pt_adds = 0;  ///< and all others that do not multiply
  std::uint64_t slice_mul_adds = 0;
  std::uint64_t slice_adds = 0;
};

class processing_element : public sc_core::sc_module,
                           private datapath_if,
                           private product_count_if,
                           private slice_end_if {
 public:
  sc_core::sc_port<operand_wires_if> row_bus;
  sc_core::sc_port<operand_wires_if> column_bus;

  /// A PE's part of what its row shares.
  struct row_share {
    step_sequencer& sequencer;
    clock_gate& pt_wise_gate;  ///< clocks end_pt_wise_op()
    std::uint32_t index;       ///< in the gate
  };
  processing_element(sc_core::sc_module_name name, const row_share& share);
  /// Before the first program, and between programs.
  void configure(const accelerator_config& config);
  void end_of_elaboration() override;

  /// Where the two buses push.
  [[nodiscard]] operand_sink_if& row_operands() { return row_.sequencer.row_input(); }
  [[nodiscard]] operand_sink_if& column_operands() { return row_.sequencer.column_input(); }
  /// Where it arrives: its row's barrier.
  void meet_at(barrier_if& barrier);

  /// A new program: what was counted is forgotten.
  void load() {
    counters_ = {};
    sums_ = {};
    accumulate_ = nullptr;
  }
  /// Starts a tile in this cycle; arrives at the barrier when its last step ends.
  void begin_tile(const pe_tile& tile);
  /// Starts pointwise operation `op` in this cycle; arrives at the barrier when it ends.
  void begin_pt_wise_op(std::size_t op);
  /// The rising edge, in the compute phase, that was asked for to end it.
  void end_pt_wise_op();
  /// Writes the outputs of `tile` from its bank to the program's `outputs`.
  void store_outputs(const pe_tile& tile, std::span<float> outputs);

  [[nodiscard]] const output_work& counters() const { return counters_; }
  /// After products, over a program.
  [[nodiscard]] std::uint64_t saturated_sums() const { return sums_.saturated; }
  [[nodiscard]] step_sequencer& sequencer() { return row_.sequencer; }
  [[nodiscard]] const step_sequencer& sequencer() const { return row_.sequencer; }

 private:
  void accumulate(const float* row_values, const float* column_values) override;
  void finish() override;
  void end_slice() override;
  [[nodiscard]] std::uint32_t products(const element_bits& rows, const element_bits& columns) const override;
  /// Whether the outputs of row element `i` are needed, by column element.
  [[nodiscard]] element_bits needed_outputs(std::uint32_t i) const;
  void choose_accumulators(const mm_op_program& program);

  row_share row_;
  barrier_if* barrier_ = nullptr;
  zero_skip_scheduler scheduler_;
  output_buffers outputs_;
  accumulate_function accumulate_ = nullptr;  ///< until a tile with values begins
  accumulate_function end_slice_ = nullptr;   ///< for the sum of a slice
  std::vector<std::int64_t> slice_sums_;      ///< one an accumulator
  std::uint64_t slice_ = 0;                   ///< of the tile, the one that is summed up
  accumulator_state sums_;
  pe_tile tile_;
  std::size_t pt_wise_op_ = 0;
  cycle pt_wise_end_ = 0;
  output_work counters_;
};

}  // namespace dlac::hw
