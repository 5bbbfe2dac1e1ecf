#pragma once
// The cycle contract (docs/cycle-contract.md) written down a third time, by definition alone: it shares no tiling, no
// counting and no cost function with the simulator, so that a mistake that both engines inherit shows as well. Every
// element is looked at one by one; it is slow, and meant to be.

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/stats/counters.h"
#include "sim/workload/network.h"
#include "tests/engines/random_case.h"

namespace dlac::test {

/// Which elements of the two operands of a matrix product are non-zero.
struct oracle_operands {
  std::uint64_t m = 0;
  std::uint64_t n = 0;
  std::uint64_t k = 0;
  std::vector<std::vector<char>> row;     ///< [k][m]
  std::vector<std::vector<char>> column;  ///< [k][n]
  std::vector<std::vector<char>> needed;  ///< [m][n], outputs that are computed; empty: all of them
  std::uint64_t slice = 0;                ///< steps after which every output takes some operations more; 0: none
  std::uint64_t slice_adds = 0;           ///< additions then, one after the other
  std::uint64_t slice_mul_adds = 0;       ///< and mul-adds
};

/// Contract section 2, forward pass: every element by its index in the tensors.
oracle_operands operands_by_index(const random_case& c, std::uint32_t group);

/// Contract section 9: products whose two operands are both non-zero and whose output is needed.
std::uint64_t effectual_macs_of(const oracle_operands& operands);

/// Contract sections 3 to 6 and 9 for one matrix product; the block and order are those given.
layer_counters counters_by_contract(const accelerator_config& config, const layer& l, const oracle_operands& operands,
                                    block_shape block, tile_order order);

}  // namespace dlac::test
