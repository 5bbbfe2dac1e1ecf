#include "sim/mapping/program.h"

#include <stdexcept>
#include <utility>

namespace dlac {
namespace {

// Contract section 6: what multiplies runs on the FMA units, everything else on the extra adders as well.
pt_wise_instruction lower(const pt_wise_op& op, const pe_config& pe) {
  return {op.multiplies() ? pe.fma_units : pe.fma_units + pe.adders, op.streams_feature_map, op.multiplies()};
}

/// The operands whose zeros are skipped.
struct skipped_operands {
  bool rows = false;
  bool columns = false;
};

skipped_operands operands_of(skip_mode skip) {
  switch (skip) {
    case skip_mode::none:
      return {.rows = false, .columns = false};
    case skip_mode::weights:
      return {.rows = false, .columns = true};
    case skip_mode::activations:
      return {.rows = true, .columns = false};
    case skip_mode::both:
      return {.rows = true, .columns = true};
  }
  throw std::logic_error("no such skip_mode");
}

}  // namespace

shared_list<pt_wise_instruction> lower_epilogue(const std::vector<pt_wise_op>& epilogue, const pe_config& pe) {
  std::vector<pt_wise_instruction> instructions;
  instructions.reserve(epilogue.size());
  for (const auto& op : epilogue) {
    instructions.push_back(lower(op, pe));
  }
  return instructions;
}

bool skips_rows(skip_mode skip) {
  return operands_of(skip).rows;
}
bool skips_columns(skip_mode skip) {
  return operands_of(skip).columns;
}

bool skips_outputs(const accelerator_config& config, const layer& l, pass_kind pass) {
  return config.skip_outputs && pass == pass_kind::backward_data && !l.is_matmul();
}

mm_op_program::mm_op_program(const accelerator_config& config, const mm_op& op, block_shape block, tile_order order,
                             const std::vector<pt_wise_op>& epilogue_ops, const mm_op_values* operand_values)
    : mm_op_program(config, op, formats_of(config, op), block, order, lower_epilogue(epilogue_ops, config.pe),
                    operand_values) {}

mm_op_program::mm_op_program(const accelerator_config& config, const mm_op& op, const pass_formats& formats,
                             block_shape block, tile_order order, shared_list<pt_wise_instruction> instructions,
                             const mm_op_values* operand_values)
    : steps(steps_of(op, formats)),
      lanes(config.lanes(formats)),
      tiles(op.m, op.n, config.grid, block, order),
      row_counts(step_rows(op), tiles.rows, skips_rows(config.skip)),
      column_counts(step_columns(op), tiles.cols, skips_columns(config.skip)),
      slices(slices_of(config, op, formats)),
      epilogue(std::move(instructions)),
      values(operand_values) {
  if (op.needed && config.skip_outputs) {
    skipped = {skips_rows(config.skip) ? &step_rows(op) : nullptr,
               skips_columns(config.skip) ? &step_columns(op) : nullptr, &*op.needed};
  }
}

}  // namespace dlac
