#pragma once
// When the chunks of a mmOp are in their buffers (contract section 7): one read channel serves the fetches in program
// order, each as soon as the channel and its slot are free.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/mapping/memory_plan.h"
#include "sim/timing/stream.h"

namespace dlac {

class memory_timeline {
 public:
  /// The mmOp starts in cycle 0. `plan` must outlive the timeline.
  explicit memory_timeline(const memory_plan& plan);

  /// When the operands of use `use` are ready. Uses are asked for in order, each after the one before was streamed.
  operand_readiness ready(std::uint64_t use);
  /// The streaming of `use` has ended: the last pushes of its last step, over all active rows, and over all columns.
  void streamed(std::uint64_t use, cycle last_row_push, cycle last_column_push);

 private:
  /// One of the two buffers: where its cycles are.
  struct buffer {
    std::size_t ready = 0;          ///< by fetch
    std::size_t streaming_end = 0;  ///< by use: one past its last push
  };
  void fetch(const chunk_operand& operand, const buffer& target);

  const memory_plan& plan_;
  buffer rows_;
  buffer columns_;
  std::vector<cycle> cycles_;  ///< of both
  cycle channel_free_ = 0;
};

}  // namespace dlac
