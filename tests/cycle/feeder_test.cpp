// A feeder, its bus and sinks that stall: the feeder waits as long as it must, no cycle longer, and loses nothing.

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/hw/clock_gate.h"
#include "sim/hw/fresh_kernel.h"
#include "sim/hw/operand_bus.h"
#include "sim/hw/operand_feeder.h"
#include "sim/mapping/step_counts.h"
#include "tests/cycle/probe.h"
#include "tests/cycle/tiny_machine.h"

namespace dlac::test {
namespace {

/// Takes an operand in the cycle after its push at the earliest, keeps its slot for `hold` cycles, then the next one's.
class stalling_sink : public hw::operand_sink_if {
 public:
  stalling_sink(hw::clock_domain& clock, hw::operand_bus& bus, std::uint32_t depth, cycle hold)
      : clock_(clock), bus_(bus), depth_(depth), hold_(hold), end_([this] { end(); }) {}

  bool push() override {
    pushed.push_back(clock_.now());
    REQUIRE(level_ < depth_);
    if (++level_ == 1) {
      hold(clock_.now() + 1);
    }
    return level_ < depth_;
  }

  std::vector<cycle> pushed;
  std::vector<std::uint32_t> taken;  ///< what lay in the slot when it was given back
  std::vector<cycle> visible_from;   ///< the same slot's

 private:
  void hold(cycle from) { clock_.wake(hw::phase::compute, from + hold_, end_.event); }
  void end() {
    const auto& slot = bus_.slots()[taken.size() % depth_];
    taken.push_back(slot.count);
    visible_from.push_back(slot.visible_from);
    const bool was_full = level_ == depth_;
    if (--level_ > 0) {
      hold(clock_.now());
    }
    if (was_full) {
      bus_.slot_freed();
    }
  }

  hw::clock_domain& clock_;
  hw::operand_bus& bus_;
  std::uint32_t depth_;
  cycle hold_;
  std::uint32_t level_ = 0;
  probe end_;
};

/// Chunks of `steps_per_chunk` steps, of which chunk i arrives in cycle i * `interval`: at once if that is 0.
class chunk_source : public hw::chunk_source_if {
 public:
  chunk_source(hw::clock_gate& gate, std::uint64_t steps_per_chunk, cycle interval)
      : gate_(gate), steps_per_chunk_(steps_per_chunk), interval_(interval) {}

  [[nodiscard]] std::optional<cycle> visible_from(std::uint64_t use) const override {
    const auto arrival = use * interval_;
    return gate_.now() >= arrival ? std::optional(arrival == 0 ? 0 : arrival + 1) : std::nullopt;
  }
  void wait_for_chunk(std::uint32_t line) override { gate_.wake(line, streamed.size() * interval_); }
  void chunk_streamed(std::uint64_t use) override { streamed.push_back(use); }
  [[nodiscard]] std::uint64_t chunk_end(std::uint64_t use) const override { return (use + 1) * steps_per_chunk_; }

  std::vector<std::uint64_t> streamed;  ///< uses, as they end

 private:
  hw::clock_gate& gate_;
  std::uint64_t steps_per_chunk_;
  cycle interval_;
};

/// One feeder with `holds.size()` sinks; step k carries the count k + 1. The steps come in chunks of two, `interval`
/// cycles apart.
class feeder_bench : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(feeder_bench);
  feeder_bench(hw::fresh_kernel& /*of this simulation*/, std::uint32_t steps, std::uint32_t depth,
               const std::vector<cycle>& holds, cycle interval = 0, sc_core::sc_module_name /*name*/ = "bench")
      : source(gate_, 2, interval), counts_(staircase(steps), {steps, 1, steps}, true), steps_(steps) {
    bus_.configure(depth);
    feeder_.bus(bus_);
    for (const auto hold : holds) {
      sinks.push_back(std::make_unique<stalling_sink>(clock_, bus_, depth, hold));
      bus_.to_pe(*sinks.back());
    }
    SC_METHOD(clock_edge);
    sensitive << gate_.edge();
    dont_initialize();
  }

  void run(std::uint32_t active_sinks) {
    active_sinks_ = active_sinks;
    clock_.wake(hw::phase::control, 0, begin_.event);
    sc_core::sc_start();
    CHECK(feeder_.pushed() == steps_);
  }

  std::vector<std::unique_ptr<stalling_sink>> sinks;

 private:
  hw::clock_domain clock_{"clock", 500};
  hw::clock_gate gate_{clock_, hw::phase::feed, 1};

 public:
  chunk_source source;

