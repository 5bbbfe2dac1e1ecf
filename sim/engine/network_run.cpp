#include "sim/engine/network_run.h"

#include "sim/engine/value_check.h"
#include "sim/mapping/mm_op.h"
#include "sim/mapping/values.h"
#include "sim/timing/block_choice.h"

namespace dlac {
namespace {

std::string name_of(pt_wise_kind kind) {
  return std::string(to_string(kind));
}

/// What the mmOps of a layer's forward pass have in common, before any of them runs.
layer_result describe_forward(const layer& l, const accelerator_config& config, std::uint32_t batch) {
  layer_result result;
  result.name = l.name;
  result.pass = pass_kind::forward;
  for (const auto& op : l.epilogue) {
    result.epilogue.push_back(name_of(op.kind));
  }
  result.dense_macs = l.dense_macs(batch);
  result.column_format = l.weights;
  result.lanes = config.lanes(l.weights);
  return result;
}

void add_operands(layer_result& result, const mm_op& op) {
  ++result.mm_ops;
  result.m = op.m;
  result.n = op.n;
  result.k = op.k;
  result.effectual_macs += effectual_macs(op);
  result.row.nonzeros += op.row_mask.count();
  result.row.elements += op.m * op.k;
  result.column.nonzeros += op.column_mask.count();
  result.column.elements += op.n * op.k;
}

layer_result run_forward_layer(const accelerator_config& config, const layer& l, const operand_provider& operands,
                               bool with_values, engine& runner) {
  const auto activations = operands.activation_mask(l);
  const auto weights = operands.weight_nonzeros(l);
  auto result = describe_forward(l, config, operands.batch());
  layer_values values;
  if (with_values) {
    values = load_forward_values(l, operands, config.mode);
  }
  for (std::uint32_t group = 0; group < l.groups; ++group) {
    const auto op = forward_mm_op(l, activations, weights, group);
    if (group == 0) {
      result.block = choose_block(config, op, l.epilogue);
      // Without off-chip traffic the orders tie, and a tie is nt-outer (contract section 7).
      result.order = config.mapping.order.value_or(tile_order::nt_outer);
    }
    add_operands(result, op);
    mm_op_values group_values(l, values, group);
    const mm_op_program program(config, op, result.block, result.order, l.epilogue,
                                with_values ? &group_values : nullptr);
    result.counters += runner.run(program);
  }
  check_invariants(result, config);
  if (with_values) {
    check_values(l, values, operands);
  }
  return result;
}

}  // namespace

void run_forward(const accelerator_config& config, const std::vector<const layer*>& layers,
                 const operand_provider& operands, const run_options& options, const progress_callback& progress,
                 const result_sink& sink) {
  const auto runner = make_engine(options.engine, config);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    progress(i, layers.size(), layers[i]->name);
    sink(run_forward_layer(config, *layers[i], operands, options.values, *runner));
  }
}

}  // namespace dlac
