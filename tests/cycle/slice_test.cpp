// Ends of slices and steps of parts at the cycle boundary (docs/cycle-contract.md, section 4).

#include <doctest/doctest.h>

#include <utility>

#include "sim/numbers/number_format_json.h"
#include "tests/cycle/tiny_machine.h"

namespace dlac::test {
namespace {

/// Operands in that format, sums in fp32.
accelerator_config machine_in(const std::string& format, std::uint32_t fma_units = 1, std::uint32_t adders = 0) {
  auto config = tiny_machine();
  const auto read = parse_number_format(format, "test");
  config.given = given_numbers{.activations = read, .weights = read, .accumulator = ieee_float::fp32};
  config.pe.fma_units = fma_units;
  config.pe.adders = adders;
  return config;
}

std::string grouped_by(const std::string& scale, const std::string& group = "slice") {
  return R"({"grouped": {"bits": 8, "group": ")" + group + R"(", "scale": ")" + scale + R"("}})";
}

/// Steps of two channels, each of a 1 x 2 kernel over 1 x 2 pixels; `m` outputs.
mm_op two_channels(mm_op op) {
  op.window.source = {1, 2, 1, 2};
  op.window.channels = 2;
  op.window.y_offsets = {0};
  op.window.x_offsets = {0, 1};
  op.column_plane = 2;
  return op;
}

cycle mm_of(const accelerator_config& config, std::uint32_t outputs) {
  return count(config, two_channels(zeros(outputs, 1, 4)), {outputs, 1}).parts.mm;
}

}  // namespace

TEST_CASE("the last step of a slice takes what scaling its sums takes, on every valid output") {
  // Four steps of a cycle, seen a cycle after the first push: without more they end in cycle 5.
  CHECK(mm_of(machine_in(grouped_by("float", "tensor")), 3) == 5);
  // Two slices: 3 outputs on one lane each.
  CHECK(mm_of(machine_in(grouped_by("power")), 3) == 5 + 2 * 3);
  // Additions use the adders, too; multiplications do not.
  CHECK(mm_of(machine_in(grouped_by("power"), 1, 2), 3) == 5 + 2 * 1);
  CHECK(mm_of(machine_in(grouped_by("power"), 1, 2), 4) == 5 + 2 * 2);
  CHECK(mm_of(machine_in(grouped_by("same-mantissa"), 1, 2), 3) == 5 + 2 * 1);
  CHECK(mm_of(machine_in(grouped_by("float"), 1, 2), 3) == 5 + 2 * 3);
  CHECK(mm_of(machine_in(grouped_by("float"), 2, 2), 3) == 5 + 2 * 2);
  // Two additions follow each other: 4 outputs on 3 lanes twice.
  CHECK(mm_of(machine_in(grouped_by("simple-mantissa"), 1, 2), 4) == 5 + 2 * 2 * 2);
}

TEST_CASE("what ends a slice is work of the step, and counted") {
  const auto counted = count(machine_in(grouped_by("power"), 1, 1), two_channels(zeros(3, 1, 4)), {3, 1});
  CHECK(counted.pe_parts.busy == 4 + 2 * 2);
  CHECK(counted.activity.slice_adds == 2 * 3);
  CHECK(counted.activity.slice_mul_adds == 0);
  const auto real = count(machine_in(grouped_by("float")), two_channels(zeros(3, 1, 4)), {3, 1});
  CHECK(real.activity.slice_adds == 0);
  CHECK(real.activity.slice_mul_adds == 2 * 3);
  const auto simple = count(machine_in(grouped_by("simple-mantissa")), two_channels(zeros(3, 1, 4)), {3, 1});
  CHECK(simple.activity.slice_adds == 2 * 2 * 3);
}

TEST_CASE("a queue's slot is free when the slice has ended") {
  auto config = machine_in(grouped_by("power"));
  config.pe.operand_queue_depth = 1;
  // With one slot the next push comes when the step ends, and is seen a cycle later: two cycles a step, and the ends.
  CHECK(mm_of(config, 3) == 4 * 2 + 2 * 3);
}

TEST_CASE("a full PE's slice ends later than that of one with fewer outputs") {
  auto config = machine_in(grouped_by("power"));
  config.grid = {2, 1};
  const auto counted = count(config, two_channels(zeros(3, 1, 4)), {2, 1});
  CHECK(counted.parts.mm == 5 + 2 * 2);
  CHECK(counted.pe_parts.busy == (4 + 2 * 2) + (4 + 2 * 1));
}

TEST_CASE("parts: low before high, rows first, each skipped where it is zero") {
  const std::string parts = R"({"parts": {"of": {"fixed": {"bits": 8}}}})";
  auto config = machine_in(parts);
  auto op = product_of({"11"}, {"1"});
  // (low, low), (low, high), (high, low), (high, high): 2, 0, 1 and 0 products.
  op.row_step_mask = product_of({"11", "11", ".1", ".1"}, {"1", ".", "1", "."}).row_mask;
  op.column_step_mask = product_of({"11", "11", ".1", ".1"}, {"1", ".", "1", "."}).column_mask;
  const auto counted = count(config, op, {2, 1});
  CHECK(counted.parts.mm == 1 + 2 + 1 + 1 + 1);
  CHECK(counted.issued_products == 3);
  CHECK(counted.pe_steps == 4);
  CHECK(counted.activity.row_elements_read == 4 * 2);
  CHECK(effectual_macs(op) == 2);
}

}  // namespace dlac::test
