#include "sim/report/layer_notes.h"

#include <fmt/format.h>

#include <string_view>

namespace dlac {
namespace {

/// Contract section 2: what the operands of a pass are.
std::string_view row_operand(pass_kind pass) {
  return pass == pass_kind::backward_data ? "gradients" : "activations";
}
std::string_view column_operand(pass_kind pass) {
  return pass == pass_kind::backward_weight ? "gradients" : "weights";
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
  return notes;
}

}  // namespace dlac
