#pragma once
// Counts a mmOp as count_mm_op() of tile_sequence.h does, by the vectorised recurrence: tiles that no memory ties to
// each other are streamed together, and those of mmOps that are alike.

#include <cstddef>
#include <span>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/program.h"
#include "sim/stats/counters.h"

namespace dlac {

/// The same counts as count_mm_op(), with tiles that no memory ties together on up to `threads` threads. Pure: may
/// itself be called on many threads. Where outputs are skipped the products differ from PE to PE, and the plain
/// recurrence counts them.
layer_counters fast_count_mm_op(const accelerator_config& config, const mm_op_program& program, unsigned threads = 1);

/// How many mmOps such as this one, of which a layer has hundreds, are worth counting side by side; their operands are
/// kept as long. 1: those whose tiles fill vectors by themselves, and those that the plain recurrence counts.
std::size_t mm_ops_side_by_side(const mm_op_program& program);

/// fast_count_mm_op() of each of at least one program of which mm_ops_side_by_side() is above 1. They are alike: they
/// have the same tiles, steps, slices and chunks, and differ in their counts alone.
std::vector<layer_counters> fast_count_alike_mm_ops(const accelerator_config& config,
                                                    std::span<const mm_op_program> programs);

}  // namespace dlac
