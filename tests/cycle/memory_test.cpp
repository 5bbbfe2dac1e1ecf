// Contract section 7 at the cycle boundary: when chunks arrive, when their slots are free again, who waits for them.
// The machine and its chunks are those of chunk_programs.h.

#include <doctest/doctest.h>

#include <bit>
#include <random>
#include <tuple>
#include <utility>

#include "sim/hw/dlac_core.h"
#include "sim/hw/fresh_kernel.h"
#include "sim/hw/memory.h"
#include "tests/cycle/chunk_programs.h"
#include "tests/cycle/row_buffer_memory.h"

namespace dlac::test {
namespace {

layer_counters count(const accelerator_config& config, const mm_op_program& program) {
  const auto counted = both_engines(config).run(program);
  CHECK(counted.clocked == counted.fast);
  CHECK(counted.clocked == count_mm_op(config, program));
  CHECK_NOTHROW(check_invariants(counted.clocked, config.processing_elements()));
  return counted.clocked;
}

layer_counters count_chunks(std::uint64_t chunks) {
  const auto config = machine_with_memory();
  return count(config, program_with(config, 1, 1, chunks, {1, 1}, fresh_chunks(chunks)));
}

}  // namespace

TEST_CASE("a chunk is ready a latency after its transfer, its row part first") {
  // Row: transfer 0-2, ready 12. Column: transfer 2-3, ready 13, pushed in 13, seen in 14. The step ends in 15, its one
  // cycle of work preceded by 14 of waiting for memory.
  const auto counted = count_chunks(1);
  CHECK(counted.parts.mm == 15);
  CHECK(counted.pe_parts.memory == 14);
  CHECK(counted.pe_parts.neighbour == 0);
}

TEST_CASE("the next chunk's transfer follows on the channel, into the other slot") {
  // Transfers: rows 0-2 and 3-5, columns 2-3 and 5-6. The second column chunk is ready in 16 and seen in 17; the first
  // step ended in 15: two more cycles for memory, the end in 18.
  const auto counted = count_chunks(2);
  CHECK(counted.parts.mm == 18);
  CHECK(counted.pe_parts.memory == 14 + 2);
}

TEST_CASE("a slot is free in the cycle after the last push of its last step") {
  // The first row chunk is pushed in 12, its slot free in 13: the third row chunk is transferred 13-15, ready 25. The
  // first column chunk is pushed in 13, its slot free in 14, but the channel is busy until 15: transfer 15-16, ready
  // 26, seen in 27. The step before ended in 18.
  const auto counted = count_chunks(3);
  CHECK(counted.parts.mm == 28);
  CHECK(counted.pe_parts.memory == 14 + 2 + 9);
}

TEST_CASE("a chunk that is in a slot is not fetched again") {
  // Two tiles of one step with the same column chunk: the second tile fetches rows only, transfer 3-5, ready 15.
  // First tile: step 14-15, mm_end 15, drain 15-16 with one bank: the second starts in 16, its row is pushed at once
  // and so is its column: step 17-18. Nobody waits for memory then: the row was ready before the tile began.
  const auto config = machine_with_memory();
  auto plan = fresh_chunks(2);
  plan.uses[1] = {0, 1, {1, true, 8, 0}, {0, false, 4, 0}};
  plan.first_use = {0, 1, 2};
  plan.output_bytes = {4, 4};
  plan.column_fetches = 1;
  const auto counted = count(config, program_with(config, 2, 1, 1, {1, 1}, std::move(plan)));
  CHECK(counted.parts.mm == 15 + 2);
  CHECK(counted.pe_parts.memory == 14);
  CHECK(counted.pe_parts.neighbour == 1);
  CHECK(counted.cycles == 15 + 1 + 2 + 1);
}

TEST_CASE("a use's column chunk waits for its row chunk, even where its slot is free before") {
  // Row 0: 0-2, ready 12, pushed in 12 and, used again, in 13: its slot is free in 14. Column 0 is empty, ready 12, its
  // step 13-14; column 1: 2-3, ready 13, its step 14-15. The third row chunk is transferred 14-16, ready 26, the column
  // chunk only then: 16-17, ready 27, seen in 28.
  const auto config = machine_with_memory();
  auto plan = fresh_chunks(3);
  plan.uses[0].column.bytes = 0;
  plan.uses[1].row = {0, false, 8, 0};
  plan.uses[2].row = {1, true, 8, 2};
  plan.uses[2].column.free_after = 0;
  plan.row_fetches = 2;
  const auto counted = count(config, program_with(config, 1, 1, 3, {1, 1}, std::move(plan)));
  CHECK(counted.parts.mm == 29);
  CHECK(counted.pe_parts.memory == 13 + 13);
}

TEST_CASE("draining takes as long as writing the outputs") {
  const auto config = machine_with_memory();
  for (const auto& [bytes, cycles] : {std::pair{4U, 1U}, {5U, 2U}, {8U, 2U}, {40U, 10U}}) {
    const auto counted = count(config, program_with(config, 1, 1, 1, {1, 1}, fresh_chunks(1, bytes)));
    CHECK(counted.parts.drain_tail == cycles);
  }
}

TEST_CASE("an empty chunk is there a latency after its turn, and holds the channel for no cycle") {
  // Row: nothing to transfer, ready 10. Column: transfer 0-1, ready 11, seen in 12.
  const auto config = machine_with_memory();
  auto plan = fresh_chunks(1);
  plan.uses[0].row.bytes = 0;
  CHECK(count(config, program_with(config, 1, 1, 1, {1, 1}, plan)).parts.mm == 13);
  plan.latency = 0;
  auto without_latency = config;
  without_latency.memory->latency_cycles = 0;
  // Ready in 0 and in 1, seen in 2.
  CHECK(count(without_latency, program_with(config, 1, 1, 1, {1, 1}, plan)).parts.mm == 3);
}

TEST_CASE("another TLM memory can be bound: one with open rows") {
  // A miss takes 20 cycles, a hit 5; rows and columns lie in banks of their own. First chunk, both miss: rows 0-2,
  // ready 22; columns 2-3, ready 23, seen in 24: the step ends in 25. Second chunk, both hit: rows 3-5, ready 10;
  // columns 5-6, ready 11, both long there: pushed in 23 and 24, the step is 25-26. The write, 4 bytes, takes a cycle.
  const hw::fresh_kernel kernel;
  const auto config = machine_with_memory();
  hw::dlac_core core("dlac", config);
  row_buffer_memory reading("reading", core.clock.period(), {4, 5, 20, 1024});
  row_buffer_memory writing("writing", core.clock.period(), {4, 5, 20, 1024});
  core.bind_memory(reading.socket, writing.socket);
  const auto program = program_with(config, 1, 1, 2, {1, 1}, fresh_chunks(2));
  const auto counted = core.run(program).counters;
  CHECK(counted.parts.mm == 26);
  CHECK(counted.pe_parts.memory == 24);
  CHECK(counted.parts.drain_tail == 1);
}

TEST_CASE("what a memory answers between two cycles is seen in the second of them") {
  // A memory whose cycle takes one and a quarter of the core's. Row: taken after 2 of them, 2.5, seen in 3; ready after
  // 2 + 20, 27.5, seen in 28. Column: begins in 3, ready after 1 + 20, 29.25, seen in 30, by the PE in 31: the step
  // ends in 32. The write is taken 1.25 later.
  const hw::fresh_kernel kernel;
  const auto config = machine_with_memory();
  hw::dlac_core core("dlac", config);
  row_buffer_memory reading("reading", core.clock.period() * 1.25, {4, 5, 20, 1024});
  row_buffer_memory writing("writing", core.clock.period() * 1.25, {4, 5, 20, 1024});
  core.bind_memory(reading.socket, writing.socket);
  const auto counted = core.run(program_with(config, 1, 1, 1, {1, 1}, fresh_chunks(1))).counters;
  CHECK(counted.parts.mm == 32);
  CHECK(counted.pe_parts.memory == 31);
  CHECK(counted.parts.drain_tail == 2);
}

TEST_CASE("a bandwidth with decimals takes the next whole cycle, exactly") {
  // 8 and 4 bytes at 0.3 a cycle: 26.67 and 13.33 cycles, so 27 and 14. Row ready in 37, column in 27 + 14 + 10 = 51,
  // seen in 52; the step ends in 53. At 0.4: 20 and 10 exactly, column ready in 40, the end in 42. The write: 4 bytes,
  // 14 and 10.
  for (const auto& [thousandths, end, tail] : {std::tuple{300U, 53U, 14U}, {400U, 42U, 10U}}) {
    CAPTURE(thousandths);
    auto config = machine_with_memory();
    config.memory->bytes_per_cycle = bandwidth::of_thousandths(thousandths);
    auto plan = fresh_chunks(1);
    plan.bytes_per_cycle = config.memory->bytes_per_cycle;
    const auto counted = count(config, program_with(config, 1, 1, 1, {1, 1}, std::move(plan)));
    CHECK(counted.parts.mm == end);
    CHECK(counted.parts.drain_tail == tail);
  }
}

TEST_CASE("the contract's memory counts a chunk the same however it is cut into requests") {
  std::mt19937 random(7);
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  for (int i = 0; i < 200; ++i) {
    auto config = machine_with_memory();
    config.memory = memory_config{bandwidth::of_thousandths(1 + below(40'000)), below(3) * below(9), compression::none};
    auto plan = fresh_chunks(1 + below(6), 1 + below(100));
    plan.bytes_per_cycle = config.memory->bytes_per_cycle;
    plan.latency = config.memory->latency_cycles;
    for (auto& use : plan.uses) {
      use.row.bytes = below(100);
      use.column.bytes = below(100);
    }
    const auto request_bytes = std::uint64_t{1} << below(8);
    const hw::memory_limits cut{.request_bytes = request_bytes,
                                .alignment_bytes = std::uint64_t{1} << below(1 + std::countr_zero(request_bytes)),
                                .size_bytes = 3 * request_bytes,
                                .acts_ahead = below(2) == 0};
    INFO(config.memory->bytes_per_cycle.value(), " bytes per cycle, latency ", plan.latency, ", requests of ",
         request_bytes);
    const auto steps = plan.uses.size();
    const auto program = program_with(config, 1, 1, steps, {1, 1}, std::move(plan));
    const hw::fresh_kernel kernel;
    hw::dlac_core core("dlac", config);
    hw::fixed_latency_memory memory("memory", core.clock.period());
    memory.configure(config.memory->bytes_per_cycle, config.memory->latency_cycles);
    core.bind_memory(memory.read, memory.write, cut);
    CHECK(core.run(program).counters == count_mm_op(config, program));
    CHECK(core.run(program).counters == count_mm_op(config, program));
  }
}

}  // namespace dlac::test
