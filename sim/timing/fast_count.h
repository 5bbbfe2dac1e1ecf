#pragma once
// Counts a mmOp as count_mm_op() of tile_sequence.h does, by the vectorised recurrence: tiles that no memory ties to
// each other are streamed together.

#include "sim/config/accelerator_config.h"
#include "sim/mapping/program.h"
#include "sim/stats/counters.h"

namespace dlac {

/// The same counts as count_mm_op(), with tiles that no memory ties together on up to `threads` threads. Pure: may
/// itself be called on many threads. Where outputs are skipped the products differ from PE to PE, and the plain
/// recurrence counts them.
layer_counters fast_count_mm_op(const accelerator_config& config, const mm_op_program& program, unsigned threads = 1);

}  // namespace dlac
