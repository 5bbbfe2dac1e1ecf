// Clocked engines in one process: used in turn, made and destroyed in any order.

#include <doctest/doctest.h>

#include "sim/hw/elaborated_core.h"
#include "tests/cycle/tiny_machine.h"

namespace dlac::test {

TEST_CASE("an engine goes on after another was made and used") {
  const auto small = tiny_machine(1, 1);
  const auto large = tiny_machine(2, 3);
  const auto op = zeros(6, 6, 5);
  const mm_op_program on_small(small, op, {2, 2}, tile_order::nt_outer, {});
  const mm_op_program on_large(large, op, {1, 2}, tile_order::nt_outer, {});
  const auto first = make_engine(by_systemc_engine{}, small);
  const auto before = first->run(on_small).counters;
  const auto second = make_engine(by_systemc_engine{}, large);
  CHECK(second->run(on_large).counters == count_mm_op(large, on_large));
  CHECK(first->run(on_small).counters == before);
  CHECK(second->run(on_large).counters == count_mm_op(large, on_large));
}

TEST_CASE("engines may go in any order, and the core of one serves the next with an equal grid") {
  const auto config = tiny_machine(3, 5);
  const mm_op_program program(config, zeros(7, 6, 5), {1, 2}, tile_order::nt_outer, {});
  const auto expected = count_mm_op(config, program);
  auto first = make_engine(by_systemc_engine{}, config);
  auto second = make_engine(by_systemc_engine{}, config);
  CHECK(first->run(program).counters == expected);
  CHECK(second->run(program).counters == expected);
  first.reset();
  CHECK(second->run(program).counters == expected);
  const auto elaborated = hw::elaborated_cores();
  for (std::uint32_t i = 0; i < 100; ++i) {
    // All that a core is not elaborated for changes.
    auto other = config;
    other.pe = {.fma_units = 1 + i % 3,
                .adders = 0,
                .output_buffers = 2 + i % 5,
                .output_banks = 1 + i % 2,
                .operand_queue_depth = 1 + i % 7};
    other.skip = i % 4 == 0 ? skip_mode::none : skip_mode::both;
    other.drain_elements_per_cycle = 1 + i % 11;
    const mm_op_program on_other(other, zeros(7, 6, 5), {1, 2}, tile_order::nt_outer, {});
    CHECK(make_engine(by_systemc_engine{}, other)->run(on_other).counters == count_mm_op(other, on_other));
  }
  CHECK(hw::elaborated_cores() == elaborated);
  const auto larger = tiny_machine(4, 5);
  const mm_op_program on_larger(larger, zeros(7, 6, 5), {1, 2}, tile_order::nt_outer, {});
  CHECK(make_engine(by_systemc_engine{}, larger)->run(on_larger).counters == count_mm_op(larger, on_larger));
}

}  // namespace dlac::test
