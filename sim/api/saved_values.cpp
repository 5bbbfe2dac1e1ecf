#include "sim/api/saved_values.h"

#include <span>
#include <utility>

#include "sim/core/version.h"
#include "sim/mapping/values.h"
#include "sim/workload/held_operands.h"
#include "sim/workload/tensor_layout.h"

namespace dlac {
namespace {

std::vector<tensor_entry> entries_of(const network& net, const std::vector<layer_pass>& passes) {
  std::vector<tensor_entry> entries;
  for (const auto& [l, pass] : passes) {
    const shape_4d shape = output_shape(*l, pass, net.batch);
    const auto layouts = pass == pass_kind::backward_weight ? column_layouts(*l, shape) : map_layouts(*l, shape);
    entries.push_back({.name = output_name(*l, pass),
                       .dtype = "F32",
                       .shape = layouts.front(),
                       .bytes = shape.elements() * sizeof(float)});
  }
  return entries;
}

}  // namespace

saved_values::saved_values(const std::string& path, const network& net, const std::vector<layer_pass>& passes)
    : batch_(net.batch),
      writer_(path, entries_of(net, passes), {{"dlac", std::string(version)}, {"workload", net.name}}) {}

void saved_values::take(const layer& l, pass_kind pass, const std::vector<float>& output) {
  const auto traced = pass == pass_kind::backward_weight ? columns_as_traced(l, output)
                                                         : map_as_traced(l, output_shape(l, pass, batch_), output);
  writer_.write(std::as_bytes(std::span(traced)));
}

}  // namespace dlac
