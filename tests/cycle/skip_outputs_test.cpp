// Skipped outputs (contract section 4), every number derived by hand, and what moves meanwhile (section 9).

#include "tests/cycle/tiny_machine.h"

namespace dlac::test {
namespace {

accelerator_config skipping_machine(std::uint32_t rows = 1, std::uint32_t cols = 1) {
  auto config = tiny_machine(rows, cols);
  config.skip_outputs = true;
  return config;
}

/// `rows` has a string per output row m, a character per n: '1' is needed.
mm_op needing(mm_op op, const std::vector<std::string>& rows) {
  op.needed.emplace(op.m, op.n);
  for (std::size_t m = 0; m < rows.size(); ++m) {
    for (std::size_t n = 0; n < rows[m].size(); ++n) {
      if (rows[m][n] == '1') {
        op.needed->set(m, n);
      }
    }
  }
  return op;
}

}  // namespace

TEST_CASE("a step costs the pairs whose output is needed") {
  const auto all_ones = product_of({"11"}, {"11"});
  // S = 1, E = 1 + cost; three pairs on one lane.
  const auto three = count(skipping_machine(), needing(all_ones, {"11", ".1"}), {2, 2});
  CHECK(three.parts.mm == 4);
  CHECK(three.issued_products == 3);
  CHECK(count(skipping_machine(), needing(all_ones, {"11", "11"}), {2, 2}).parts.mm == 5);
  // Nothing is needed: the step passes in one cycle.
  const auto none = count(skipping_machine(), needing(all_ones, {"..", ".."}), {2, 2});
  CHECK(none.parts.mm == 2);
  CHECK(none.issued_products == 0);
  CHECK(none.pe_parts.busy == 1);
}

TEST_CASE("a needed output with a zero operand costs nothing") {
  // Pairs (0, 0) and (0, 1) have operands, (0, 1) and (1, 1) are needed.
  const auto op = needing(product_of({"1."}, {"11"}), {".1", ".1"});
  CHECK(count(skipping_machine(), op, {2, 2}).issued_products == 1);
  auto dense = skipping_machine();
  dense.skip = skip_mode::none;
  CHECK(count(dense, op, {2, 2}).issued_products == 2);
  auto columns_only = skipping_machine();
  columns_only.skip = skip_mode::weights;
  CHECK(count(columns_only, op, {2, 2}).issued_products == 2);
  auto rows_only = skipping_machine();
  rows_only.skip = skip_mode::activations;
  CHECK(count(rows_only, op, {2, 2}).issued_products == 1);
}

TEST_CASE("a machine that skips no outputs computes all of them") {
  CHECK(count(tiny_machine(), needing(product_of({"11"}, {"11"}), {"1.", ".."}), {2, 2}).parts.mm == 5);
}

TEST_CASE("needed pairs share the lanes of a step") {
  auto two_lanes = skipping_machine();
  two_lanes.pe.fma_units = 2;
  const auto all_ones = product_of({"11"}, {"11"});
  CHECK(count(two_lanes, needing(all_ones, {"11", ".."}), {2, 2}).parts.mm == 2);
  CHECK(count(two_lanes, needing(all_ones, {"11", "1."}), {2, 2}).parts.mm == 3);
}

TEST_CASE("each PE has needs of its own") {
  // PE(0,0) needs both of its outputs, PE(0,1) one: cost 2 and 1, S = 1 for both.
  const auto op = needing(product_of({"11"}, {"11"}), {"11", "1."});
  const auto counted = count(skipping_machine(1, 2), op, {2, 1});
  CHECK(counted.parts.mm == 3);
  CHECK(counted.pe_parts.busy == 3);
  CHECK(counted.pe_parts.barrier == 1);
  // With the tiles one below the other instead of side by side the needs are those of other outputs.
  const auto turned = count(skipping_machine(2, 1), op, {1, 2});
  CHECK(turned.pe_parts.busy == 3);
  CHECK(turned.pe_parts.barrier == 1);
}

TEST_CASE("blocks of more than 64 pairs are counted whole") {
  const std::string row(9, '1');
  const auto op = product_of({row}, {std::string(16, '1')});
  std::vector<std::string> needs(9, std::string(16, '1'));
  needs[8] = "1111111111111..1";  // pairs 128 to 143
  CHECK(count(skipping_machine(), needing(op, needs), {9, 16}).issued_products == 9 * 16 - 2);
}

TEST_CASE("every tile has its own needs") {
  // Four tiles of one output each; one is needed.
  for (const auto order : {tile_order::nt_outer, tile_order::mt_outer}) {
    const auto counted =
        count(skipping_machine(), needing(product_of({"11", "11"}, {"11", "11"}), {"..", "1."}), {1, 1}, {}, order);
    CHECK(counted.tiles == 4);
    CHECK(counted.issued_products == 2);
  }
}

TEST_CASE("what moves: buffers are read once a line, queues are written once a PE") {
  // 3 x 5 outputs on 2 x 3 PEs with blocks of 2 x 2: rows of 2 and 1, columns of 2, 2 and 1; 4 steps.
  const std::vector<pt_wise_op> epilogue{
      {pt_wise_kind::mul_add, false, "", 0}, {pt_wise_kind::add, true, "x", 0}, {pt_wise_kind::select, false, "", 0}};
  const auto moved = count(tiny_machine(2, 3), zeros(3, 5, 4), {2, 2}, epilogue).activity;
  CHECK(moved.row_elements_read == 3 * 4);
  CHECK(moved.column_elements_read == 5 * 4);
  CHECK(moved.row_elements_queued == 3 * 4 * 3);
  CHECK(moved.column_elements_queued == 5 * 4 * 2);
  CHECK(moved.pt_mul_adds == 15);
  CHECK(moved.pt_adds == 30);
  CHECK(moved.pt_elements_streamed == 15);
  CHECK(moved.outputs_drained == 15);
}

TEST_CASE("what moves: a tile that leaves PEs without outputs does not feed them") {
  // The second tile has one row and two of the three columns.
  const auto moved = count(tiny_machine(2, 3), zeros(2, 5, 1), {1, 1}).activity;
  CHECK(moved.row_elements_read == 2 + 2);
  CHECK(moved.row_elements_queued == 2 * 3 + 2 * 2);
  CHECK(moved.column_elements_queued == 3 * 2 + 2 * 2);
}

}  // namespace dlac::test