 private:
  static bit_matrix staircase(std::uint32_t steps) {
    bit_matrix mask(steps, steps);
    for (std::uint32_t k = 0; k < steps; ++k) {
      for (std::uint32_t i = 0; i <= k; ++i) {
        mask.set(k, i);
      }
    }
    return mask;
  }
  void clock_edge() {
    gate_.fire([this](std::size_t) { feeder_.clock_edge(); });
  }

  hw::operand_feeder feeder_{"feeder", gate_, source, 0};
  hw::operand_bus bus_{"bus"};
  step_counts counts_;
  std::uint32_t steps_;
  std::uint32_t active_sinks_ = 0;
  probe begin_{[this] { feeder_.begin_tile({.counts = &counts_, .tile = 0, .steps = steps_}, active_sinks_); }};
};

using cycles = std::vector<cycle>;
using counts = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("feeder: a sink as fast as it is never makes it wait") {
  hw::fresh_kernel kernel;
  feeder_bench bench(kernel, 6, 2, {1});
  bench.run(1);
  CHECK(bench.sinks[0]->pushed == cycles{0, 1, 2, 3, 4, 5});
  CHECK(bench.sinks[0]->taken == counts{1, 2, 3, 4, 5, 6});
}

TEST_CASE("feeder: with one slot it waits until the slot is given back, and pushes in that cycle") {
  // Push 0, seen 1, given back 1 + hold.
  for (const cycle hold : {1, 2, 7, 63, 64, 100}) {
    CAPTURE(hold);
    hw::fresh_kernel kernel;
    feeder_bench bench(kernel, 4, 1, {hold});
    bench.run(1);
    CHECK(bench.sinks[0]->pushed == cycles{0, 1 + hold, 2 * (1 + hold), 3 * (1 + hold)});
    CHECK(bench.sinks[0]->taken == counts{1, 2, 3, 4});
  }
}

TEST_CASE("feeder: with three slots and a hold of 5") {
  // Pushes 0, 1, 2 fill the queue. Given back at 6, 11, 16, ...: that many more pushes.
  hw::fresh_kernel kernel;
  feeder_bench bench(kernel, 6, 3, {5});
  bench.run(1);
  CHECK(bench.sinks[0]->pushed == cycles{0, 1, 2, 6, 11, 16});
  CHECK(bench.sinks[0]->taken == counts{1, 2, 3, 4, 5, 6});
}

TEST_CASE("feeder: the slowest sink sets the pace, each gets everything in order") {
  // Two slots; sink 1 gives back at 4, 7, 10, 13: pushes 0, 1, 4, 7, 10, 13.
  hw::fresh_kernel kernel;
  feeder_bench bench(kernel, 6, 2, {1, 3, 2});
  bench.run(3);
  for (const auto& sink : bench.sinks) {
    CHECK(sink->pushed == cycles{0, 1, 4, 7, 10, 13});
    CHECK(sink->taken == counts{1, 2, 3, 4, 5, 6});
  }
}

TEST_CASE("feeder: a sink that takes no part gets nothing and holds nobody back") {
  hw::fresh_kernel kernel;
  feeder_bench bench(kernel, 5, 1, {1, 50});
  bench.run(1);
  CHECK(bench.sinks[0]->pushed == cycles{0, 2, 4, 6, 8});
  CHECK(bench.sinks[1]->pushed.empty());
}

TEST_CASE("feeder: two sinks that free their slots in the same cycle let it push once") {
  hw::fresh_kernel kernel;
  feeder_bench bench(kernel, 3, 1, {4, 4});
  bench.run(2);
  CHECK(bench.sinks[0]->pushed == cycles{0, 5, 10});
  CHECK(bench.sinks[1]->pushed == cycles{0, 5, 10});
}

TEST_CASE("feeder: a chunk that is late holds it back until the cycle of its arrival, and is seen a cycle later") {
  // Steps 0 1, 2 3, 4 5, their chunks there in cycle 0, 10 and 20.
  hw::fresh_kernel kernel;
  feeder_bench bench(kernel, 6, 4, {1}, 10);
  bench.run(1);
  CHECK(bench.sinks[0]->pushed == cycles{0, 1, 10, 11, 20, 21});
  CHECK(bench.sinks[0]->visible_from == cycles{0, 0, 11, 11, 21, 21});
  CHECK(bench.source.streamed == std::vector<std::uint64_t>{0, 1, 2});
}

TEST_CASE("feeder: a chunk that is there before the slot is does not hold it back") {
  // One slot, given back every 6 cycles; chunks 3 cycles apart are always early.
  hw::fresh_kernel kernel;
  feeder_bench bench(kernel, 6, 1, {5}, 3);
  bench.run(1);
  CHECK(bench.sinks[0]->pushed == cycles{0, 6, 12, 18, 24, 30});
}

}  // namespace dlac::test
