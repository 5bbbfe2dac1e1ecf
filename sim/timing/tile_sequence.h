#pragma once
// From tiles to a layer (contract sections 6 and 9): pointwise operations, drain, output banks, and where the cycles
// of a layer go.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/program.h"
#include "sim/stats/counters.h"
#include "sim/timing/stream.h"

namespace dlac {

/// pt of the contract: all pointwise operations of a tile.
cycle pt_wise_cycles(const tiling& tiles, const shared_list<pt_wise_instruction>& epilogue, tile position);

/// The first term of drain(i) of the contract: moving the outputs out of the grid.
cycle drain_cycles(const accelerator_config& config, const tiling& tiles, tile position);

/// What the tiles of a mmOp do whatever they take.
struct tile_work {
  const tiling& tiles;
  std::uint64_t steps = 0;
  const std::optional<slice_ends>& slices;
  const shared_list<pt_wise_instruction>& epilogue;
};

/// Adds what a tile moves, and its steps, once for each of the `alike` tiles of its size: a step goes to every active
/// line once, and from there to the line's PEs.
void add_activity(const tile_work& work, tile position, std::uint64_t alike, layer_counters& counters);

/// Counts one mmOp tile by tile, as they are streamed.
class tile_sequence {
 public:
  /// Both must outlive this.
  tile_sequence(const accelerator_config& config, const mm_op_program& program) : config_(config), program_(program) {}

  /// The cycle of the mmOp in which the next tile starts.
  [[nodiscard]] cycle start() const { return start_; }
  /// The next tile has been streamed; mm_end is a cycle of the mmOp.
  void add(const tile_stream& streamed);
  /// Once all tiles are.
  [[nodiscard]] layer_counters finish() const;

 private:
  const accelerator_config& config_;
  const mm_op_program& program_;
  std::uint64_t next_tile_ = 0;
  cycle start_ = 0;
  cycle pt_end_ = 0;
  cycle previous_drain_end_ = 0;  ///< drain_end(i-1)
  layer_counters counters_;
};

/// Streams tile number `index` of the program, which starts in cycle `start` of the mmOp; mm_end is absolute as well.
using stream_function = std::function<tile_stream(std::uint64_t index, cycle start)>;

/// Counts one mmOp from its tiles, each streamed by `stream`.
layer_counters sequence_tiles(const accelerator_config& config, const mm_op_program& program,
                              const stream_function& stream);

/// The same with the plain recurrence of stream.h.
layer_counters count_mm_op(const accelerator_config& config, const mm_op_program& program);

/// The same for a program whose steps are alike, by stream_alike.h.
layer_counters count_alike_mm_op(const accelerator_config& config, const mm_op_program& program);

}  // namespace dlac
