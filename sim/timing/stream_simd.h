#pragma once
// The streaming recurrence of stream.h for many tiles at once, vectorised for whatever instruction set the machine
// has (AVX-512, AVX2, SSE, NEON... or none), with exactly the same results. See stream_batch.h for how.

#include <cstdint>
#include <memory>
#include <span>

#include "sim/timing/stream.h"
#include "sim/timing/stream_batch.h"

namespace dlac {

/// A look at the tiles while they stream.
struct stream_checkpoint {
  std::uint64_t step = 0;    ///< steps streamed before it, at least one; none if 0
  std::span<cycle> mm_ends;  ///< takes mm_end of every tile, were it to end there
};

/// results[i] = stream_tile(tiles[i], machine.lanes, machine.queue_depth). All tiles have the same number of steps, at
/// least one, and the same strides, and behind a tile's active lines its counts are zero up to the stride, a multiple
/// of count_padding (step_counts.h). Pure: may run on many threads.
void stream_tiles(const stream_machine& machine, std::span<const stream_operands> tiles, std::span<tile_stream> results,
                  stream_checkpoint checkpoint = {});

/// One tile whose operands come from memory: the vectorised tile_streamer of stream.h.
class chunk_streamer {
 public:
  chunk_streamer() = default;
  chunk_streamer(const chunk_streamer&) = delete;
  chunk_streamer& operator=(const chunk_streamer&) = delete;
  virtual ~chunk_streamer() = default;

  /// Streams the next `steps` steps, at least one, whose operands are ready from the given cycles on.
  virtual void advance(std::uint64_t steps, const operand_readiness& ready) = 0;
  /// The latest push of the last step that was streamed, over all active rows, and over all active columns.
  [[nodiscard]] virtual cycle last_row_push() const = 0;
  [[nodiscard]] virtual cycle last_column_push() const = 0;
  /// Once all steps are streamed. mm_end is an absolute cycle.
  [[nodiscard]] virtual tile_stream finish() = 0;
};

/// The tile starts in cycle T = `start`; its counts are laid out as for stream_tiles().
std::unique_ptr<chunk_streamer> make_chunk_streamer(const stream_machine& machine, const stream_operands& tile,
                                                    cycle start);

}  // namespace dlac
