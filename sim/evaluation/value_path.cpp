#include "sim/evaluation/value_path.h"

#include <algorithm>
#include <utility>

#include "sim/engine/value_check.h"
#include "sim/mapping/pt_wise_arithmetic.h"
#include "sim/mapping/step_order.h"
#include "sim/workload/held_operands.h"

namespace dlac {
namespace {

step_matrix columns_of(const mm_op_shape& shape, const mm_op_values& values, std::uint64_t steps) {
  step_matrix columns(steps, shape.n);
  values.gather_columns(0, shape.n, columns.values, columns.stride);
  return columns;
}

/// Whether what an operation reads beside its output is the same for all outputs of a column.
bool is_alike_in_columns(const pt_wise_op& op) {
  return op.kind != pt_wise_kind::select && !op.streams_feature_map && !op.is_per_channel;
}

/// On the outputs [n][m].
void apply_epilogue(const mm_op_shape& shape, const mm_op_values& values, const std::vector<pt_wise_op>& epilogue,
                    std::vector<float>& outputs) {
  const ieee_float format = values.formats().pointwise;
  for (std::uint64_t n = 0; n < shape.n; ++n) {
    const std::span<float> column = std::span(outputs).subspan(n * shape.m, shape.m);
    for (std::size_t op = 0; op < epilogue.size(); ++op) {
      if (is_alike_in_columns(epilogue[op])) {
        apply_pt_wise_op(epilogue[op].kind, format, values.operands(op, 0, n, 0), column);
      } else if (epilogue[op].kind == pt_wise_kind::select) {
        const float threshold = rounded(format, epilogue[op].threshold);
        std::transform(column.begin(), column.end(), column.begin(),
                       [threshold](float x) { return x > threshold ? x : 0.0F; });
      } else {
        for (std::uint64_t m = 0; m < shape.m; ++m) {
          column[m] = apply_pt_wise_op(epilogue[op].kind, format, values.operands(op, m, n, column[m]));
        }
      }
    }
  }
}

/// Outputs [n][m] to where they stand: most columns are a plane of the output.
void place_columns(const mm_op_shape& shape, const mm_op_values& values, const std::vector<float>& outputs,
                   std::vector<float>& output) {
  for (std::uint64_t n = 0; n < shape.n; ++n) {
    const float* const column = outputs.data() + n * shape.m;
    const std::uint64_t first = values.output_index(0, n);
    if (values.output_index(shape.m - 1, n) - first == shape.m - 1) {  // indices increase with m
      std::copy_n(column, shape.m, output.begin() + static_cast<std::ptrdiff_t>(first));
      continue;
    }
    for (std::uint64_t m = 0; m < shape.m; ++m) {
      output[values.output_index(m, n)] = column[m];
    }
  }
}

}  // namespace

held_operand kept_operands::operand_values(const layer& l, tensor_role operand, pass_kind pass) const {
  if (operand != tensor_role::weights || l.is_matmul()) {
    return operand_provider::operand_values(l, operand, pass);
  }
  const auto found = weights_.find(l.name);
  return found != weights_.end()
             ? found->second
             : weights_.emplace(l.name, operand_provider::operand_values(l, operand, pass)).first->second;
}

const value_path::prepared_layer& value_path::prepare(const layer& l, const layer_values& values) {
  const auto found = layers_.find(l.name);
  if (found != layers_.end()) {
    return found->second;
  }
  prepared_layer& made = layers_[l.name];
  made.shapes = mm_op_shapes(l, pass_kind::forward, net_.batch);
  for (const mm_op_shape& shape : made.shapes) {
    made.columns.push_back(l.is_matmul()
                               ? step_matrix()
                               : columns_of(shape, *make_mm_op_values(values, shape), steps_of(shape, values.formats)));
  }
  return made;
}

std::vector<float> value_path::output(const layer& l, zero_count& activations) {
  const layer_values values = load_values(net_, l, pass_kind::forward, operands_);
  activations.add(values.activations);
  const prepared_layer& prepared = prepare(l, values);
  const std::vector<pt_wise_op> epilogue = pass_epilogue(l, values.formats, pass_kind::forward);
  // Of a transposed convolution some may be in no mmOp.
  std::vector<float> output = has_phases(l, pass_kind::forward)
                                  ? epilogue_of_zeros(net_, l, values.formats, operands_)
                                  : std::vector<float>(l.output_shape(net_.batch).elements());
  for (std::size_t i = 0; i < prepared.shapes.size(); ++i) {
    const mm_op_shape& shape = prepared.shapes[i];
    const auto of_shape = make_mm_op_values(values, shape);
    const std::uint64_t steps = steps_of(shape, values.formats);
    step_matrix rows(steps, shape.m);
    of_shape->gather_rows(0, shape.m, rows.values, rows.stride);
    const step_matrix own = l.is_matmul() ? columns_of(shape, *of_shape, steps) : step_matrix();
    mm_op_sums sums = product_sums(shape, *of_shape, steps, rows, l.is_matmul() ? own : prepared.columns[i]);
    saturated_ += sums.saturated;
    apply_epilogue(shape, *of_shape, epilogue, sums.sums);
    place_columns(shape, *of_shape, sums.sums, output);
  }
  const pass_formats& formats = values.formats;
  if (is_float(formats.output, formats.pointwise)) {
    return output;
  }
  const std::string name = output_name(l, pass_kind::forward);
  return hold_values(output_format(operands_.numbers_of(l), l, pass_kind::forward),
                     {.name = name,
                      .role = output_role(pass_kind::forward),
                      .shape = l.output_shape(net_.batch),
                      .values = {},
                      .pass = pass_kind::forward},
                     std::move(output))
      .values;
}

}  // namespace dlac
