// The gated clock: phases, wakes near and far, the watchdog, and the gate that clocks a line of modules.

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/hw/clock_domain.h"
#include "sim/hw/clock_gate.h"
#include "sim/hw/fresh_kernel.h"
#include "tests/cycle/probe.h"

namespace dlac::test {
namespace {

using hw::phase;

/// A clock of 500 MHz, a cycle is 2 ns, and probes that write down when they are woken.
struct clock_bench {
  using entry = std::pair<cycle, std::string>;

  hw::fresh_kernel kernel;
  hw::clock_domain clock{"clock", 500};
  std::vector<std::unique_ptr<probe>> probes;
  std::vector<entry> log;

  /// A new probe that logs `name` and goes on with `then`.
  sc_core::sc_event& on_wake(
      const std::string& name, std::function<void()> then = [] {}) {
    probes.push_back(std::make_unique<probe>([this, name, then] {
      CHECK(sc_core::sc_time_stamp() == 2.0 * static_cast<double>(clock.now()) * sc_core::sc_time(1, sc_core::SC_NS));
      log.emplace_back(clock.now(), name);
      then();
    }));
    return probes.back()->event;
  }
};

using entries = std::vector<clock_bench::entry>;

/// A line of modules behind one gate; calls `on_edge` for each that is clocked.
class gated_line : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(gated_line);
  gated_line(hw::clock_domain& clock, phase when, std::uint32_t members, std::function<void(std::size_t)> on_edge,
             sc_core::sc_module_name /*name*/ = "line")
      : gate(clock, when, members), on_edge_(std::move(on_edge)) {
    SC_METHOD(clock_edge);
    sensitive << gate.edge();
    dont_initialize();
  }
  hw::clock_gate gate;

 private:
  void clock_edge() {
    gate.fire([this](std::size_t member) { on_edge_(member); });
  }
  std::function<void(std::size_t)> on_edge_;
};

/// Whether an event `cycles` after the last progress still comes, with a watchdog of 10 cycles.
bool comes_after(cycle cycles) {
  clock_bench bench;
  bench.clock.limit_idleness(10);
  auto& late = bench.on_wake("late");
  auto& early = bench.on_wake("early", [&] {
    bench.clock.progress();
    bench.clock.wake(phase::compute, 3 + cycles, late);
  });
  bench.clock.wake(phase::compute, 3, early);
  sc_core::sc_start();
  CHECK(bench.clock.last_progress() == 3);
  CHECK(bench.clock.expired() == (bench.log.size() == 1));
  return bench.log.size() == 2;
}

}  // namespace

TEST_CASE("clock: the phases of a cycle follow each other, whoever asked first") {
  clock_bench bench;
  auto& feed = bench.on_wake("feed");
  auto& control = bench.on_wake("control");
  auto& compute = bench.on_wake("compute");
  bench.clock.wake(phase::feed, 5, feed);
  bench.clock.wake(phase::control, 5, control);
  bench.clock.wake(phase::compute, 5, compute);
  sc_core::sc_start();
  CHECK(bench.log == entries{{5, "compute"}, {5, "control"}, {5, "feed"}});
}

TEST_CASE("clock: a later phase of the same cycle, and the next cycle") {
  clock_bench bench;
  auto& next = bench.on_wake("next");
  auto& feed = bench.on_wake("feed", [&] { bench.clock.wake(phase::compute, bench.clock.now() + 1, next); });
  auto& control = bench.on_wake("control", [&] { bench.clock.wake(phase::feed, bench.clock.now(), feed); });
  auto& compute = bench.on_wake("compute", [&] { bench.clock.wake(phase::control, bench.clock.now(), control); });
  bench.clock.wake(phase::compute, 0, compute);
  sc_core::sc_start();
  CHECK(bench.log == entries{{0, "compute"}, {0, "control"}, {0, "feed"}, {1, "next"}});
}

TEST_CASE("clock: from the compute phase straight to the feed phase") {
  clock_bench bench;
  auto& feed = bench.on_wake("feed");
  auto& compute = bench.on_wake("compute", [&] { bench.clock.wake(phase::feed, bench.clock.now(), feed); });
  bench.clock.wake(phase::compute, 7, compute);
  sc_core::sc_start();
  CHECK(bench.log == entries{{7, "compute"}, {7, "feed"}});
}

