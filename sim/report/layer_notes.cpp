#include "sim/report/layer_notes.h"

#include <fmt/format.h>

#include <string_view>

#include "sim/numbers/tensor_conversion.h"

namespace dlac {
namespace {

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
  add(layer.row, to_string(layer.row_operand));
  add(layer.column, to_string(layer.column_operand));
  if (layer.unreached_outputs > 0) {
    notes.push_back(
        fmt::format("{} outputs that no kernel position reaches are what the epilogue makes of 0: no mmOp "
                    "makes them, they take no cycles",
                    layer.unreached_outputs));
  }
  const auto add_format = [&](const number_format& format, tensor_role role) {
    if (!holds_zero(format, role)) {
      notes.push_back(
          fmt::format("{} are held in {}, of which 0 is in general no number: few or none of them are skipped",
                      to_string(role), name_of(format)));
    }
  };
  add_format(layer.formats.rows, layer.row_operand);
  add_format(layer.formats.columns, layer.column_operand);
  return notes;
}

}  // namespace dlac
