#include "sim/timing/fast_count.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "sim/timing/memory_timeline.h"
#include "sim/timing/stream_simd.h"
#include "sim/timing/tile_sequence.h"

namespace dlac {
namespace {

/// Streams the tiles of a program, many at a time and each of them as if it began in cycle 0.
class tile_batches {
 public:
  tile_batches(const stream_machine& machine, const mm_op_program& program) : program_(program), machine_(machine) {}

  /// Asked for in order.
  tile_stream operator()(std::uint64_t index, cycle start) {
    if (index == first_ + results_.size()) {
      stream_from(index);
    }
    auto result = results_[index - first_];
    result.mm_end += start;
    return result;
  }

 private:
  static constexpr std::uint64_t most_tiles = 4096;

  void stream_from(std::uint64_t first) {
    const auto count = std::min(most_tiles, program_.tiles.tiles() - first);
    std::vector<stream_operands> operands;
    for (std::uint64_t i = first; i < first + count; ++i) {
      operands.push_back(operands_of(program_, program_.tiles.at(i)));
    }
    results_.resize(count);
    stream_tiles(machine_, operands, results_);
    first_ = first;
  }

  const mm_op_program& program_;
  stream_machine machine_;
  std::uint64_t first_ = 0;
  std::vector<tile_stream> results_;  ///< of tiles first_, first_ + 1, ...
};

/// Streams tiles one after the other, chunk by chunk as they arrive.
class tiles_from_memory {
 public:
  tiles_from_memory(const stream_machine& machine, const mm_op_program& program)
      : program_(program), machine_(machine), timeline_(*program.memory) {}

  tile_stream operator()(std::uint64_t index, cycle start) {
    const auto& plan = *program_.memory;
    const auto streamer = make_chunk_streamer(machine_, operands_of(program_, program_.tiles.at(index)), start);
    for (auto use = plan.first_use[index]; use < plan.first_use[index + 1]; ++use) {
      streamer->advance(plan.uses[use].steps, timeline_.ready(use));
      timeline_.streamed(use, streamer->last_row_push(), streamer->last_column_push());
    }
    return streamer->finish();
  }

 private:
  const mm_op_program& program_;
  stream_machine machine_;
  memory_timeline timeline_;
};

}  // namespace

layer_counters fast_count_mm_op(const accelerator_config& config, const mm_op_program& program) {
  const auto block = program.tiles.block();
  const stream_machine machine{program.lanes, config.pe.operand_queue_depth, block.m * block.n};
  if (program.memory) {
    tiles_from_memory tiles(machine, program);
    return sequence_tiles(config, program, std::ref(tiles));
  }
  tile_batches tiles(machine, program);
  return sequence_tiles(config, program, std::ref(tiles));
}

}  // namespace dlac