TEST_CASE("clock: wakes at any distance come in their cycle, in order") {
  clock_bench bench;
  entries expected;
  for (const cycle at : {1, 2, 62, 63, 64, 65, 126, 127, 128, 129, 1000, 100'000}) {
    expected.emplace_back(at, std::to_string(at));
  }
  for (const auto i : {11U, 3U, 9U, 0U, 5U, 4U, 10U, 1U, 8U, 2U, 7U, 6U}) {
    bench.clock.wake(phase::compute, expected[i].first, bench.on_wake(expected[i].second));
  }
  sc_core::sc_start();
  CHECK(bench.log == expected);
}

TEST_CASE("clock: a far wake and a near one meet in the same cycle") {
  clock_bench bench;
  auto& near = bench.on_wake("near");
  auto& early = bench.on_wake("early", [&] { bench.clock.wake(phase::control, 150, near); });
  bench.clock.wake(phase::compute, 150, bench.on_wake("far"));
  bench.clock.wake(phase::compute, 100, early);
  sc_core::sc_start();
  CHECK(bench.log == entries{{100, "early"}, {150, "far"}, {150, "near"}});
}

TEST_CASE("clock: phases of far wakes are kept") {
  clock_bench bench;
  bench.clock.wake(phase::feed, 500, bench.on_wake("feed"));
  bench.clock.wake(phase::compute, 500, bench.on_wake("compute"));
  bench.clock.wake(phase::control, 500, bench.on_wake("control"));
  sc_core::sc_start();
  CHECK(bench.log == entries{{500, "compute"}, {500, "control"}, {500, "feed"}});
}

TEST_CASE("clock: it sleeps when nobody wants it and wakes up again") {
  clock_bench bench;
  auto& first = bench.on_wake("first");
  auto& second = bench.on_wake("second");
  bench.clock.wake(phase::compute, 10, first);
  sc_core::sc_start();
  const auto asleep = bench.clock.now();
  CHECK(asleep >= 10);
  bench.clock.wake(phase::control, asleep, second);
  sc_core::sc_start();
  bench.clock.wake(phase::compute, bench.clock.now() + 200, first);
  const auto last = bench.clock.now() + 200;
  sc_core::sc_start();
  CHECK(bench.log == entries{{10, "first"}, {asleep, "second"}, {last, "first"}});
}

TEST_CASE("clock: the watchdog lets exactly its limit pass without progress") {
  CHECK(comes_after(9));
  CHECK(comes_after(10));
  CHECK_FALSE(comes_after(11));
  CHECK_FALSE(comes_after(500));
}

TEST_CASE("clock: work without progress expires, too") {
  clock_bench bench;
  bench.clock.limit_idleness(10);
  sc_core::sc_event* self = nullptr;
  self = &bench.on_wake("busy", [&] { bench.clock.wake(phase::compute, bench.clock.now() + 1, *self); });
  bench.clock.wake(phase::compute, 0, *self);
  sc_core::sc_start();
  CHECK(bench.clock.expired());
  CHECK(bench.log.size() == 11);  // cycles 0 to 10
}

TEST_CASE("clock: what others do on an edge comes before the cycle, whoever was notified first") {
  clock_bench bench;
  bench.clock.let_others_first();
  const sc_core::sc_time cycle_time(2, sc_core::SC_NS);
  // Three outside the domain act on the edge of cycle 5: asked at the start, and before and after the clock aimed for
  // it.
  std::vector<std::unique_ptr<probe>> others;
  for (const std::string name : {"early", "before", "after"}) {
    auto& seen = bench.on_wake(name);
    others.push_back(std::make_unique<probe>([&] {
      CHECK(sc_core::sc_time_stamp() == 5 * cycle_time);
      bench.clock.wake(phase::compute, std::max<cycle>(bench.clock.now() + 1, 5), seen);
    }));
  }
  others[0]->event.notify(5 * cycle_time);
  auto& feed = bench.on_wake("feed", [&] { others[2]->event.notify(cycle_time); });
  sc_core::sc_event* every = nullptr;
  every = &bench.on_wake("every", [&] {
    if (bench.clock.now() == 4) {
      others[1]->event.notify(cycle_time);
      bench.clock.wake(phase::feed, 4, feed);
    }
    if (bench.clock.now() < 9) {
      bench.clock.wake(phase::compute, bench.clock.now() + 1, *every);
    }
  });
  bench.clock.wake(phase::compute, 0, *every);
  sc_core::sc_start();
  for (const std::string name : {"early", "before", "after"}) {
    CAPTURE(name);
    CHECK(std::count(bench.log.begin(), bench.log.end(), clock_bench::entry{5, name}) == 1);
  }
}

TEST_CASE("clock: the kernel's run pauses in the cycle of the last release, whatever others still do") {
  clock_bench bench;
  sc_core::sc_event* self = nullptr;
  probe restless([&] { self->notify(sc_core::sc_time(3, sc_core::SC_NS)); });
  self = &restless.event;
  self->notify(sc_core::sc_time(3, sc_core::SC_NS));
  auto& last = bench.on_wake("last", [&] { bench.clock.release(); });
  auto& first = bench.on_wake("first", [&] {
    bench.clock.release();
    bench.clock.wake(phase::control, bench.clock.now() + 30, last);
  });
  for (int run = 0; run < 3; ++run) {
    bench.log.clear();
    bench.clock.hold();
    bench.clock.hold();
    const auto start = bench.clock.next_start();
    bench.clock.wake(phase::compute, start + 1, first);
    sc_core::sc_start();
    CHECK(bench.log == entries{{start + 1, "first"}, {start + 31, "last"}});
    CHECK(sc_core::sc_time_stamp() == static_cast<double>(start + 31) * sc_core::sc_time(2, sc_core::SC_NS));
  }
}

TEST_CASE("clock: the watchdog also strikes where nobody asks to be woken, while somebody waits") {
  clock_bench bench;
  bench.clock.limit_idleness(10);
  sc_core::sc_event* self = nullptr;
  probe restless([&] { self->notify(sc_core::sc_time(3, sc_core::SC_NS)); });
  self = &restless.event;
  self->notify(sc_core::sc_time(3, sc_core::SC_NS));
  bench.clock.hold();
  bench.clock.wake(phase::compute, 4, bench.on_wake("work", [&] { bench.clock.progress(); }));
  sc_core::sc_start();
  CHECK(bench.clock.expired());
  CHECK(sc_core::sc_time_stamp() == sc_core::sc_time(2 * (4 + 11), sc_core::SC_NS));
}

TEST_CASE("gate: members of every word are clocked, and only those that asked") {
  clock_bench bench;
  std::vector<std::pair<cycle, std::size_t>> clocked;
  gated_line line(bench.clock, phase::compute, 130,
                  [&](std::size_t member) { clocked.emplace_back(bench.clock.now(), member); });
  for (const auto member : {129U, 0U, 63U, 64U, 127U, 128U}) {
    line.gate.wake(member, 4);
  }
  line.gate.wake(64, 9);
  line.gate.wake(64, 9);  // asking twice is asking once
  line.gate.wake(1, 5);
  sc_core::sc_start();
  CHECK(clocked == std::vector<std::pair<cycle, std::size_t>>{
                       {4, 0}, {4, 63}, {4, 64}, {4, 127}, {4, 128}, {4, 129}, {5, 1}, {9, 64}});
}

TEST_CASE("gate: a wake farther than it sees comes early, never late") {
  clock_bench bench;
  std::vector<cycle> clocked;
  gated_line line(bench.clock, phase::compute, 1, [&](std::size_t) {
    clocked.push_back(bench.clock.now());
    if (bench.clock.now() < 200) {
      line.gate.wake(0, 200);
    }
  });
  line.gate.wake(0, 200);
  sc_core::sc_start();
  REQUIRE_FALSE(clocked.empty());
  CHECK(clocked.back() == 200);
  CHECK(clocked.size() <= 5);
}

TEST_CASE("gate: members are clocked in the gate's phase, also when they ask in an earlier one of the same cycle") {
  clock_bench bench;
  gated_line line(bench.clock, phase::feed, 2, [&](std::size_t member) {
    bench.log.emplace_back(bench.clock.now(), "member " + std::to_string(member));
  });
  auto& compute = bench.on_wake("compute", [&] { line.gate.wake(1, bench.clock.now()); });
  line.gate.wake(0, 6);
  bench.clock.wake(phase::compute, 6, compute);
  bench.clock.wake(phase::control, 6, bench.on_wake("control"));
  sc_core::sc_start();
  CHECK(bench.log == entries{{6, "compute"}, {6, "control"}, {6, "member 0"}, {6, "member 1"}});
}

}  // namespace dlac::test
