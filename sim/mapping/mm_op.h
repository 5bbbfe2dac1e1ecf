#pragma once
// A pass of a layer as matrix products (contract section 2): O[m,n] = sum over k of I[m,k] * W[k,n]. Rows of the grid
// carry m, columns carry n. For every step k the masks say which elements of the two operands are non-zero.

#include <cstdint>

#include "sim/core/bits.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

struct mm_op {
  pass_kind pass = pass_kind::forward;
  std::uint32_t group = 0;
  std::uint64_t m = 0;
  std::uint64_t n = 0;
  std::uint64_t k = 0;
  weight_format column_format = weight_format::ternary;
  bit_matrix row_mask;     ///< k rows of m bits: I[m,k] is non-zero
  bit_matrix column_mask;  ///< k rows of n bits: W[k,n] is non-zero
};

/// Products of two non-zero operands, whatever the machine skips.
std::uint64_t effectual_macs(const mm_op& op);

/// The matrix product of one group of a forward pass: m = (image, oy, ox), n = output channel of the group,
/// k = (cin of the group, ky, kx), the last of each varying fastest. Padding makes ordinary zeros.
mm_op forward_mm_op(const layer& l, const feature_map_mask& activations, const weight_mask& weights,
                    std::uint32_t group);

}  // namespace dlac
