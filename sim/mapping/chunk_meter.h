#pragma once
// Counts the distinct source elements behind the row operand of a K-chunk (contract section 7), group by group.
//
//   forward, backward-data   a K-group is one source channel; a tile touches the pixels that its positions reach
//   backward-weight          a K-group is one row of output pixels; a tile touches its channels, whole rows of pixels

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/core/bits.h"
#include "sim/mapping/row_window.h"
#include "sim/mapping/tiling.h"
#include "sim/workload/operands.h"

namespace dlac {

struct chunk_elements {
  std::uint64_t elements = 0;
  std::uint64_t nonzeros = 0;
};

class chunk_meter {
 public:
  chunk_meter() = default;
  chunk_meter(const chunk_meter&) = delete;
  chunk_meter& operator=(const chunk_meter&) = delete;
  virtual ~chunk_meter() = default;

  [[nodiscard]] virtual std::uint64_t groups() const = 0;
  [[nodiscard]] virtual std::uint64_t steps_per_group() const = 0;
  /// Chooses the tile of the row dimension and begins an empty chunk.
  virtual void open_tile(std::uint64_t mt) = 0;
  /// Begins the next chunk of the tile.
  virtual void begin_chunk() = 0;
  /// What the chunk would hold with `group` added; groups are added in order.
  virtual chunk_elements with(std::uint64_t group) = 0;
  /// Adds `group`.
  virtual void add(std::uint64_t group) = 0;
};

/// `source_mask` are the non-zero bits of the window's source, or null: nothing is counted as non-zero then. Both must
/// outlive the meter.
std::unique_ptr<chunk_meter> make_chunk_meter(pass_kind pass, const row_window& window, const tensor_mask* source_mask,
                                              const tiled_dimension& rows);

}  // namespace dlac
