#include "sim/timing/tile_sequence.h"

#include <algorithm>
#include <optional>

#include "sim/contract/step_cost.h"
#include "sim/core/stop.h"
#include "sim/timing/memory_timeline.h"
#include "sim/timing/stream_alike.h"

namespace dlac {

// Line 0 of each dimension holds the most outputs.
cycle pt_wise_cycles(const tiling& tiles, const shared_list<pt_wise_instruction>& epilogue, tile position) {
  const auto most_outputs = std::uint64_t{tiles.rows.valid(position.mt, 0)} * tiles.cols.valid(position.nt, 0);
  cycle sum = 0;
  for (const auto& instruction : epilogue) {
    const auto streaming = instruction.streams_feature_map ? tiles.cols.valid(position.nt) : 0;
    sum += std::max(pt_wise_cost(most_outputs, instruction.lanes), streaming);
  }
  return sum;
}

void add_activity(const tile_work& work, tile position, std::uint64_t alike, layer_counters& counters) {
  const auto& tiles = work.tiles;
  const auto valid_m = tiles.rows.valid(position.mt);
  const auto valid_n = tiles.cols.valid(position.nt);
  const auto active_rows = tiles.rows.active_lines(position.mt);
  const auto active_columns = tiles.cols.active_lines(position.nt);
  const auto outputs = alike * valid_m * valid_n;
  const auto steps = alike * work.steps;
  counters.tiles += alike;
  counters.pe_steps += std::uint64_t{active_rows} * active_columns * steps;
  auto& moved = counters.activity;
  moved.row_elements_read += valid_m * steps;
  moved.column_elements_read += valid_n * steps;
  moved.row_elements_queued += valid_m * steps * active_columns;
  moved.column_elements_queued += valid_n * steps * active_rows;
  moved.outputs_drained += outputs;
  if (work.slices) {
    (work.slices->multiplies ? moved.slice_mul_adds : moved.slice_adds) +=
        outputs * (work.steps / work.slices->steps) * work.slices->operations;
  }
  for (const auto& instruction : work.epilogue) {
    (instruction.multiplies ? moved.pt_mul_adds : moved.pt_adds) += outputs;
    moved.pt_elements_streamed += instruction.streams_feature_map ? outputs : 0;
  }
}

cycle drain_cycles(const accelerator_config& config, const tiling& tiles, tile position) {
  return row_drain_cost(tiles.rows.valid(position.mt, 0) * tiles.cols.valid(position.nt),
                        config.drain_elements_per_cycle);
}

namespace {

/// The second term of drain(i): writing the outputs to memory.
cycle write_cycles(const mm_op_program& program, std::uint64_t index) {
  return program.memory
             ? transfer_cycles(program.memory->output_bytes[index], program.memory->bytes_per_cycle.thousandths)
             : 0;
}

/// Streams tiles one after the other; with memory, chunk by chunk as they arrive.
template <class Streamer>
class tile_by_tile {
 public:
  tile_by_tile(const mm_op_program& program, std::uint32_t queue_depth) : program_(program), queue_depth_(queue_depth) {
    if (program.memory) {
      timeline_.emplace(*program.memory);
    }
    if (program.skipped) {
      products_.emplace(*program.skipped, program.tiles, program.steps);
    }
  }

  tile_stream operator()(std::uint64_t index, cycle start) {
    auto operands = operands_of(program_, program_.tiles.at(index));
    if (products_) {
      operands.products = products_->count(program_.tiles.at(index)).data();
    }
    Streamer streamer(operands, program_.lanes, queue_depth_, start);
    if (!timeline_) {
      streamer.advance(program_.steps, {});
      return streamer.finish();
    }
    for (auto use = program_.memory->first_use[index]; use < program_.memory->first_use[index + 1]; ++use) {
      streamer.advance(program_.memory->uses[use].steps, timeline_->ready(use));
      timeline_->streamed(use, streamer.last_row_push(), streamer.last_column_push());
    }
    return streamer.finish();
  }

 private:
  const mm_op_program& program_;
  std::uint32_t queue_depth_;
  std::optional<memory_timeline> timeline_;
  std::optional<product_counter> products_;  ///< if outputs are skipped
};

}  // namespace

void tile_sequence::add(const tile_stream& streamed) {
  const auto& tiles = program_.tiles;
  const auto position = tiles.at(next_tile_);
  const auto grid_pes = config_.processing_elements();
  const auto mm = streamed.mm_end - start_;
  const auto pt = pt_wise_cycles(tiles, program_.epilogue, position);
  pt_end_ = streamed.mm_end + pt;
  const auto drain = std::max(drain_cycles(config_, tiles, position), write_cycles(program_, next_tile_));
  const auto drain_end = std::max(pt_end_, previous_drain_end_) + drain;

  const auto active_pes = std::uint64_t{tiles.rows.active_lines(position.mt)} * tiles.cols.active_lines(position.nt);
  counters_.parts.mm += mm;
  counters_.parts.pt += pt;
  counters_.pe_parts.busy += streamed.busy;
  counters_.pe_parts.memory += streamed.memory;
  counters_.pe_parts.neighbour += streamed.neighbour;
  counters_.pe_parts.barrier += streamed.barrier;
  counters_.pe_parts.pt += active_pes * pt;
  counters_.pe_parts.inactive += (grid_pes - active_pes) * (mm + pt);
  counters_.issued_products += streamed.products;
  add_activity({tiles, program_.steps, program_.slices, program_.epilogue}, position, 1, counters_);

  if (++next_tile_ < tiles.tiles()) {
    const auto bank_free = config_.pe.output_banks == 2 ? previous_drain_end_ : drain_end;
    start_ = std::max(pt_end_, bank_free);
    counters_.parts.drain_stall += start_ - pt_end_;
  }
  previous_drain_end_ = drain_end;
}

layer_counters tile_sequence::finish() const {
  auto counters = counters_;
  counters.parts.drain_tail = previous_drain_end_ - pt_end_;
  counters.pe_parts.drain = config_.processing_elements() * (counters.parts.drain_stall + counters.parts.drain_tail);
  counters.cycles = previous_drain_end_;
  return counters;
}

layer_counters sequence_tiles(const accelerator_config& config, const mm_op_program& program,
                              const stream_function& stream) {
  tile_sequence sequence(config, program);
  for (std::uint64_t i = 0; i < program.tiles.tiles(); ++i) {
    heed_stop();
    sequence.add(stream(i, sequence.start()));
  }
  return sequence.finish();
}

layer_counters count_mm_op(const accelerator_config& config, const mm_op_program& program) {
  tile_by_tile<tile_streamer> streaming(program, config.pe.operand_queue_depth);
  return sequence_tiles(config, program, std::ref(streaming));
}

layer_counters count_alike_mm_op(const accelerator_config& config, const mm_op_program& program) {
  tile_by_tile<alike_streamer> streaming(program, config.pe.operand_queue_depth);
  return sequence_tiles(config, program, std::ref(streaming));
}

}  // namespace dlac
