#pragma once
// The streaming recurrence of one tile (contract section 5), straight from the page: readable first, the yardstick
// that the clocked modules and any faster code are compared with.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/program.h"
#include "sim/stats/counters.h"

namespace dlac {

struct tile_stream {
  cycle mm_end = 0;
  std::uint64_t busy = 0;       ///< PE-cycles
  std::uint64_t memory = 0;     ///< PE-cycles
  std::uint64_t neighbour = 0;  ///< PE-cycles
  std::uint64_t barrier = 0;    ///< PE-cycles
  std::uint64_t products = 0;   ///< issued, summed
  friend bool operator==(const tile_stream&, const tile_stream&) = default;
};

/// One side of a tile: its valid elements, and those of a line that is full.
struct tile_side {
  std::uint32_t valid = 0;
  std::uint32_t block = 1;
  [[nodiscard]] std::uint32_t valid_in(std::uint32_t line) const {
    return std::min(block, valid - std::min(valid, line * block));
  }
};

/// Slices whose ends take cycles of their own, in the last step of each: by the valid outputs of a PE.
struct tile_slices {
  std::uint64_t steps = 0;  ///< of a slice; 0: there are none
  slice_ends ends = {};
  tile_side rows = {};
  tile_side columns = {};

  [[nodiscard]] std::uint32_t cost(std::uint32_t r, std::uint32_t c) const {
    return ends.cost(std::uint64_t{rows.valid_in(r)} * columns.valid_in(c));
  }
};

/// What the feeders of one tile push: for every step, na of each active row and nw of each active column.
struct stream_operands {
  std::uint32_t rows = 0;  ///< active lines
  std::uint32_t cols = 0;
  std::uint64_t steps = 0;
  const std::uint16_t* row_counts = nullptr;  ///< of step 0; those of step k begin k * row_stride further on
  std::size_t row_stride = 0;
  const std::uint16_t* column_counts = nullptr;
  std::size_t column_stride = 0;
  const std::uint16_t* products = nullptr;  ///< [k][row][column]; null: na * nw. The plain recurrence alone reads it.
  tile_slices slices = {};

  [[nodiscard]] std::uint32_t products_of(std::uint64_t k, std::uint32_t r, std::uint32_t c) const {
    return products != nullptr ? products[(k * rows + r) * cols + c]
                               : std::uint32_t{row_counts[k * row_stride + r]} * column_counts[k * column_stride + c];
  }
};

stream_operands operands_of(const mm_op_program& program, tile position);

/// When the operands of a chunk are in their buffers. Ideal memory has them there at any time.
struct operand_readiness {
  cycle rows = 0;
  cycle columns = 0;
  bool from_memory = false;
  /// First cycle in which a PE could see both.
  [[nodiscard]] cycle visible_from() const { return from_memory ? std::max(rows, columns) + 1 : 0; }
};

/// Streams a tile step by step.
class tile_streamer {
 public:
  /// The tile starts in cycle T = `start`.
  tile_streamer(const stream_operands& operands, std::uint32_t lanes, std::uint32_t queue_depth, cycle start);

  /// Streams the next `steps` steps, whose operands are ready from the given cycles on.
  void advance(std::uint64_t steps, const operand_readiness& ready);

  /// The latest push of the last step that was streamed, over all active rows, and over all active columns.
  [[nodiscard]] cycle last_row_push() const;
  [[nodiscard]] cycle last_column_push() const;

  /// Once all steps are streamed. mm_end is an absolute cycle, like T.
  [[nodiscard]] tile_stream finish() const;

 private:
  /// E_rc(k) of all active PEs, row by row; kept for D steps.
  [[nodiscard]] std::span<cycle> ends_of(std::uint64_t k);
  void push_step(const operand_readiness& ready);
  void execute_step(const operand_readiness& ready);

  stream_operands operands_;
  std::uint32_t lanes_;
  std::uint32_t queue_depth_;
  std::uint64_t next_step_ = 0;
  std::vector<cycle> row_push_;     ///< A_r of the last step
  std::vector<cycle> column_push_;  ///< W_c of the last step
  std::vector<cycle> ends_;         ///< E_rc of the last D steps
  std::vector<cycle> last_end_;     ///< E_rc of the last step, T before the first
  tile_stream counts_;
};

/// With ideal memory the recurrence does not depend on when a tile starts: it is computed from T = 0.
tile_stream stream_tile(const stream_operands& operands, std::uint32_t lanes, std::uint32_t queue_depth);

}  // namespace dlac
