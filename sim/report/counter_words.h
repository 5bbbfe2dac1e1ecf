#pragma once
// What a report says of each counter. A counter without words is a compile error.

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/report/rule_places.h"
#include "sim/stats/counters.h"

namespace dlac {

/// Where a counter stands among the fields of a report.
enum class counter_group { work, grid, pes, activity };

struct counter_words {
  std::string_view key;  ///< of the counter, and of its field
  counter_group group;
  std::string_view unit;
  std::string_view description;
  std::string_view formula;  ///< by symbols of the contract
  rule_place rule;
};

/// In the order of the report.
inline constexpr std::array all_counter_words = [] {
  using namespace rule_places;
  return std::array{
      counter_words{"tiles", counter_group::work, "tiles", "Tiles of all mmOps.",
                    "sum of ceil(m / (R x Bm)) x ceil(n / (C x Bn))", blocks},
      counter_words{"cycles", counter_group::grid, "cycles",
                    "Clock cycles from the start to the end of the last drain.",
                    "cycle_parts.mm + .pt + .drain_stall + .drain_tail + .requantise", accounts},
      counter_words{"cycle_parts.mm", counter_group::grid, "cycles", "Tiles streaming.", "sum of mm_end(i) - start(i)",
                    accounts},
      counter_words{"cycle_parts.pt", counter_group::grid, "cycles", "Pointwise operations.",
                    "sum of pt_end(i) - mm_end(i)", pointwise},
      counter_words{"cycle_parts.drain_stall", counter_group::grid, "cycles",
                    "The next tile waiting for a free output bank.", "sum of start(i+1) - pt_end(i)", accounts},
      counter_words{"cycle_parts.drain_tail", counter_group::grid, "cycles",
                    "The last drain, after the last pointwise operation.", "last drain_end - last pt_end", accounts},
      counter_words{"cycle_parts.requantise", counter_group::grid, "cycles",
                    "Outputs read and written again, in a format that follows from all of them.",
                    "max of outputs / (R x C x (F + G)), outputs / (R x P), bytes read / bw and bytes written / bw, "
                    "rounded up",
                    requantising},
      counter_words{"pe_cycle_parts.busy", counter_group::pes, "PE-cycles",
                    "PEs multiplying, or passing a step without work.",
                    "sum of max(1, ceil(products / L)) over the steps of all PEs, and of what slices end with", steps},
      counter_words{"pe_cycle_parts.memory", counter_group::pes, "PE-cycles",
                    "PEs waiting for operands from off-chip memory.",
                    "of the wait S(k) - E(k-1), the cycles until both chunks could be seen", accounts},
      counter_words{"pe_cycle_parts.neighbour", counter_group::pes, "PE-cycles",
                    "PEs waiting for operands that another PE's full queue holds back.",
                    "sum of S(k) - E(k-1), less pe_cycle_parts.memory", accounts},
      counter_words{"pe_cycle_parts.barrier", counter_group::pes, "PE-cycles",
                    "PEs done with a tile that others still work on.", "sum of mm_end - E(K-1)", accounts},
      counter_words{"pe_cycle_parts.pt", counter_group::pes, "PE-cycles", "Active PEs during pointwise operations.",
                    "sum of active PEs x (pt_end - mm_end)", accounts},
      counter_words{"pe_cycle_parts.drain", counter_group::pes, "PE-cycles", "PEs waiting for the drain.",
                    "R x C x (cycle_parts.drain_stall + .drain_tail)", accounts},
      counter_words{"pe_cycle_parts.inactive", counter_group::pes, "PE-cycles", "PEs without valid outputs in a tile.",
                    "sum of inactive PEs x (pt_end - start)", accounts},
      counter_words{"pe_cycle_parts.requantise", counter_group::pes, "PE-cycles",
                    "All PEs while outputs are requantised.", "R x C x cycle_parts.requantise", requantising},
      counter_words{"pe_steps", counter_group::activity, "steps", "Steps executed, over all PEs.",
                    "sum of k x pairs of parts over the active PEs of all tiles", steps},
      counter_words{"issued_products", counter_group::activity, "MACs",
                    "Products that the schedulers handed to the lanes.",
                    "sum of na x nw, with skip_outputs of the products of needed outputs", steps},
      counter_words{"activity.row_elements_read", counter_group::activity, "elements",
                    "Read from the feature-map buffer for row buses.",
                    "sum of steps x vm over the active rows of all tiles", accounts},
      counter_words{"activity.column_elements_read", counter_group::activity, "elements",
                    "Read from the weight buffer for column buses.",
                    "sum of steps x vn over the active columns of all tiles", accounts},
      counter_words{"activity.row_elements_queued", counter_group::activity, "elements",
                    "Written to and read from row operand queues.",
                    "sum of steps x vm over the active PEs of all tiles", accounts},
      counter_words{"activity.column_elements_queued", counter_group::activity, "elements",
                    "Written to and read from column operand queues.",
                    "sum of steps x vn over the active PEs of all tiles", accounts},
      counter_words{"activity.pt_mul_adds", counter_group::activity, "operations", "Pointwise mul-adds.",
                    "outputs x mul-adds of the epilogue", accounts},
      counter_words{"activity.pt_adds", counter_group::activity, "operations",
                    "Other pointwise operations: add, sub, select.", "outputs x other operations of the epilogue",
                    accounts},
      counter_words{"activity.pt_elements_streamed", counter_group::activity, "elements",
                    "Read from the feature-map buffer for pointwise operations.",
                    "outputs x operations with a streamed operand", accounts},
      counter_words{"activity.outputs_drained", counter_group::activity, "elements", "Outputs that left the grid.",
                    "sum of m x n of the mmOps", accounts},
      counter_words{"activity.slice_mul_adds", counter_group::activity, "operations",
                    "Mul-adds that scaled the sums of slices into the accumulators.", "outputs x slices of K", slices},
      counter_words{"activity.slice_adds", counter_group::activity, "operations",
                    "Additions that did so, where scales need no multiplier.",
                    "outputs x slices of K x 1, or x 2 of simple mantissas", slices},
  };
}();
static_assert(std::all_of(counter_fields.begin(), counter_fields.end(),
                          [](const counter_field& field) {
                            return std::count_if(all_counter_words.begin(), all_counter_words.end(),
                                                 [&](const counter_words& words) { return words.key == field.key; }) ==
                                   1;
                          }) &&
                  all_counter_words.size() == counter_fields.size(),
              "every counter is reported, once");

}  // namespace dlac
