#pragma once
// The streaming recurrence of one tile (contract section 5), straight from the page: readable first, the yardstick
// that the clocked modules and any faster code are compared with.

#include <cstdint>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/program.h"
#include "sim/stats/counters.h"

namespace dlac {

struct tile_stream {
  cycle mm_end = 0;             ///< relative to the tile's start T = 0
  std::uint64_t busy = 0;       ///< PE-cycles
  std::uint64_t neighbour = 0;  ///< PE-cycles
  std::uint64_t barrier = 0;    ///< PE-cycles
  std::uint64_t products = 0;   ///< na * nw, summed
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
};

stream_operands operands_of(const mm_op_program& program, tile position);

/// With ideal memory the recurrence does not depend on when a tile starts: it is computed from T = 0.
tile_stream stream_tile(const stream_operands& operands, std::uint32_t lanes, std::uint32_t queue_depth);

}  // namespace dlac
