// Engines that disagree are found out, and every counter that differs is told.

#include "sim/engine/checked_engine.h"

#include <doctest/doctest.h>

#include <memory>
#include <utility>

#include "sim/core/error.h"
#include "tests/cycle/tiny_machine.h"

namespace dlac::test {
namespace {

/// Counts what it was told to.
class told_engine : public engine {
 public:
  explicit told_engine(const layer_counters& counters) : counters_(counters) {}
  [[nodiscard]] std::string_view name() const override { return "told"; }
  mm_op_result run(const mm_op_program& /*program*/) override { return {counters_, {}}; }

 private:
  layer_counters counters_;
};

layer_counters run_both(const layer_counters& fast, const layer_counters& clocked) {
  const auto config = tiny_machine();
  const auto op = zeros(1, 1);
  checked_engine engine(std::make_unique<told_engine>(fast), std::make_unique<told_engine>(clocked));
  return engine.run(mm_op_program(config, op, {1, 1}, tile_order::nt_outer, {})).counters;
}

}  // namespace

TEST_CASE("engines that agree count once") {
  layer_counters counters;
  counters.cycles = 7;
  CHECK(run_both(counters, counters) == counters);
}

TEST_CASE("engines that disagree are an error that tells the counters") {
  layer_counters fast;
  layer_counters clocked;
  clocked.cycles = 8;
  clocked.pe_parts.memory = 3;
  fast.pe_parts.memory = 4;
  CHECK_THROWS_WITH_AS(run_both(fast, clocked),
                       "the engines disagree: cycles 0 (fast) and 8 (systemc), PE memory 4 (fast) and 3 (systemc)",
                       simulation_error);
}

}  // namespace dlac::test
