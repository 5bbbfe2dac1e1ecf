#pragma once
// The plain reference of transposed convolutions and of matmuls: for every output, one by one, the products that the
// layer's definition gives it, in the contract's order (section 2), by their places in the tensors. No phases, no
// windows, no mmOps.

#include <cstdint>
#include <vector>

#include "sim/reference/convolution.h"
#include "sim/reference/slice_sums.h"
#include "sim/workload/network.h"

namespace dlac {

/// Whether direct_sums() and direct_slice_sums() are there for it; else the functions for convolutions.
[[nodiscard]] bool has_direct_reference(const layer& l);

/// An operand of a pass: its tensor [n, c, h, w], and what the lanes multiply of it.
struct direct_operand {
  shape_4d shape;
  reference_operand multiplied;
};

/// The outputs of a pass before its pointwise operations, in the shape that the pass's output has: rows and columns are
/// those of the contract. Operands are what the lanes multiply, halves rounded. `saturated` counts integer sums that
/// went beyond their bits. Throws simulation_error if an operand has not the elements of its shape.
[[nodiscard]] std::vector<float> direct_sums(const layer& l, pass_kind pass, std::uint32_t batch,
                                             const pass_formats& formats, const direct_operand& rows,
                                             const direct_operand& columns, std::span<const float> sum_scales,
                                             std::uint64_t& saturated);

/// The same of codes whose scales change along a sum: a slice are the products that follow each other and whose two
/// scales stay.
[[nodiscard]] std::vector<float> direct_slice_sums(const layer& l, pass_kind pass, std::uint32_t batch,
                                                   const pass_formats& formats, const shape_4d& row_shape,
                                                   const reference_codes& rows, const shape_4d& column_shape,
                                                   const reference_codes& columns);

}  // namespace dlac
