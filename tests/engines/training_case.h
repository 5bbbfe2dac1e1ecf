#pragma once
// Random training layers for the engines: a random_case in fp32 with gradients, the state of the update and, half of
// the time, finite memory.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/mapping/mm_op.h"
#include "tests/engines/random_case.h"

namespace dlac::test {

/// `values` holds the operands of all three passes, the epilogue's too.
struct training_case : random_case {
  layer_masks masks;
};

training_case draw_training_case(std::uint64_t seed);

/// Off-chip memory, and buffers of any size.
void draw_memory(draws& random, accelerator_config& config);

/// [m][n]: whether the layer's input is non-zero where the output of backward-data lies, by the contract's formulas.
std::vector<std::vector<char>> outputs_kept_by_index(const training_case& c, const mm_op_shape& shape);

/// What describe() leaves out: the memory, and whether outputs are skipped.
std::string describe_memory(const accelerator_config& config);

}  // namespace dlac::test
