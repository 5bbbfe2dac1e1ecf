// A core that stops making progress says so, and who waits for what.

#include <doctest/doctest.h>

#include <string>

#include "sim/core/error.h"
#include "sim/hw/dlac_core.h"
#include "sim/hw/fresh_kernel.h"
#include "tests/cycle/tiny_machine.h"

namespace dlac::test {
namespace {

/// The message of a run on a core in which one PE does not work.
std::string failure(const accelerator_config& config, const mm_op_program& program, std::uint32_t row,
                    std::uint32_t column) {
  hw::fresh_kernel kernel;
  hw::dlac_core core("dlac", config);
  core.grid.at(row, column).sequencer().halt();
  try {
    core.run(program);
  } catch (const simulation_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("deadlock: the state of every feeder, queue and PE is told") {
  // 5 steps of one cycle, D = 2, PE(0,1) dead. Its queues take 2 row and 2 column operands and stay full. PE(0,0) so
  // gets 2 row operands, PE(1,1) 2 column operands: both do 2 steps and let column 0 and row 1 push 2 more. PE(1,0)
  // gets 4 of both; its step 3 ends in cycle 5, the last thing that happens.
  auto config = tiny_machine(2, 2);
  config.pe.operand_queue_depth = 2;
  const mm_op_program program(config, zeros(2, 2, 5), {1, 1}, tile_order::nt_outer, {});
  const auto message = failure(config, program, 0, 1);
  for (const std::string line :
       {"deadlock: no progress since cycle 5", "controller: streaming operands, tile 0 of 1, barrier waits for 4",
        "drain: 0 tiles pending, 0 rows and writes draining", "row feeder 0: pushed 2 of 5 steps, 1 full queues",
        "row feeder 1: pushed 4 of 5 steps, 1 full queues", "column feeder 0: pushed 4 of 5 steps, 1 full queues",
        "column feeder 1: pushed 2 of 5 steps, 1 full queues",
        "PE(0,0): 2 of 5 steps done, waiting, 0 row operands and 2 column operands queued",
        "PE(0,1): 0 of 5 steps done, waiting, 2 row operands and 2 column operands queued",
        "PE(1,0): 4 of 5 steps done, waiting, 0 row operands and 0 column operands queued",
        "PE(1,1): 2 of 5 steps done, waiting, 2 row operands and 0 column operands queued"}) {
    CAPTURE(line);
    CHECK(("\n" + message).find("\n" + line + "\n") != std::string::npos);
  }
}

TEST_CASE("deadlock: only a PE that is needed is missed") {
  // With a single row of outputs the second row of PEs takes no part.
  auto config = tiny_machine(2, 1);
  const mm_op_program narrow(config, zeros(1, 2, 3), {1, 1}, tile_order::nt_outer, {});
  CHECK(failure(config, narrow, 1, 0).empty());
  const mm_op_program wide(config, zeros(2, 2, 3), {1, 1}, tile_order::nt_outer, {});
  const auto message = failure(config, wide, 1, 0);
  CHECK(message.find("tile 0 of 2, barrier waits for 1\n") != std::string::npos);
  CHECK(message.find("PE(1,0): 0 of 3 steps done, waiting, 3 row operands and 3 column operands queued\n") !=
        std::string::npos);
}

TEST_CASE("deadlock: no legal wait is taken for one") {
  // The longest of each kind with all output buffers in use: a step, a pointwise operation, a stream and a drain of one
  // element per cycle over a row of PEs.
  for (const std::uint32_t buffers : {1U, 2U, 64U, 256U}) {
    CAPTURE(buffers);
    auto config = tiny_machine(1, 3);
    config.pe.output_buffers = buffers;
    config.drain_elements_per_cycle = 1;
    config.skip = skip_mode::none;
    const pt_wise_op add_map{pt_wise_kind::add, true, "t", 0};
    const auto counted = count(config, zeros(1, 3 * buffers), {1, buffers}, {add_map});
    CHECK(counted.parts.mm == 1 + buffers);
    CHECK(counted.parts.pt == 3 * buffers);
    CHECK(counted.parts.drain_tail == 3 * buffers);
  }
}

}  // namespace dlac::test
