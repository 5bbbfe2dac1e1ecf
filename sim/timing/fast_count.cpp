#include "sim/timing/fast_count.h"

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include "sim/contract/step_cost.h"
#include "sim/core/ordered_tasks.h"
#include "sim/timing/memory_timeline.h"
#include "sim/timing/stream_simd.h"
#include "sim/timing/tile_sequence.h"

namespace dlac {
namespace {

/// Streams the tiles of a program, many at a time and each of them as if it began in cycle 0.
class tile_batches {
 public:
  tile_batches(const stream_machine& machine, const mm_op_program& program, unsigned threads)
      : program_(program), machine_(machine), threads_(threads) {}

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
    stream_on_threads(operands);
    first_ = first;
  }

  /// A part of the tiles for each thread.
  void stream_on_threads(std::span<const stream_operands> operands) {
    const auto share = ceil_div(operands.size(), threads_);
    const auto parts = ceil_div(operands.size(), share);
    ordered_tasks<std::size_t> tasks(parts, threads_, [&](unsigned /*thread*/, std::size_t part) {
      const auto size = std::min<std::size_t>(share, operands.size() - part * share);
      stream_tiles(machine_, operands.subspan(part * share, size), std::span(results_).subspan(part * share, size));
      return size;
    });
    for (std::size_t part = 0; part < parts; ++part) {
      tasks.result(part);
    }
  }

  const mm_op_program& program_;
  stream_machine machine_;
  unsigned threads_;
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

/// Whether a tile takes fewer PE-steps than laying it out in vector lanes is worth, as of a depthwise convolution.
bool has_short_tiles(const mm_op_program& program) {
  constexpr std::uint64_t worth_laying_out = 1024;
  const auto& tiles = program.tiles;
  return std::uint64_t{tiles.rows.active_lines(0)} * tiles.cols.active_lines(0) * program.steps < worth_laying_out;
}

}  // namespace

layer_counters fast_count_mm_op(const accelerator_config& config, const mm_op_program& program, unsigned threads) {
  if (program.steps_are_alike()) {
    return count_alike_mm_op(config, program);
  }
  if (program.skipped || (program.memory && has_short_tiles(program))) {
    return count_mm_op(config, program);
  }
  const auto machine = machine_of(config, program);
  if (program.memory) {
    tiles_from_memory tiles(machine, program);
    return sequence_tiles(config, program, std::ref(tiles));
  }
  tile_batches tiles(machine, program, threads);
  return sequence_tiles(config, program, std::ref(tiles));
}

}  // namespace dlac
