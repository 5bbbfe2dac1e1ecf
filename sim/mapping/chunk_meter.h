#pragma once
// Counts the distinct source elements behind the row operand of a K-chunk (contract section 7), group by group.
//
//   forward, backward-data   a K-group is one source channel; a tile touches the pixels that its positions reach
//   backward-weight          a K-group is one row of output pixels; a tile touches its channels, whole rows of pixels
//
// In a matmul both are one step.

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/core/bits.h"
#include "sim/mapping/pass_shapes.h"
#include "sim/mapping/tiling.h"
#include "sim/numbers/scale_groups.h"
#include "sim/workload/operands.h"

namespace dlac {

struct chunk_elements {
  std::uint64_t elements = 0;
  std::uint64_t nonzeros = 0;
  std::uint64_t scales = 0;  ///< groups of elements that have a scale of their own
};

/// What a chunk has of its tensor [n, c, h, w].
struct touched_source {
  std::uint64_t images = 0;  ///< or filters
  std::uint64_t pixels = 0;  ///< of all images, in one channel
  std::uint64_t first_channel = 0;
  std::uint64_t channels = 0;

  /// Scales that come with it.
  [[nodiscard]] std::uint64_t scales(const scale_groups& groups) const;
};

class chunk_meter {
 public:
  chunk_meter() = default;
  chunk_meter(const chunk_meter&) = delete;
  chunk_meter& operator=(const chunk_meter&) = delete;
  virtual ~chunk_meter() = default;

  /// Chooses the tile of the row dimension and begins an empty chunk.
  virtual void open_tile(std::uint64_t mt) = 0;
  /// Begins the next chunk of the tile.
  virtual void begin_chunk() = 0;
  /// What the chunk would hold with `group` added; groups are added in order.
  virtual chunk_elements with(std::uint64_t group) = 0;
  /// Adds `group`.
  virtual void add(std::uint64_t group) = 0;
};

/// `source_mask` are the non-zero bits of the window's source, or null: nothing is counted as non-zero then. `scales`
/// are those of the source. The shape and the mask must outlive the meter.
std::unique_ptr<chunk_meter> make_chunk_meter(const mm_op_shape& shape, const tensor_mask* source_mask,
                                              const tiled_dimension& rows, const scale_groups& scales);

}  // namespace dlac
