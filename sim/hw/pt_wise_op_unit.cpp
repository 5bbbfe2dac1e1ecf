#include "sim/hw/pt_wise_op_unit.h"

#include "sim/mapping/pt_wise_arithmetic.h"

namespace dlac::hw {

void run_pt_wise_op(const mm_op_values& values, std::size_t op, const tile_outputs& outputs) {
  const ieee_float format = values.formats().pointwise;
  for (std::uint32_t i = 0; i < outputs.valid_m; ++i) {
    for (std::uint32_t j = 0; j < outputs.valid_n; ++j) {
      float& x = outputs.accumulators[std::size_t{i} * outputs.block_n + j];
      x = apply_pt_wise_op(values.pt_wise(op), format,
                           values.operands(op, outputs.first_m + i, outputs.first_n + j, x));
    }
  }
}

}  // namespace dlac::hw
