// Random machines and layers through the real mapping: the clocked core, the fast engine, the plain recurrences and the
// contract's definition have to agree on every counter, and the clocked core's values with the reference on every bit.

#include <doctest/doctest.h>

#include "sim/mapping/mm_op.h"
#include "sim/reference/comparison.h"
#include "sim/reference/convolution.h"
#include "sim/reference/epilogue.h"
#include "sim/stats/layer_result.h"
#include "sim/timing/block_choice.h"
#include "sim/timing/tile_sequence.h"
#include "tests/engines/contract_oracle.h"
#include "tests/engines/random_case.h"
#include "tests/engines/run_engines.h"
#include "tests/engines/test_scale.h"

namespace dlac::test {
namespace {

struct case_result {
  layer_result counted;
  std::vector<float> output;  ///< that the clocked core computed, with values
};

/// Runs all groups of a case.
case_result run_case(const random_case& c, bool with_values) {
  const auto activations = activation_mask_of(c);
  const auto weights = weight_mask_of(c);
  std::vector<float> output(c.shape.output_shape(c.batch).elements());
  layer_result result;
  result.name = c.shape.name;
  result.dense_macs = c.shape.dense_macs(c.batch);
  result.lanes = c.config.lanes(c.config.formats(pass_kind::forward, c.shape.weights));
  result.order = c.config.mapping.order.value_or(tile_order::nt_outer);
  for (const auto& op : c.shape.epilogue) {
    result.epilogue.emplace_back(to_string(op.kind));
  }
  both_engines engines(c.config);
  for (std::uint32_t group = 0; group < c.shape.groups; ++group) {
    const auto op = forward_mm_op(c.shape, activations, weights, group);
    if (group == 0) {
      result.block = choose_block(c.config, op, c.shape.epilogue);
      CHECK(result.block.m * result.block.n <= c.config.pe.output_buffers);
    }
    const auto values = with_values ? make_mm_op_values(c.values, op) : nullptr;
    const mm_op_program program(c.config, op, result.block, result.order, c.shape.epilogue, values.get());
    const auto counted = engines.run(program);
    if (values) {
      place_outputs(op, *values, counted.outputs, output);
    }
    const auto operands = operands_by_index(c, group);
    const auto expected = counters_by_contract(c.config, c.shape, operands, result.block, result.order);
    CHECK(counted.clocked == expected);
    CHECK(counted.fast == expected);
    CHECK(count_mm_op(c.config, program) == expected);
    CHECK(effectual_macs(op) == effectual_macs_of(operands));
    result.effectual_macs += effectual_macs_of(operands);
    result.products += all_products(op);
    result.outputs += op.m * op.n;
    result.counters += counted.clocked;
  }
  return {std::move(result), std::move(output)};
}

std::vector<float> reference_output(const random_case& c) {
  const auto& l = c.shape;
  const reference_layer shape{c.config.formats(pass_kind::forward, l.weights),
                              l.activation_shape(c.batch),
                              l.weight_shape(),
                              l.stride,
                              l.padding,
                              l.groups,
                              {},
                              l.dilation};
  auto output = reference_convolution(shape, c.values.activations, c.values.weights);
  apply_reference_epilogue(l, c.config.numbers().accumulator.pointwise(), output, c.values.scale, c.values.bias,
                           c.values.tensors);
  return output;
}

layer_counters check_case(std::uint64_t seed, bool with_values) {
  const auto c = draw_case(seed);
  INFO(describe(c));
  const auto [result, output] = run_case(c, with_values);
  CHECK_NOTHROW(check_invariants(result, c.config));
  if (with_values) {
    const auto mismatch = first_bit_difference(output, reference_output(c));
    CHECK_MESSAGE(!mismatch, (mismatch ? to_string(*mismatch, c.shape.output_shape(c.batch)) : ""));
  }
  return result.counters;
}

}  // namespace

TEST_CASE("random layers on random machines: every counter, by both engines and by definition") {
  const auto cases = scaled(4000);
  layer_counters sum;
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    sum += check_case(seed, false);
  }
  // The cases reach all that is counted (off-chip memory is not simulated).
  const auto& parts = sum.pe_parts;
  for (const auto reached : {sum.parts.drain_stall, sum.parts.drain_tail, parts.neighbour, parts.barrier,
                             parts.inactive, sum.tiles - cases}) {
    CHECK(reached > 0);
  }
}

TEST_CASE("random layers on random machines, with values: every counter and every bit") {
  const auto cases = scaled(4000);
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    check_case(1'000'000 + seed, true);
  }
}

TEST_CASE("values depend on neither skipping nor block, queues, banks, order or grid") {
  const auto cases = scaled(40);
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    auto c = draw_case(2'000'000 + seed);
    const auto expected = reference_output(c);
    draws random(seed);
    for (const auto skip : skip_modes) {
      for (const std::uint32_t banks : {1U, 2U}) {
        c.config.skip = skip;
        c.config.pe.output_banks = banks;
        c.config.pe.operand_queue_depth = random.between(1, 9);
        c.config.grid = {random.between(1, 5), random.between(1, 7)};
        const auto rows = random.between(1, c.config.pe.output_buffers);
        c.config.mapping.block = block_shape{rows, random.between(1, c.config.pe.output_buffers / rows)};
        c.config.mapping.order = random.chance(0.5) ? tile_order::nt_outer : tile_order::mt_outer;
        INFO(describe(c));
        const auto mismatch = first_bit_difference(run_case(c, true).output, expected);
        CHECK_MESSAGE(!mismatch, (mismatch ? to_string(*mismatch, c.shape.output_shape(c.batch)) : ""));
      }
    }
  }
}

}  // namespace dlac::test
