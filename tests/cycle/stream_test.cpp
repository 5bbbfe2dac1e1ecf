// Contract sections 4 and 5 at the cycle boundary: A and W are the cycles of the row's and the column's push, S and E a
// step's start and end. Every number is derived beside its test.

#include <doctest/doctest.h>

#include "tests/cycle/tiny_machine.h"

namespace dlac::test {
namespace {

/// K steps of `products` products on one PE with queues of `depth`: the cycles of the tile until mm_end.
cycle streaming_time(std::uint32_t depth, std::uint64_t steps, std::uint64_t products) {
  auto config = tiny_machine();
  config.pe.operand_queue_depth = depth;
  const auto op =
      product_of(std::vector<std::string>(steps, "1"), std::vector<std::string>(steps, std::string(products, '1')));
  return count(config, op, {1, static_cast<std::uint32_t>(products)}).parts.mm;
}

/// The cycles of a step with one row element and `products` column elements, less the cycle before it starts.
cycle cost_of(std::uint32_t lanes, std::uint64_t products) {
  auto config = tiny_machine();
  config.pe.fma_units = lanes;
  const std::string columns = std::string(products, '1') + std::string(20 - products, '.');
  return count(config, product_of({"1"}, {columns}), {1, 20}).parts.mm - 1;
}

}  // namespace

TEST_CASE("an operand pushed in cycle 0 is seen in cycle 1") {
  // A = W = 0, S = 1, E = 2; drain 2..3.
  const auto counted = count(tiny_machine(), product_of({"1"}, {"1"}), {1, 1});
  CHECK(counted.parts.mm == 2);
  CHECK(counted.parts.drain_tail == 1);
  CHECK(counted.cycles == 3);
  CHECK(counted.pe_parts.busy == 1);
  CHECK(counted.pe_parts.neighbour == 1);  // cycle 0, the queue's visibility
  CHECK(counted.pe_parts.barrier == 0);
  CHECK(counted.pe_parts.drain == 1);
  CHECK(counted.pe_steps == 1);
  CHECK(counted.issued_products == 1);
  CHECK(counted.tiles == 1);
}

TEST_CASE("steps follow each other without a gap") {
  // A(k) = k, S(k) = k + 1 = E(k-1): only step 0 waits.
  CHECK(streaming_time(4, 10, 1) == 11);
  CHECK(streaming_time(4, 11, 1) == 12);
  // Costs 3, 1, 2: S = 1, 4, 5; E = 4, 5, 7.
  const auto counted = count(tiny_machine(), product_of({"1", "1", "1"}, {"111", "1..", "11."}), {1, 3});
  CHECK(counted.parts.mm == 7);
  CHECK(counted.pe_parts.busy == 6);
  CHECK(counted.pe_parts.neighbour == 1);
}

TEST_CASE("queue depth 1: the next step is pushed when its predecessor ends") {
  // A(k) = E(k-1), S(k) = A(k) + 1: a step of cost c takes c + 1.
  CHECK(streaming_time(1, 5, 1) == 10);
  CHECK(streaming_time(1, 5, 3) == 20);
}

TEST_CASE("queue depth 2: a slot freed in cycle E takes a new entry in cycle E") {
  // Cost 1: E(k) = k + 2, A(k) = max(A(k-1) + 1, E(k-2)) = k, so S(k) = k + 1 = E(k-1). One cycle later and every
  // second step would wait.
  CHECK(streaming_time(2, 5, 1) == 6);
  CHECK(streaming_time(2, 100, 1) == 101);
  // Cost 3: the second entry lies ready when the first step ends.
  CHECK(streaming_time(2, 5, 3) == 16);
}

TEST_CASE("a slow PE holds back its row, from the step that finds its queue full") {
  // PE 0 takes 3 cycles a step, PE 1 one. D = 2: A(k) = max(A(k-1) + 1, E_0(k-2), E_1(k-2)).
  //   k   A  W_1   PE 0: S  E    PE 1: S  E   waits
  //   0   0   0          1  4          1  2   1, 1
  //   1   1   1          4  7          2  3   0, 0
  //   2   4   2          7 10          5  6   0, 2
  //   3   7   3         10 13          8  9   0, 2
  auto config = tiny_machine(1, 2);
  config.pe.operand_queue_depth = 2;
  const std::vector<std::string> one(4, "1");
  const std::vector<std::string> three_and_one(4, "1111..");
  const auto held = count(config, product_of(one, three_and_one), {1, 3});
  CHECK(held.parts.mm == 13);
  CHECK(held.pe_parts.busy == 12 + 4);
  CHECK(held.pe_parts.neighbour == 1 + (1 + 2 + 2));
  CHECK(held.pe_parts.barrier == 13 - 9);

  // With D = 4 nothing is full within 4 steps: PE 1 ends at 5.
  config.pe.operand_queue_depth = 4;
  const auto free = count(config, product_of(one, three_and_one), {1, 3});
  CHECK(free.parts.mm == 13);
  CHECK(free.pe_parts.neighbour == 1 + 1);
  CHECK(free.pe_parts.barrier == 13 - 5);
}

TEST_CASE("a slow PE holds back its column in the same way") {
  auto config = tiny_machine(2, 1);
  config.pe.operand_queue_depth = 2;
  const auto held =
      count(config, product_of(std::vector<std::string>(4, "1111.."), std::vector<std::string>(4, "1")), {3, 1});
  CHECK(held.parts.mm == 13);
  CHECK(held.pe_parts.busy == 12 + 4);
  CHECK(held.pe_parts.neighbour == 1 + (1 + 2 + 2));
  CHECK(held.pe_parts.barrier == 13 - 9);
}

TEST_CASE("a slow PE holds back its row and its column, but not the PE across") {
  // Costs 9 3 / 3 1, D = 1. k = 0: S = 1, E = 10 4 / 4 2. k = 1: A = 10 4, W = 10 4, so
  // S = 11 11 / 11 5 and E = 20 14 / 14 6.
  auto config = tiny_machine(2, 2);
  config.pe.operand_queue_depth = 1;
  const std::vector<std::string> three_and_one(2, "1111..");
  const auto counted = count(config, product_of(three_and_one, three_and_one), {3, 3});
  CHECK(counted.parts.mm == 20);
  CHECK(counted.pe_parts.busy == 2 * (9 + 3 + 3 + 1));
  CHECK(counted.pe_parts.neighbour == 4 * 1 + (1 + 7 + 7 + 3));
  CHECK(counted.pe_parts.barrier == 0 + 6 + 6 + 14);
}

TEST_CASE("a step's cost at the multiples of the lanes") {
  CHECK(cost_of(4, 0) == 1);  // a step without work still takes its cycle
  CHECK(cost_of(4, 1) == 1);
  CHECK(cost_of(4, 4) == 1);
  CHECK(cost_of(4, 5) == 2);
  CHECK(cost_of(4, 8) == 2);
  CHECK(cost_of(4, 9) == 3);
  CHECK(cost_of(1, 7) == 7);
  CHECK(cost_of(20, 20) == 1);
  CHECK(cost_of(19, 20) == 2);
}

TEST_CASE("ternary products run on the adders, too, others on the FMA units alone") {
  auto config = tiny_machine();
  config.pe.fma_units = 2;
  config.pe.adders = 3;
  // 6 products on 5 lanes, on 2 lanes; 5 and 2 products fit in a cycle.
  const auto mm = [&](const char* columns, weight_format format) {
    return count(config, product_of({"1"}, {columns}, format), {1, 6}).parts.mm;
  };
  CHECK(mm("111111", weight_format::ternary) == 1 + 2);
  CHECK(mm("11111.", weight_format::ternary) == 1 + 1);
  CHECK(mm("111111", weight_format::full) == 1 + 3);
  CHECK(mm("111...", weight_format::full) == 1 + 2);
  CHECK(mm("11....", weight_format::full) == 1 + 1);
}

TEST_CASE("skip modes: which zeros cost a lane") {
  auto config = tiny_machine();
  // One of two row elements and two of three column elements are not zero.
  const auto op = product_of({"1."}, {"11."});
  const auto products = [&](skip_mode skip) {
    config.skip = skip;
    const auto counted = count(config, op, {2, 3});
    CHECK(counted.parts.mm == 1 + counted.issued_products);  // one lane
    return counted.issued_products;
  };
  CHECK(products(skip_mode::none) == 2 * 3);
  CHECK(products(skip_mode::weights) == 2 * 2);
  CHECK(products(skip_mode::activations) == 1 * 3);
  CHECK(products(skip_mode::both) == 1 * 2);
}

TEST_CASE("a machine that skips nothing looks at the elements that exist, and no others") {
  auto config = tiny_machine();
  config.skip = skip_mode::none;
  // A block of 4 x 5, of which 2 x 3 outputs exist.
  CHECK(count(config, zeros(2, 3), {4, 5}).issued_products == 6);
}

TEST_CASE("the barrier: every PE waits for the last one") {
  // Costs 2 and 5, one step: E = 3 and 6.
  const auto counted = count(tiny_machine(1, 2), product_of({"1"}, {"11...11111"}), {1, 5});
  CHECK(counted.parts.mm == 6);
  CHECK(counted.pe_parts.barrier == 6 - 3);
}

TEST_CASE("rows and columns without outputs take no part") {
  // 1 x 2 outputs on a grid of 2 x 3: 2 active PEs, 4 inactive; 3 steps end in cycle 4.
  const auto counted = count(tiny_machine(2, 3), zeros(1, 2, 3), {1, 1});
  CHECK(counted.parts.mm == 4);
  CHECK(counted.pe_steps == 2 * 3);
  CHECK(counted.pe_parts.busy == 2 * 3);
  CHECK(counted.pe_parts.neighbour == 2);
  CHECK(counted.pe_parts.inactive == 4 * 4);
  CHECK(counted.pe_parts.drain == 6);
}

TEST_CASE("an inactive PE holds nobody back") {
  // Tile 1 has one row; the other row's PE, slow in tile 0, is inactive there. D = 1.
  // Tile 0, costs 4 and 1 (row 0: "1...", row 1: "1111"): k = 0: E = 2 and 5; k = 1: W = 5, S = 6, E = 7 and 10.
  // Tile 1: k = 0: E = 2; k = 1: A = 2, S = 3, E = 4.
  auto config = tiny_machine(2, 1);
  config.pe.operand_queue_depth = 1;
  const auto counted = count(config, product_of({"1...11111...", "1...11111..."}, {"1", "1"}), {4, 1});
  CHECK(counted.tiles == 2);
  CHECK(counted.parts.mm == 10 + 4);
  CHECK(counted.pe_parts.inactive == 4);
}

TEST_CASE("more PEs in a row than a word has bits") {
  // 130 PEs with one product a step, PE 64 with 3; D = 1. k = 0: E = 2, PE 64: 4. k = 1: A = 4, S = 5, E = 6, PE 64: 8.
  auto config = tiny_machine(1, 130);
  config.pe.operand_queue_depth = 1;
  std::string columns;
  for (int c = 0; c < 130; ++c) {
    columns += c == 64 ? "111" : "1..";
  }
  const auto counted = count(config, product_of({"1", "1"}, {columns, columns}), {1, 3});
  CHECK(counted.parts.mm == 8);
  CHECK(counted.pe_parts.busy == 129 * 2 + 6);
  CHECK(counted.pe_parts.neighbour == 130 + 129 * 3 + 1);
  CHECK(counted.pe_parts.barrier == 129 * 2);
}

TEST_CASE("steps longer than any agenda") {
  for (const std::uint64_t cost : {62, 63, 64, 65, 127, 128, 129, 200}) {
    CAPTURE(cost);
    CHECK(streaming_time(2, 3, cost) == 1 + 3 * cost);
    CHECK(streaming_time(1, 3, cost) == 3 * (1 + cost));
  }
}

TEST_CASE("neighbours whose steps end a whole agenda apart") {
  // D = 2; costs 100 and 36, so the first steps end in 101 and 37, the second ones in 201 and 73: none waits.
  auto config = tiny_machine(1, 2);
  config.pe.operand_queue_depth = 2;
  const auto columns = std::string(136, '1') + std::string(64, '.');
  const auto counted = count(config, product_of({"1", "1"}, {columns, columns}), {1, 100});
  CHECK(counted.parts.mm == 201);
  CHECK(counted.pe_parts.neighbour == 2);
  CHECK(counted.pe_parts.barrier == 201 - 73);
}

TEST_CASE("an engine starts every program from nothing") {
  auto config = tiny_machine(2, 2);
  config.pe.output_banks = 2;
  config.drain_elements_per_cycle = 1;
  const auto first = product_of({"1111..", "111111"}, {"111", "1.1"});
  const auto second = zeros(3, 5, 4);
  const mm_op_program first_program(config, first, {2, 2}, tile_order::nt_outer, {});
  const mm_op_program second_program(config, second, {1, 1}, tile_order::mt_outer, {});
  const auto alone = both_engines(config).run(second_program);
  both_engines engines(config);
  const auto before = engines.run(first_program);
  const auto between = engines.run(second_program);
  const auto after = engines.run(first_program);
  CHECK(before.clocked == before.fast);
  CHECK(between.clocked == alone.clocked);
  CHECK(after.clocked == before.clocked);
}

}  // namespace dlac::test
