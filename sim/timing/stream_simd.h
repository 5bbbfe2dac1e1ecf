#pragma once
// The streaming recurrence of stream.h for many tiles at once, vectorised for whatever instruction set the machine
// has (AVX-512, AVX2, SSE, NEON... or none), with exactly the same results. See stream_batch.h for how.

#include <cstddef>
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

/// Tiles whose operands come from memory, side by side: the vectorised tile_streamer of stream.h for each of them.
class chunk_streamer {
 public:
  chunk_streamer() = default;
  chunk_streamer(const chunk_streamer&) = delete;
  chunk_streamer& operator=(const chunk_streamer&) = delete;
  virtual ~chunk_streamer() = default;

  /// Streams the next `steps` steps, at least one, of every tile; the operands of tile t are ready as ready[t] says.
  virtual void advance(std::uint64_t steps, std::span<const operand_readiness> ready) = 0;
  /// The latest push of the last step that was streamed, over all active rows, and over all active columns.
  [[nodiscard]] virtual cycle last_row_push(std::size_t tile) const = 0;
  [[nodiscard]] virtual cycle last_column_push(std::size_t tile) const = 0;
  /// Of all tiles, once all steps are streamed. mm_end is an absolute cycle.
  virtual void finish(std::span<tile_stream> results) = 0;
};

/// Tile t starts in cycle T = starts[t]. There is at least one, all have as many active lines, and their counts are
/// laid out as for stream_tiles().
std::unique_ptr<chunk_streamer> make_chunk_streamer(const stream_machine& machine,
                                                    std::span<const stream_operands> tiles,
                                                    std::span<const cycle> starts);

}  // namespace dlac
