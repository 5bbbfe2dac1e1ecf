#include "sim/timing/tile_sequence.h"

#include <algorithm>

#include "sim/timing/step_cost.h"

namespace dlac {

// Line 0 of each dimension holds the most outputs.
cycle pt_wise_cycles(const tiling& tiles, const std::vector<pt_wise_instruction>& epilogue, tile position) {
  const auto most_outputs = std::uint64_t{tiles.rows.valid(position.mt, 0)} * tiles.cols.valid(position.nt, 0);
  cycle sum = 0;
  for (const auto& instruction : epilogue) {
    const auto streaming = instruction.streams_feature_map ? tiles.cols.valid(position.nt) : 0;
    sum += std::max(pt_wise_cost(most_outputs, instruction.lanes), streaming);
  }
  return sum;
}

cycle drain_cycles(const accelerator_config& config, const tiling& tiles, tile position) {
  return row_drain_cost(tiles.rows.valid(position.mt, 0) * tiles.cols.valid(position.nt),
                        config.drain_elements_per_cycle);
}

layer_counters sequence_tiles(const accelerator_config& config, const mm_op_program& program,
                              const stream_function& stream) {
  const auto grid_pes = config.processing_elements();
  layer_counters counters;
  cycle start = 0;
  cycle pt_end = 0;
  cycle previous_drain_end = 0;  // drain_end(i-1)
  for (std::uint64_t i = 0; i < program.tiles.tiles(); ++i) {
    const auto position = program.tiles.at(i);
    const auto streamed = stream(position);
    const auto pt = pt_wise_cycles(program.tiles, program.epilogue, position);
    pt_end = start + streamed.mm_end + pt;
    const auto drain_end = std::max(pt_end, previous_drain_end) + drain_cycles(config, program.tiles, position);

    const auto active_pes =
        std::uint64_t{program.tiles.rows.active_lines(position.mt)} * program.tiles.cols.active_lines(position.nt);
    counters.parts.mm += streamed.mm_end;
    counters.parts.pt += pt;
    counters.pe_parts.busy += streamed.busy;
    counters.pe_parts.neighbour += streamed.neighbour;
    counters.pe_parts.barrier += streamed.barrier;
    counters.pe_parts.pt += active_pes * pt;
    counters.pe_parts.inactive += (grid_pes - active_pes) * (streamed.mm_end + pt);
    counters.pe_steps += active_pes * program.steps;
    counters.issued_products += streamed.products;
    ++counters.tiles;

    if (i + 1 < program.tiles.tiles()) {
      const auto bank_free = config.pe.output_banks == 2 ? previous_drain_end : drain_end;
      start = std::max(pt_end, bank_free);
      counters.parts.drain_stall += start - pt_end;
    }
    previous_drain_end = drain_end;
  }
  counters.parts.drain_tail = previous_drain_end - pt_end;
  counters.pe_parts.drain = grid_pes * (counters.parts.drain_stall + counters.parts.drain_tail);
  counters.cycles = previous_drain_end;
  return counters;
}

layer_counters count_mm_op(const accelerator_config& config, const mm_op_program& program) {
  return sequence_tiles(config, program, [&](tile position) {
    return stream_tile(operands_of(program, position), program.lanes, config.pe.operand_queue_depth);
  });
}

}  // namespace dlac
