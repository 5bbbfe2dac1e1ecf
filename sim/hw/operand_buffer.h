#pragma once
// A buffer beside the grid with one feeder per grid line: the feature-map buffer feeds the rows, the weight buffer
// the columns. It holds one tile's part of its operand; with values, as a slab of numbers [k][line * block + i].

#include <cstdint>
#include <optional>
#include <systemc>
#include <vector>

#include "sim/hw/barrier.h"
#include "sim/hw/clock_gate.h"
#include "sim/hw/operand_feeder.h"
#include "sim/mapping/program.h"

namespace dlac::hw {

class operand_buffer : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(operand_buffer);
  operand_buffer(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t lines);

  /// Makes `program` the one whose operand is fed.
  void load(const mm_op_program& program);

 protected:
  /// One of the two operands of a mmOp.
  struct operand {
    const step_counts* counts;
    const tiled_dimension* dimension;
    void (mm_op_values::*gather)(std::uint64_t, std::uint64_t, std::span<float>, std::uint64_t) const;
  };

  void begin_lines(const operand& source, std::uint64_t tile, std::uint32_t active_pes_per_line);
  clock_domain& clock() { return gate_.clock(); }
  [[nodiscard]] const mm_op_program& program() const { return *program_; }

 private:
  void fill_slab(const operand& source, std::uint64_t tile);

  void clock_edge();

  clock_gate gate_;
  const mm_op_program* program_ = nullptr;
  std::vector<float> slab_;
  std::optional<std::uint64_t> slab_tile_;

 public:
  sc_core::sc_vector<operand_feeder> feeder;
};

/// Column operands.
class weight_buffer : public operand_buffer {
 public:
  using operand_buffer::operand_buffer;
  void begin_tile(tile position);
};

/// Row operands; also streams the operands of pointwise operations over the row buses.
class feature_map_buffer : public operand_buffer {
 public:
  SC_HAS_PROCESS(feature_map_buffer);
  sc_core::sc_port<barrier_if> barrier;

  feature_map_buffer(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t lines);
  void begin_tile(tile position);

  /// A row bus delivers Bm values, one output channel of one PE, per cycle; the rows work in parallel. Arrives at the
  /// barrier when the last of `channels` has been delivered.
  void stream_pt_wise_operand(std::uint64_t channels);

 private:
  void streaming_done();

  sc_core::sc_event streaming_done_event_;
};

}  // namespace dlac::hw
