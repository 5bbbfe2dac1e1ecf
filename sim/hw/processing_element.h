#pragma once
// One PE: two operand queues and the control that empties them (step_sequencer), the zero-skipping scheduler, the lanes
// of the mmOp unit, output buffers in banks and the ptWiseOp unit. It is clocked by its row's gate: when a step ends or
// can start, and not otherwise.

#include <cstdint>
#include <systemc>

#include "sim/hw/barrier.h"
#include "sim/hw/clock_domain.h"
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

/// Outputs that pointwise operations went over, over a program.
struct pt_wise_work {
  std::uint64_t mul_adds = 0;
  std::uint64_t adds = 0;  ///< and all others that do not multiply
};

class processing_element : public sc_core::sc_module, private datapath_if, private product_count_if {
 public:
  SC_HAS_PROCESS(processing_element);
  sc_core::sc_export<operand_sink_if> row_operands;
  sc_core::sc_export<operand_sink_if> column_operands;
  sc_core::sc_port<operand_wires_if> row_bus;
  sc_core::sc_port<operand_wires_if> column_bus;
  sc_core::sc_port<barrier_if> barrier;

  /// `sequencer` is this PE's among those of its row.
  processing_element(sc_core::sc_module_name name, clock_domain& clock, step_sequencer& sequencer,
                     const accelerator_config& config);
  void end_of_elaboration() override;

  /// A new program: what was counted is forgotten.
  void load() { counters_ = {}; }
  /// Starts a tile in this cycle; arrives at the barrier when its last step ends.
  void begin_tile(const pe_tile& tile);
  /// Starts pointwise operation `op` in this cycle; arrives at the barrier when it ends.
  void begin_pt_wise_op(std::size_t op);
  /// Writes the outputs of `tile` from its bank to the output feature map.
  void store_outputs(const pe_tile& tile);

  [[nodiscard]] const pt_wise_work& counters() const { return counters_; }
  [[nodiscard]] step_sequencer& sequencer() { return sequencer_; }
  [[nodiscard]] const step_sequencer& sequencer() const { return sequencer_; }

 private:
  void accumulate(const float* row_values, const float* column_values) override;
  void finish() override;
  [[nodiscard]] std::uint32_t products(const element_bits& rows, const element_bits& columns) const override;
  /// Whether the outputs of row element `i` are needed, by column element.
  [[nodiscard]] element_bits needed_outputs(std::uint32_t i) const;
  void end_pt_wise_op();

  clock_domain& clock_;
  step_sequencer& sequencer_;
  zero_skip_scheduler scheduler_;
  output_buffers outputs_;
  accumulate_function accumulate_ = nullptr;
  pe_tile tile_;
  std::size_t pt_wise_op_ = 0;
  pt_wise_work counters_;
  sc_core::sc_event pt_wise_end_;
};

}  // namespace dlac::hw
