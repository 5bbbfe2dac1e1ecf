#include "sim/mapping/step_order.h"

#include <algorithm>
#include <stdexcept>

namespace dlac {
namespace {

/// Steps of k in which the scale of a row stays the same.
std::uint64_t run_of_rows(const mm_op_shape& shape, scale_sharing sharing) {
  if (sharing == scale_sharing::tensor) {
    return shape.k;
  }
  if (shape.positions_are_steps) {
    return shape.k / shape.window.images();
  }
  return sharing == scale_sharing::plane ? shape.window.offsets() : shape.k;
}

/// And that of a column.
std::uint64_t run_of_columns(const mm_op_shape& shape, scale_sharing sharing) {
  if (sharing == scale_sharing::tensor) {
    return shape.k;
  }
  switch (shape.order) {
    case column_order::filters:
      return sharing == scale_sharing::plane ? shape.window.offsets() : shape.k;
    case column_order::transposed_filters:
      return shape.window.offsets();
    case column_order::pixels:
      return shape.column_plane;
    case column_order::channels:
      return sharing == scale_sharing::plane ? 1 : shape.k;
  }
  throw std::logic_error("no such column_order");
}

/// Steps of k in which the scales of both operands stay the same: of two runs one is a part of the other.
std::uint64_t slice_length(const mm_op_shape& shape, const pass_formats& formats) {
  return std::min(run_of_rows(shape, row_groups(shape, formats).sharing),
                  run_of_columns(shape, column_groups(shape, formats).sharing));
}

}  // namespace

step_parts parts_of(const pass_formats& formats) {
  return {has_parts(formats.rows) ? 2U : 1U, has_parts(formats.columns) ? 2U : 1U};
}

std::uint64_t steps_of(const mm_op_shape& shape, const pass_formats& formats) {
  return shape.k * parts_of(formats).steps();
}

std::uint64_t slice_products(const mm_op_shape& shape, const pass_formats& formats) {
  return formats.sums_slices() ? slice_length(shape, formats) : 0;
}

std::optional<slice_ends> slices_of(const accelerator_config& config, const mm_op_shape& shape,
                                    const pass_formats& formats) {
  const std::uint64_t length = slice_products(shape, formats);
  if (length == 0) {
    return std::nullopt;
  }
  const slice_scaling scaling = slice_scaling_of(formats);
  return slice_ends{.steps = length * parts_of(formats).steps(),
                    .operations = length == shape.k ? 0 : scaling.operations,
                    .lanes = config.pe.fma_units + (scaling.multiplies ? 0 : config.pe.adders),
                    .multiplies = scaling.multiplies};
}

bit_matrix in_steps(const step_parts& parts, std::uint32_t (step_parts::*part_of)(std::uint32_t) const,
                    const bit_matrix& low, const bit_matrix& high) {
  bit_matrix steps(low.rows() * parts.steps(), low.cols());
  for (std::uint64_t k = 0; k < low.rows(); ++k) {
    for (std::uint32_t step = 0; step < parts.steps(); ++step) {
      const auto from = ((parts.*part_of)(step) == 0 ? low : high).row(k);
      std::copy(from.begin(), from.end(), steps.row(k * parts.steps() + step).begin());
    }
  }
  return steps;
}

}  // namespace dlac
