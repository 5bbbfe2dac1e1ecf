#pragma once
// Memory plans small enough to follow every transfer by hand: one PE, one step per chunk, 4 bytes per cycle, a latency
// of 10 cycles; a row chunk has 8 bytes (2 cycles on the channel), a column chunk 4 (1 cycle).

#include <optional>
#include <utility>

#include "tests/cycle/tiny_machine.h"

namespace dlac::test {

inline accelerator_config machine_with_memory() {
  auto config = tiny_machine();
  config.mode = machine_mode::fp32_training;
  config.memory = memory_config{4, 10, compression::none};
  config.weight_buffer_bytes = 64;
  config.feature_map_buffer_bytes = 64;
  return config;
}

/// `chunks` chunks of one step, none used twice: each takes the slot of the chunk before the last.
inline memory_plan fresh_chunks(std::uint64_t chunks, std::uint64_t output_bytes = 4) {
  memory_plan plan;
  plan.bytes_per_cycle = 4;
  plan.latency = 10;
  for (std::uint64_t i = 0; i < chunks; ++i) {
    const std::uint64_t free_after = i < 2 ? 0 : i - 1;
    plan.uses.push_back({i, 1, {i, true, 8, free_after}, {i, true, 4, free_after}});
  }
  plan.first_use = {0, chunks};
  plan.output_bytes = {output_bytes};
  plan.row_fetches = chunks;
  plan.column_fetches = chunks;
  return plan;
}

inline mm_op_program program_with(const accelerator_config& config, std::uint64_t m, std::uint64_t n,
                                  std::uint64_t steps, block_shape block, memory_plan plan) {
  mm_op_program program(config, zeros(m, n, steps), block, tile_order::nt_outer, {});
  program.memory = std::optional(std::move(plan));
  return program;
}

}  // namespace dlac::test
