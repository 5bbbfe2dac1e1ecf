#include "sim/report/layer_notes.h"

#include <fmt/format.h>

#include <string_view>

#include "sim/numbers/tensor_conversion.h"

namespace dlac {
namespace {

/// Contract section 2: what the operands of a pass are.
tensor_role row_role(pass_kind pass) {
  return pass == pass_kind::backward_data ? tensor_role::gradients : tensor_role::activations;
}
tensor_role column_role(pass_kind pass) {
  return pass == pass_kind::backward_weight ? tensor_role::gradients : tensor_role::weights;
}
std::string_view row_operand(pass_kind pass) {
  return to_string(row_role(pass));
}
std::string_view column_operand(pass_kind pass) {
  return to_string(column_role(pass));
}

bool is_empty(const operand_density& operand) {
  return operand.elements > 0 && operand.nonzeros == 0;
}

}  // namespace

std::vector<std::string> layer_notes(const layer_result& layer) {
  std::vector<std::string> notes;
  const auto add = [&](const operand_density& operand, std::string_view name) {
    if (is_empty(operand)) {
      notes.push_back(fmt::format("all {} are zero: its speed says nothing about real data", name));
    }
  };
  add(layer.row, row_operand(layer.pass));
  add(layer.column, column_operand(layer.pass));
  const auto add_format = [&](const number_format& format, tensor_role role) {
    if (!holds_zero(format, role)) {
      notes.push_back(
          fmt::format("{} are held in {}, of which 0 is in general no number: few or none of them are skipped",
                      to_string(role), name_of(format)));
    }
  };
  add_format(layer.formats.rows, row_role(layer.pass));
  add_format(layer.formats.columns, column_role(layer.pass));
  return notes;
}

}  // namespace dlac
