// Two clocked engines in one process, used in turn.

#include <doctest/doctest.h>

#include "tests/cycle/tiny_machine.h"

namespace dlac::test {

TEST_CASE("an engine goes on after another was made and used") {
  const auto small = tiny_machine(1, 1);
  const auto large = tiny_machine(2, 3);
  const auto op = zeros(6, 6, 5);
  const mm_op_program on_small(small, op, {2, 2}, tile_order::nt_outer, {});
  const mm_op_program on_large(large, op, {1, 2}, tile_order::nt_outer, {});
  const auto first = make_engine(engine_kind::systemc, small);
  const auto before = first->run(on_small);
  const auto second = make_engine(engine_kind::systemc, large);
  CHECK(second->run(on_large) == count_mm_op(large, on_large));
  CHECK(first->run(on_small) == before);
  CHECK(second->run(on_large) == count_mm_op(large, on_large));
}

}  // namespace dlac::test
