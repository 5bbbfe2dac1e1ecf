// Another memory behind the sockets: its own events, the requests it gets, the order in which it answers, what happens
// when it does not. The machine and its chunks are those of chunk_programs.h.

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/clocked/systemc_engine.h"
#include "sim/core/error.h"
#include "sim/hw/dlac_core.h"
#include "sim/hw/fresh_kernel.h"
#include "sim/stats/layer_result.h"
#include "tests/cycle/chunk_programs.h"
#include "tests/cycle/probe.h"
#include "tests/cycle/restless_memory.h"
#include "tests/cycle/row_buffer_memory.h"

namespace dlac::test {
namespace {

using behaviour = restless_memory::behaviour;

/// A core between two such memories, in a kernel of its own.
struct restless_bench {
  explicit restless_bench(const behaviour& b, const accelerator_config& config = machine_with_memory())
      : core("dlac", config), reading("reading", core.clock.period(), b), writing("writing", core.clock.period(), b) {
    core.bind_memory(reading.socket, writing.socket, b.limits);
  }

  hw::fresh_kernel kernel;
  hw::dlac_core core;
  restless_memory reading;
  restless_memory writing;
};

/// The same as a memory that an engine is given.
class given_memory : public hw::off_chip_memory {
 public:
  struct fate {
    bool stopped = false;
    bool destroyed = false;
  };
  given_memory(const accelerator_config& config, const behaviour& b, fate& f)
      : reading_("reading", sc_core::sc_time(1 / config.clock_mhz, sc_core::SC_US), b),
        writing_("writing", sc_core::sc_time(1 / config.clock_mhz, sc_core::SC_US), b),
        limits_(b.limits),
        fate_(f) {}
  ~given_memory() override { fate_ = {reading_.stopped && writing_.stopped, true}; }
  hw::memory_socket& read() override { return reading_.socket; }
  hw::memory_socket& write() override { return writing_.socket; }
  [[nodiscard]] hw::memory_limits limits() const override { return limits_; }

