// Contract section 6 at the cycle boundary: pointwise operations, the drain, output banks and the next tile.

#include <doctest/doctest.h>

#include "tests/cycle/tiny_machine.h"

namespace dlac::test {
namespace {

const pt_wise_op mul_add{pt_wise_kind::mul_add, false, "", 0};
const pt_wise_op add_bias{pt_wise_kind::add, false, "", 0};
const pt_wise_op sub_bias{pt_wise_kind::sub, false, "", 0};
const pt_wise_op add_map{pt_wise_kind::add, true, "t", 0};
const pt_wise_op sub_map{pt_wise_kind::sub, true, "t", 0};
const pt_wise_op select_above{pt_wise_kind::select, false, "", 0};
const pt_wise_op clamp{pt_wise_kind::clamp, false, "", 0};
const pt_wise_op mul_map{pt_wise_kind::mul, true, "t", 0};
const pt_wise_op mul_channel{
    .kind = pt_wise_kind::mul, .streams_feature_map = false, .tensor = "t", .is_per_channel = true};

/// pt of one tile of m x n outputs on one PE with F = 2 and G = 1.
cycle pt_of(std::uint32_t m, std::uint32_t n, const std::vector<pt_wise_op>& epilogue) {
  auto config = tiny_machine();
  config.pe.fma_units = 2;
  config.pe.adders = 1;
  return count(config, zeros(m, n), {m, n}, epilogue).parts.pt;
}

/// The drain of one tile of m x n outputs, P = 4.
cycle drain_of(const accelerator_config& machine, std::uint64_t m, std::uint64_t n, block_shape block) {
  auto config = machine;
  config.drain_elements_per_cycle = 4;
  const auto counted = count(config, zeros(m, n), block);
  CHECK(counted.tiles == 1);
  return counted.parts.drain_tail;
}

/// Three tiles of 5 outputs, each 2 cycles of streaming, drained by P elements a cycle.
layer_counters three_tiles(std::uint32_t banks, std::uint32_t elements_per_cycle) {
  auto config = tiny_machine();
  config.pe.output_banks = banks;
  config.drain_elements_per_cycle = elements_per_cycle;
  const auto counted = count(config, zeros(15, 1), {5, 1});
  CHECK(counted.tiles == 3);
  CHECK(counted.parts.mm == 3 * 2);
  return counted;
}

}  // namespace

TEST_CASE("mul-add runs on F lanes, the other operations on F + G") {
  CHECK(pt_of(2, 3, {mul_add}) == 3);   // 6 / 2
  CHECK(pt_of(2, 3, {add_bias}) == 2);  // 6 / 3
  CHECK(pt_of(2, 3, {sub_bias}) == 2);
  CHECK(pt_of(2, 3, {select_above}) == 2);
  CHECK(pt_of(1, 7, {mul_add}) == 4);       // one more than 3 x 2
  CHECK(pt_of(1, 7, {select_above}) == 3);  // one more than 2 x 3
  CHECK(pt_of(1, 1, {mul_add}) == 1);
  CHECK(pt_of(2, 3, {}) == 0);
}

TEST_CASE("operations follow each other") {
  CHECK(pt_of(2, 3, {mul_add, add_bias, select_above}) == 3 + 2 + 2);
  CHECK(pt_of(2, 3, {clamp}) == 2);
  CHECK(pt_of(2, 3, {mul_channel}) == 3);  // on the FMA units, and nothing streams
  CHECK(pt_of(2, 3, {mul_add, mul_add}) == 6);
}

TEST_CASE("a streamed operand takes a cycle per channel, if the lanes do not take longer") {
  // 3 channels; 2, 3 and 4 rows on 3 lanes: 2, 3 and 4 cycles of computing.
  CHECK(pt_of(2, 3, {add_map}) == 3);
  CHECK(pt_of(4, 3, {mul_map}) == 6);  // 12 / 2 products, longer than 3 channels stream
  CHECK(pt_of(3, 3, {add_map}) == 3);
  CHECK(pt_of(4, 3, {add_map}) == 4);
  CHECK(pt_of(2, 3, {sub_map}) == 3);
  CHECK(pt_of(2, 3, {add_map, add_bias, sub_map}) == 3 + 2 + 3);
}

TEST_CASE("all channels of a tile come over one row bus, rows work in parallel") {
  // 2 x 2 PEs with blocks of 2 x 3, 5 of 6 channels and 3 of 4 rows exist: 5 cycles of streaming, 6 / 1 of computing.
  auto config = tiny_machine(2, 2);
  config.pe.fma_units = 1;
  CHECK(count(config, zeros(3, 5), {2, 3}, {add_map}).parts.pt == 6);
  config.pe.fma_units = 2;
  CHECK(count(config, zeros(3, 5), {2, 3}, {add_map}).parts.pt == 5);
  CHECK(count(config, zeros(3, 6), {2, 3}, {add_map}).parts.pt == 6);
}

TEST_CASE("the fullest PE sets the pace, and active PEs are in pt together") {
  // Rows hold 2 and 1 outputs: 2 cycles; 2 of the 3 PEs are active.
  const auto counted = count(tiny_machine(3, 1), zeros(3, 1), {2, 1}, {select_above});
  CHECK(counted.parts.pt == 2);
  CHECK(counted.pe_parts.pt == 2 * 2);
  CHECK(counted.pe_parts.inactive == 2 + 2);  // one PE, mm and pt
}

TEST_CASE("the drain at the multiples of P") {
  const auto machine = tiny_machine();
  CHECK(drain_of(machine, 1, 1, {1, 1}) == 1);
  CHECK(drain_of(machine, 2, 2, {2, 2}) == 1);
  CHECK(drain_of(machine, 1, 5, {1, 5}) == 2);
  CHECK(drain_of(machine, 2, 4, {2, 4}) == 2);
  CHECK(drain_of(machine, 3, 3, {3, 3}) == 3);
}

TEST_CASE("a grid row drains the outputs of all its PEs, rows in parallel") {
  CHECK(drain_of(tiny_machine(1, 2), 2, 4, {2, 2}) == 2);  // 8 elements in one row
  CHECK(drain_of(tiny_machine(1, 2), 2, 3, {2, 2}) == 2);  // 6: the second PE has half
  CHECK(drain_of(tiny_machine(2, 1), 4, 2, {2, 2}) == 1);  // 4 in each of two rows
  CHECK(drain_of(tiny_machine(2, 1), 3, 3, {2, 3}) == 2);  // 6 and 3
}

TEST_CASE("one bank: a tile starts when its predecessor has drained") {
  // Drain 5: start 0, drain 2..7; start 7, drain 9..14; start 14, drain 16..21.
  const auto counted = three_tiles(1, 1);
  CHECK(counted.parts.drain_stall == 5 + 5);
  CHECK(counted.parts.drain_tail == 5);
  CHECK(counted.cycles == 21);
  // Drain 1: start 0, 3, 6; the last drain is 8..9.
  const auto quick = three_tiles(1, 5);
  CHECK(quick.parts.drain_stall == 2);
  CHECK(quick.cycles == 9);
}

TEST_CASE("two banks: a tile starts at once unless the drain is two tiles behind") {
  // Drain 5: start 0, drain 2..7; start 2, done at 4, drain 7..12; start 7 (bank 0 is free), done at 9, drain 12..17.
  const auto slow = three_tiles(2, 1);
  CHECK(slow.parts.drain_stall == 7 - 4);
  CHECK(slow.parts.drain_tail == 17 - 9);
  CHECK(slow.cycles == 17);
  CHECK(slow.pe_parts.drain == 3 + 8);
  // Drain 1: start 0, 2, 4; the last drain is 6..7.
  const auto quick = three_tiles(2, 5);
  CHECK(quick.parts.drain_stall == 0);
  CHECK(quick.parts.drain_tail == 1);
  CHECK(quick.cycles == 7);
}

TEST_CASE("two banks: a drain as long as a tile is hidden, one cycle more is not") {
  // Drain 2: drain 2..4, 4..6, 6..8; start 0, 2, 4.
  const auto hidden = three_tiles(2, 3);
  CHECK(hidden.parts.drain_stall == 0);
  CHECK(hidden.cycles == 8);
  // Drain 3: drain 2..5, 5..8, 8..11; start 0, 2, 5.
  const auto late = three_tiles(2, 2);
  CHECK(late.parts.drain_stall == 1);
  CHECK(late.parts.drain_tail == 4);
  CHECK(late.cycles == 11);
}

TEST_CASE("pointwise operations delay the drain and the next tile") {
  // pt = 5 (one lane): start 0, mm_end 2, pt_end 7, drain 7..8; next start at 7 with two banks, at 8 with one.
  auto config = tiny_machine();
  config.drain_elements_per_cycle = 5;
  const auto one_bank = count(config, zeros(10, 1), {5, 1}, {select_above});
  CHECK(one_bank.parts.pt == 10);
  CHECK(one_bank.parts.drain_stall == 1);
  CHECK(one_bank.cycles == 8 + 8);
  config.pe.output_banks = 2;
  const auto two_banks = count(config, zeros(10, 1), {5, 1}, {select_above});
  CHECK(two_banks.parts.drain_stall == 0);
  CHECK(two_banks.cycles == 7 + 7 + 1);
}

TEST_CASE("the order of tiles decides when the drain is late") {
  // Tiles of 2 or 1 rows and 4 or 1 channels, each 2 cycles, P = 1, two banks.
  auto config = tiny_machine();
  config.pe.output_banks = 2;
  config.drain_elements_per_cycle = 1;
  // nt outer, drains 8 4 2 1: start 0, 2, 10, 14; done at 2, 4, 12, 16; drained at 10, 14, 16, 17.
  const auto nt_outer = count(config, zeros(3, 5), {2, 4}, {}, tile_order::nt_outer);
  CHECK(nt_outer.parts.drain_stall == (10 - 4) + (14 - 12));
  CHECK(nt_outer.parts.drain_tail == 17 - 16);
  CHECK(nt_outer.cycles == 17);
  // mt outer, drains 8 2 4 1: start 0, 2, 10, 12; done at 2, 4, 12, 14; drained at 10, 12, 16, 17.
  const auto mt_outer = count(config, zeros(3, 5), {2, 4}, {}, tile_order::mt_outer);
  CHECK(mt_outer.parts.drain_stall == 10 - 4);
  CHECK(mt_outer.parts.drain_tail == 17 - 14);
  CHECK(mt_outer.cycles == 17);
}

TEST_CASE("pointwise operations, streams and drains longer than any agenda") {
  for (const std::uint64_t outputs : {63, 64, 65, 127, 128, 129, 200}) {
    CAPTURE(outputs);
    auto config = tiny_machine();
    config.drain_elements_per_cycle = 1;
    const auto block = static_cast<std::uint32_t>(outputs);
    const auto computing = count(config, zeros(outputs, 1), {block, 1}, {select_above});
    CHECK(computing.cycles == 2 + outputs + outputs);
    config.pe.fma_units = 256;
    const auto streaming = count(config, zeros(1, outputs), {1, block}, {add_map});
    CHECK(streaming.cycles == 2 + outputs + outputs);
  }
}

}  // namespace dlac::test
