#pragma once
// The R x C processing elements, row by row, and the buses that feed them.

#include <cstdint>
#include <span>
#include <systemc>

#include "sim/hw/operand_bus.h"
#include "sim/hw/processing_element.h"

namespace dlac::hw {

/// A tile of the running program and the output bank that it uses.
struct tile_job {
  const mm_op_program* program = nullptr;
  dlac::tile position;
  std::uint64_t index = 0;  ///< in program order
  std::uint32_t bank = 0;
  std::span<float> outputs = {};  ///< of the program, m rows of n; empty where it has no values

  [[nodiscard]] std::uint32_t active_rows() const { return program->tiles.rows.active_lines(position.mt); }
  [[nodiscard]] std::uint32_t active_columns() const { return program->tiles.cols.active_lines(position.nt); }
  [[nodiscard]] std::uint64_t active_pes() const { return std::uint64_t{active_rows()} * active_columns(); }
};

/// What the drain asks of the grid.
class output_source_if : public virtual sc_core::sc_interface {
 public:
  /// Moves the outputs of one grid row of `job` to the program's outputs.
  virtual void store_row(const tile_job& job, std::uint32_t row) = 0;
};

/// A grid row: C processing elements behind two gated clocks, one for steps and one for pointwise operations, and the
/// two processes that all of them share.
class pe_row : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(pe_row);
  sc_core::sc_port<barrier_if> barrier;

  pe_row(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t pes);
  void end_of_elaboration() override;

 private:
  void clock_edge();
  void pt_wise_edge();
  clock_gate gate_;
  clock_gate pt_wise_gate_;
  std::vector<step_sequencer> sequencers_;

 public:
  sc_core::sc_vector<processing_element> pe;
};

class pe_grid : public sc_core::sc_module, public output_source_if {
 public:
  pe_grid(sc_core::sc_module_name name, clock_domain& clock, const grid_shape& shape);
  /// All that is not fixed by elaboration: before the first program, and between programs.
  void configure(const accelerator_config& config);

  sc_core::sc_vector<operand_bus> row_bus;
  sc_core::sc_vector<operand_bus> column_bus;
  sc_core::sc_vector<pe_row> row;

  [[nodiscard]] processing_element& at(std::uint32_t r, std::uint32_t c) { return row[r].pe[c]; }
  [[nodiscard]] const processing_element& at(std::uint32_t r, std::uint32_t c) const { return row[r].pe[c]; }
  [[nodiscard]] const grid_shape& shape() const { return shape_; }

  /// Prepares for the tiles of `program`.
  void load(const mm_op_program& program);
  void begin_tile(const tile_job& job);
  void begin_pt_wise_op(const tile_job& job, std::size_t op);
  void store_row(const tile_job& job, std::uint32_t row_index) override;
  /// Over all PEs, since load().
  [[nodiscard]] output_work counters() const;
  /// Over a program with values.
  [[nodiscard]] std::uint64_t saturated_sums() const;

 private:
  [[nodiscard]] pe_tile share_of(const tile_job& job, std::uint32_t r, std::uint32_t c) const;

  grid_shape shape_;
  std::vector<std::uint16_t>
      step_costs_;  ///< of the loaded program, by number of products: a table in place of dividers
};

}  // namespace dlac::hw