 private:
  restless_memory reading_;
  restless_memory writing_;
  hw::memory_limits limits_;
  fate& fate_;
};

memory_factory factory_of(const behaviour& b, given_memory::fate& f) {
  return [=, &f](const accelerator_config& config) { return std::make_unique<given_memory>(config, b, f); };
}

mm_op_program chunks_program(const accelerator_config& config, std::uint64_t chunks) {
  return program_with(config, 1, 1, chunks, {1, 1}, fresh_chunks(chunks));
}

/// What a run throws.
std::string failure_of(hw::dlac_core& core, const mm_op_program& program) {
  try {
    core.run(program);
  } catch (const simulation_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("other memory: events of its own neither keep a run from ending nor move the next program") {
  // With a cycle per request of 4 bytes and a latency of 10 it is as fast as the contract's.
  const auto config = machine_with_memory();
  const auto program = chunks_program(config, 3);
  const auto expected = count_mm_op(config, program);
  for (const std::uint64_t refresh_cycles : {0, 1, 7, 500}) {
    CAPTURE(refresh_cycles);
    behaviour b;
    b.refresh_cycles = refresh_cycles;
    restless_bench bench(b);
    for (int run = 0; run < 4; ++run) {
      CHECK(bench.core.run(program).counters == expected);
    }
    CHECK(bench.reading.requests.size() == 4 * 3 * 3);
    CHECK(bench.reading.acknowledged == bench.reading.requests.size());
    CHECK(bench.writing.acknowledged == 4);
  }
}

TEST_CASE("other memory: an event far beyond the end of a program does not count in the next one") {
  const hw::fresh_kernel kernel;
  const auto config = machine_with_memory();
  hw::dlac_core core("dlac", config);
  row_buffer_memory reading("reading", core.clock.period(), {4, 20, 20, 1024});
  row_buffer_memory writing("writing", core.clock.period(), {4, 20, 20, 1024});
  core.bind_memory(reading.socket, writing.socket);
  probe late([] {});
  late.event.notify(core.clock.period() * 500.0);
  const auto program = chunks_program(config, 2);
  const auto first = core.run(program).counters;
  CHECK(core.run(program).counters == first);
  CHECK(sc_core::sc_time_stamp() < core.clock.period() * 500.0);
  // Time that passes between two runs is not counted either.
  sc_core::sc_start(core.clock.period() * 1000.5);
  CHECK(core.run(program).counters == first);
}

TEST_CASE("other memory: a chunk is there when the last of its requests is answered, in whatever order") {
  // Row: requests in 0 and 1, taken in 1 and 2; answered after 30 in 31, after 3 in 5. Column: 2-3, after 5 in 8. The
  // row is pushed in 31, seen in 32; the step ends in 33.
  const auto config = machine_with_memory();
  for (const auto& [first, second, ahead] :
       {std::tuple{30U, 3U, false}, {2U, 29U, false}, {30U, 3U, true}, {2U, 29U, true}}) {
    behaviour b;
    b.ahead = ahead;
    b.latency = [first = first, second = second](std::uint64_t n) { return n == 0 ? first : n == 1 ? second : 5U; };
    restless_bench bench(b);
    const auto counted = bench.core.run(chunks_program(config, 1)).counters;
    CHECK(counted.parts.mm == 33);
    CHECK(counted.pe_parts.memory == 32);
    CHECK(counted.parts.drain_tail == 1);
  }
}

TEST_CASE("other memory: requests are aligned, folded into its size, and go to the same place again") {
  // A third of 48 bytes for each kind: outputs from 0, rows from 16, columns from 32. Two tiles with the same rows in
  // three chunks, fetched twice as a buffer has two slots: 24 bytes, the last 8 folded onto the first.
  auto config = machine_with_memory();
  auto plan = fresh_chunks(6);
  for (std::uint64_t i = 3; i < 6; ++i) {
    plan.uses[i].first_step = i - 3;
  }
  plan.first_use = {0, 3, 6};
  plan.output_bytes = {4, 4};
  const auto program = program_with(config, 1, 2, 3, {1, 1}, std::move(plan));
  restless_bench bench({});
  for (int run = 0; run < 2; ++run) {
    bench.reading.requests.clear();
    bench.writing.requests.clear();
    bench.core.run(program);
    CHECK(bench.reading.requests == std::vector<restless_memory::request>{{16, 4},
                                                                          {20, 4},
                                                                          {32, 4},
                                                                          {24, 4},
                                                                          {28, 4},
                                                                          {36, 4},
                                                                          {16, 4},
                                                                          {20, 4},
                                                                          {40, 4},
                                                                          {16, 4},
                                                                          {20, 4},
                                                                          {44, 4},
                                                                          {24, 4},
                                                                          {28, 4},
                                                                          {32, 4},
                                                                          {16, 4},
                                                                          {20, 4},
                                                                          {36, 4}});
    CHECK(bench.writing.requests == std::vector<restless_memory::request>{{0, 4}, {4, 4}});
  }
}

TEST_CASE("other memory: what is longer than a request, and no multiple of one, is cut") {
  auto config = machine_with_memory();
  auto plan = fresh_chunks(1, 21);
  plan.uses[0].row.bytes = 27;
  behaviour b;
  b.limits = {.request_bytes = 16, .alignment_bytes = 8, .size_bytes = 3000};
  b.latency = [](std::uint64_t n) { return 40 - 7 * (n % 3); };
  restless_bench bench(b);
  bench.core.run(program_with(config, 1, 1, 1, {1, 1}, std::move(plan)));
  // A third of 3000 is 1000, and a multiple of 16 below it 992.
  CHECK(bench.reading.requests == std::vector<restless_memory::request>{{992, 16}, {1008, 11}, {1984, 4}});
  CHECK(bench.writing.requests == std::vector<restless_memory::request>{{0, 16}, {16, 5}});
  CHECK(bench.reading.most_in_flight > 1);
}

TEST_CASE("other memory: one that does not answer is a deadlock, also where it has events for ever") {
  const auto config = machine_with_memory();
  for (const std::uint64_t refresh_cycles : {0, 7}) {
    behaviour b;
    b.answers = false;
    b.refresh_cycles = refresh_cycles;
    restless_bench bench(b);
    CHECK(failure_of(bench.core, chunks_program(config, 1)).starts_with("deadlock: no progress since cycle 3\n"));
  }
}

TEST_CASE("other memory: the watchdog has the patience that the memory asks for") {
  const auto config = machine_with_memory();
  behaviour slow;
  slow.latency = [](std::uint64_t) { return 50'000; };
  restless_bench hasty(slow);
  CHECK(failure_of(hasty.core, chunks_program(config, 1)).starts_with("deadlock"));
  slow.limits.patience_cycles = 50'000;
  restless_bench patient(slow);
  CHECK(patient.core.run(chunks_program(config, 1)).counters.parts.mm == 3 + 50'000 + 2);
}

TEST_CASE("other memory: a request that it refuses ends the run") {
  const auto config = machine_with_memory();
  behaviour b;
  b.status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  restless_bench bench(b);
  CHECK(failure_of(bench.core, chunks_program(config, 1)) ==
        "the memory answered a request of 4 bytes at address 0x10 with TLM_ADDRESS_ERROR_RESPONSE");
}

TEST_CASE("other memory: limits that make no sense are refused") {
  for (const auto& [limits, what] : std::vector<std::pair<hw::memory_limits, std::string>>{
           {{.request_bytes = 48}, "request_bytes: found 48"},
           {{.request_bytes = 0}, "request_bytes: found 0"},
           {{.request_bytes = 32, .alignment_bytes = 64}, "alignment_bytes: found 64"},
           {{.request_bytes = 64, .alignment_bytes = 64, .size_bytes = 191}, "size_bytes: found 191"}}) {
    std::string message;
    try {
      const hw::memory_map map(limits);
    } catch (const input_error& error) {
      message = error.what();
    }
    CHECK(message.find(what) != std::string::npos);
  }
}

TEST_CASE("other memory: an engine takes it, and stops its simulation in the end") {
  const auto config = machine_with_memory();
  const auto program = chunks_program(config, 3);
  given_memory::fate fate;
  {
    systemc_engine with_memory(config, factory_of({}, fate));
    CHECK_FALSE(with_memory.keeps_bandwidth());
    CHECK(with_memory.run(program).counters == count_mm_op(config, program));
    const auto other = make_engine(by_systemc_engine{}, config);
    CHECK(other->keeps_bandwidth());
    CHECK(other->run(program).counters == count_mm_op(config, program));
    CHECK(with_memory.run(program).counters == count_mm_op(config, program));
    CHECK_FALSE(fate.destroyed);
  }
  CHECK(fate.stopped);
  CHECK(fate.destroyed);
}

TEST_CASE("other memory: an engine whose run failed goes on with a new one") {
  const auto config = machine_with_memory();
  const auto program = chunks_program(config, 3);
  given_memory::fate fate;
  int made = 0;
  const memory_factory second_answers = [&](const accelerator_config& c) {
    behaviour b;
    b.answers = made++ > 0;
    return factory_of(b, fate)(c);
  };
  systemc_engine clocked(config, second_answers);
  CHECK_THROWS_AS(clocked.run(program), simulation_error);
  CHECK(fate.destroyed);
  CHECK(clocked.run(program).counters == count_mm_op(config, program));
  CHECK(made == 2);
}

TEST_CASE("other memory: ideal memory leaves nothing to simulate") {
  auto config = machine_with_memory();
  given_memory::fate fate;
  config.memory.reset();
  CHECK_THROWS_AS(systemc_engine(config, factory_of({}, fate)), input_error);
}

TEST_CASE("other memory: the least cycles that the bandwidth allows hold for the contract's memory alone") {
  const auto config = machine_with_memory();
  const auto program = chunks_program(config, 1);
  layer_result layer;
  layer.lanes = 1;
  layer.outputs = 1;
  layer.products = layer.dense_macs = 1;
  layer.counters = count_mm_op(config, program);
  layer.traffic.rows = 4 * layer.counters.cycles;
  CHECK_NOTHROW(check_invariants(layer, config));
  layer.traffic.rows += 1;
  CHECK_THROWS_AS(check_invariants(layer, config), simulation_error);
  CHECK_NOTHROW(check_invariants(layer, config, false));
}

}  // namespace dlac::test
