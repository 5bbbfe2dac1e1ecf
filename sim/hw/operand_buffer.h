#pragma once
// A buffer beside the grid with one feeder per grid line: the feature-map buffer feeds the rows, the weight buffer
// the columns. It holds one tile's part of its operand; with values, as a slab of numbers [k][line * block + i].

#include <cstdint>
#include <optional>
#include <systemc>
#include <vector>

#include "sim/hw/barrier.h"
#include "sim/hw/clock_gate.h"
#include "sim/hw/loader.h"
#include "sim/hw/operand_feeder.h"
#include "sim/mapping/program.h"

namespace dlac::hw {

class operand_buffer : public sc_core::sc_module, public chunk_buffer_if, private chunk_source_if {
 public:
  SC_HAS_PROCESS(operand_buffer);
  sc_core::sc_port<use_streamed_if> fetcher;

  operand_buffer(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t lines);

  /// Makes `program` the one whose operand is fed.
  void load(const mm_op_program& program);
  /// What the feeders streamed of it.
  [[nodiscard]] feeder_counters counters() const;

  void chunk_arrived(std::uint64_t fetch) override;
  [[nodiscard]] std::uint64_t streamed_uses() const override { return streamed_uses_; }

 protected:
  /// One of the two operands of a mmOp.
  struct operand {
    const step_counts* counts;
    const tiled_dimension* dimension;
    const bit_matrix* mask;  ///< null unless outputs are skipped
    void (mm_op_values::*gather)(std::uint64_t, std::uint64_t, std::span<float>, std::uint64_t) const;
  };

  void begin_lines(const operand& source, std::uint64_t tile, std::uint64_t tile_index,
                   std::uint32_t active_pes_per_line);
  /// This buffer's side of a chunk.
  [[nodiscard]] virtual const chunk_operand& operand_of(const chunk_use& use) const = 0;
  clock_domain& clock() { return gate_.clock(); }
  [[nodiscard]] const mm_op_program& program() const { return *program_; }

 private:
  void fill_slab(const operand& source, std::uint64_t tile);

  void clock_edge();
  [[nodiscard]] std::optional<cycle> visible_from(std::uint64_t use) const override;
  void wait_for_chunk(std::uint32_t line) override { waiting_lines_.push_back(line); }
  void chunk_streamed(std::uint64_t use) override;
  [[nodiscard]] std::uint64_t chunk_end(std::uint64_t use) const override;

  std::uint32_t lines_;  ///< grid lines, a feeder each
  clock_gate gate_;
  const mm_op_program* program_ = nullptr;
  std::vector<float> slab_;
  std::optional<std::uint64_t> slab_tile_;
  std::vector<std::optional<cycle>> arrived_;   ///< by fetch
  std::vector<std::uint32_t> lines_streaming_;  ///< by use: active lines that have not pushed its last step
  std::uint64_t streamed_uses_ = 0;
  std::vector<std::uint32_t> waiting_lines_;

 public:
  sc_core::sc_vector<operand_feeder> feeder;
};

/// Column operands.
class weight_buffer : public operand_buffer {
 public:
  using operand_buffer::operand_buffer;
  void begin_tile(tile position, std::uint64_t tile_index);

 private:
  [[nodiscard]] const chunk_operand& operand_of(const chunk_use& use) const override { return use.column; }
};

/// Row operands; also streams the operands of pointwise operations over the row buses.
class feature_map_buffer : public operand_buffer {
 public:
  SC_HAS_PROCESS(feature_map_buffer);
  sc_core::sc_port<barrier_if> barrier;

  feature_map_buffer(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t lines);
  void load(const mm_op_program& program);
  void begin_tile(tile position, std::uint64_t tile_index);

  /// A row bus delivers Bm values, one output channel of one PE, per cycle; the rows work in parallel. Arrives at the
  /// barrier when the last of the tile's channels has been delivered.
  void stream_pt_wise_operand(tile position);
  /// Elements delivered that way since load().
  [[nodiscard]] std::uint64_t pt_wise_elements() const { return pt_wise_elements_; }

 private:
  [[nodiscard]] const chunk_operand& operand_of(const chunk_use& use) const override { return use.row; }
  void streaming_done();

  sc_core::sc_event streaming_done_event_;
  std::uint64_t pt_wise_elements_ = 0;
};

}  // namespace dlac::hw
