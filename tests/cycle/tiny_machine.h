#pragma once
// Machines and matrix products small enough to follow every cycle by hand.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/mm_op.h"
#include "sim/mapping/program.h"
#include "sim/stats/counters.h"
#include "sim/timing/tile_sequence.h"
#include "tests/engines/run_engines.h"

namespace dlac::test {

/// One lane per PE, one output bank, queues of four steps, a drain that takes one cycle for any tile, no zero looked
/// at.
inline accelerator_config tiny_machine(std::uint32_t rows = 1, std::uint32_t cols = 1) {
  accelerator_config config;
  config.name = "tiny";
  config.clock_mhz = 500;
  config.grid = {rows, cols};
  config.pe = {.fma_units = 1, .adders = 0, .output_buffers = 256, .output_banks = 1, .operand_queue_depth = 4};
  config.skip = skip_mode::both;
  config.drain_elements_per_cycle = 4096;
  return config;
}

/// A layer with weights in this format, for products that are made by hand.
inline const layer& layer_of(weight_format format) {
  static const std::array<layer, 2> layers = [] {
    std::array<layer, 2> made;
    made[0].weights = weight_format::ternary;
    made[1].weights = weight_format::full;
    return made;
  }();
  return layers[format == weight_format::full ? 1 : 0];
}

/// One string per step and operand, a character per element: '1' is non-zero, everything else is zero.
inline mm_op product_of(const std::vector<std::string>& row_steps, const std::vector<std::string>& column_steps,
                        weight_format format = weight_format::full) {
  const auto mask_of = [](const std::vector<std::string>& steps) {
    bit_matrix mask(steps.size(), steps[0].size());
    for (std::size_t k = 0; k < steps.size(); ++k) {
      for (std::size_t i = 0; i < steps[k].size(); ++i) {
        if (steps[k][i] == '1') {
          mask.set(k, i);
        }
      }
    }
    return mask;
  };
  mm_op op;
  op.of = &layer_of(format);
  op.row_mask = mask_of(row_steps);
  op.column_mask = mask_of(column_steps);
  op.m = op.row_mask.cols();
  op.n = op.column_mask.cols();
  op.k = op.row_mask.rows();
  return op;
}

/// `steps` steps of a product whose operands are all zero: a step takes one cycle, and only the shape matters.
inline mm_op zeros(std::uint64_t m, std::uint64_t n, std::uint64_t steps = 1) {
  return product_of(std::vector<std::string>(steps, std::string(m, '.')),
                    std::vector<std::string>(steps, std::string(n, '.')));
}

/// What both engines, and the plain recurrences, agree on.
inline layer_counters count(const accelerator_config& config, const mm_op& op, block_shape block,
                            const std::vector<pt_wise_op>& epilogue = {}, tile_order order = tile_order::nt_outer) {
  const mm_op_program program(config, op, block, order, epilogue);
  const auto counted = both_engines(config).run(program);
  CHECK(counted.clocked == counted.fast);
  CHECK(counted.clocked == count_mm_op(config, program));
  CHECK_NOTHROW(check_invariants(counted.clocked, config.processing_elements()));
  return counted.clocked;
}

}  // namespace dlac::test
