#pragma once
// What a mmOp reads and writes off chip, in program order (contract section 7): the K-chunks of every tile, which of
// them have to be fetched, and whose slot they take. All of it follows from the program alone, none of it from timing.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/core/memory_traffic.h"
#include "sim/mapping/chunk_meter.h"
#include "sim/mapping/pass_shapes.h"
#include "sim/mapping/tiling.h"

namespace dlac {

/// One operand's part of a chunk: how it comes into its slot of the buffer.
struct chunk_operand {
  std::uint64_t fetch = 0;       ///< the fetch of this operand that brought it here, counted from 0
  bool begins_fetch = false;     ///< this use is the first: it fetches
  std::uint64_t bytes = 0;       ///< to transfer
  std::uint64_t free_after = 0;  ///< the slot is free once this many uses have been streamed
};

/// A K-chunk as one tile uses it.
struct chunk_use {
  std::uint64_t first_step = 0;
  std::uint64_t steps = 0;
  chunk_operand row;
  chunk_operand column;
};

struct memory_plan {
  bandwidth bytes_per_cycle;
  std::uint64_t latency = 0;
  std::vector<chunk_use> uses;              ///< of all tiles, in program order
  std::vector<std::uint64_t> first_use;     ///< per tile of the program, and one past the last
  std::vector<std::uint64_t> output_bytes;  ///< per tile of the program
  std::uint64_t row_fetches = 0;
  std::uint64_t column_fetches = 0;
  memory_traffic traffic;

  /// What a plan of so many uses takes, the chunks that it is made of included.
  static std::uint64_t bytes_for(const tiling& tiles, std::uint64_t uses);
};

/// A plan, or none, that mmOps with the same tiles and chunks share.
class shared_plan {
 public:
  shared_plan() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a plan is shared from when it is made
  shared_plan(std::optional<memory_plan> plan)
      : plan_(plan ? std::make_shared<const memory_plan>(std::move(*plan)) : nullptr) {}
  explicit operator bool() const { return plan_ != nullptr; }
  const memory_plan& operator*() const { return *plan_; }
  const memory_plan* operator->() const { return plan_.get(); }

 private:
  std::shared_ptr<const memory_plan> plan_;
};

/// A slot of a buffer is too small for a single K-group of a tile.
struct buffer_shortage {
  bool column = false;             ///< of the weight buffer, or of the feature-map buffer
  std::uint64_t needed_bytes = 0;  ///< of the buffer: two slots
};

/// Plans the tiles of a mmOp in these formats, whose row chunks `meter` counts; nothing, with `shortage` told, when a
/// K-group does not fit. Throws memory_shortage for a plan that is larger than the memory of this machine.
std::optional<memory_plan> plan_memory(const accelerator_config& config, const mm_op_shape& shape, const tiling& tiles,
                                       chunk_meter& meter, const pass_formats& formats, buffer_shortage& shortage);

}  // namespace dlac
