#include "sim/timing/fast_count.h"

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include "sim/contract/step_cost.h"
#include "sim/core/ordered_tasks.h"
#include "sim/core/stop.h"
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

/// Streams the tiles of programs that are alike: the first tile of each, then the second of each, chunk by chunk as
/// they arrive.
std::vector<layer_counters> stream_from_memory(const accelerator_config& config, const stream_machine& machine,
                                               std::span<const mm_op_program> programs) {
  const auto& plan = *programs.front().memory;
  std::vector<tile_sequence> sequences;
  std::vector<memory_timeline> timelines;
  sequences.reserve(programs.size());
  timelines.reserve(programs.size());
  for (const auto& program : programs) {
    sequences.emplace_back(config, program);
    timelines.emplace_back(*program.memory);
  }
  std::vector<stream_operands> operands(programs.size());
  std::vector<cycle> starts(programs.size());
  std::vector<operand_readiness> ready(programs.size());
  std::vector<tile_stream> streamed(programs.size());
  for (std::uint64_t tile = 0; tile < programs.front().tiles.tiles(); ++tile) {
    heed_stop();
    for (std::size_t i = 0; i < programs.size(); ++i) {
      operands[i] = operands_of(programs[i], programs[i].tiles.at(tile));
      starts[i] = sequences[i].start();
    }
    const auto streamer = make_chunk_streamer(machine, operands, starts);
    for (auto use = plan.first_use[tile]; use < plan.first_use[tile + 1]; ++use) {
      std::transform(timelines.begin(), timelines.end(), ready.begin(),
                     [=](memory_timeline& timeline) { return timeline.ready(use); });
      streamer->advance(plan.uses[use].steps, ready);
      for (std::size_t i = 0; i < programs.size(); ++i) {
        timelines[i].streamed(use, streamer->last_row_push(i), streamer->last_column_push(i));
      }
    }
    streamer->finish(streamed);
    for (std::size_t i = 0; i < programs.size(); ++i) {
      sequences[i].add(streamed[i]);
    }
  }
  std::vector<layer_counters> counters;
  counters.reserve(programs.size());
  for (const auto& sequence : sequences) {
    counters.push_back(sequence.finish());
  }
  return counters;
}

/// All tiles of programs that are alike, with ideal memory: those of one program after those of another.
std::vector<layer_counters> stream_together(const accelerator_config& config, const stream_machine& machine,
                                            std::span<const mm_op_program> programs) {
  const auto tiles = programs.front().tiles.tiles();
  std::vector<stream_operands> operands;
  operands.reserve(programs.size() * tiles);
  for (const auto& program : programs) {
    for (std::uint64_t tile = 0; tile < tiles; ++tile) {
      operands.push_back(operands_of(program, program.tiles.at(tile)));
    }
  }
  std::vector<tile_stream> results(operands.size());
  stream_tiles(machine, operands, results);
  std::vector<layer_counters> counters;
  counters.reserve(programs.size());
  for (const auto* result = results.data(); const auto& program : programs) {
    counters.push_back(sequence_tiles(config, program, [&](std::uint64_t tile, cycle start) {
      auto streamed = result[tile];
      streamed.mm_end += start;
      return streamed;
    }));
    result += tiles;
  }
  return counters;
}

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
    return stream_from_memory(config, machine, {&program, 1}).front();
  }
  tile_batches tiles(machine, program, threads);
  return sequence_tiles(config, program, std::ref(tiles));
}

std::size_t mm_ops_side_by_side(const mm_op_program& program) {
  if (program.skipped || program.steps_are_alike() || !has_short_tiles(program)) {
    return 1;
  }
  constexpr std::uint64_t wanted = 32;                           // the lanes of a wide vector
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20U;  // of masks and counts: inside the second-level cache
  const auto& tiles = program.tiles;
  const auto mask_bytes = words_for_bits(tiles.rows.extent) + words_for_bits(tiles.cols.extent);
  const auto count_bytes =
      tiles.rows.tiles() * padded_lines(tiles.rows.lines) + tiles.cols.tiles() * padded_lines(tiles.cols.lines);
  const auto bytes = program.steps * (mask_bytes * sizeof(std::uint64_t) + count_bytes * sizeof(std::uint16_t));
  return std::clamp<std::uint64_t>(most_bytes / bytes, 1, wanted);
}

std::vector<layer_counters> fast_count_alike_mm_ops(const accelerator_config& config,
                                                    std::span<const mm_op_program> programs) {
  const auto& first = programs.front();
  const auto machine = machine_of(config, first);
  return first.memory ? stream_from_memory(config, machine, programs) : stream_together(config, machine, programs);
}

}  // namespace dlac
