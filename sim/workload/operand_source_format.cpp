#include "sim/workload/operand_source_format.h"

#include <limits>

namespace dlac {
namespace {

json_format<operand_source> trace_source_format() {
  return object_format<operand_source>("Taken from the trace.", trace_source{})
      .constant("source", "trace")
      .omittable(
          "tensor", [](auto& source) -> auto& { return std::get<trace_source>(source).tensor; }, text_format(),
          "Name of the tensor; without it LAYER.activations, LAYER.weights or LAYER.gradients.")
      .format();
}

json_format<operand_source> dense_source_format() {
  return object_format<operand_source>("Without zeros.", dense_source{}).constant("source", "dense").format();
}

json_format<operand_source> synthetic_source_format() {
  const auto member = [](auto synthetic_source::*pointer) {
    return [pointer](auto& source) -> auto& {
      return std::get<synthetic_source>(source).*pointer;
    };
  };
  return object_format<operand_source>("Zeros drawn at random, the same on every machine.", synthetic_source{})
      .constant("source", "synthetic")
      .required("density", member(&synthetic_source::density), decimal_format(0, 1), "Fraction of non-zeros.")
      .defaulted("channel_spread", member(&synthetic_source::channel_spread), decimal_format(0, 10),
                 "How much the densities of channels differ: the sigma of a log-normal factor.")
      .defaulted("cluster", member(&synthetic_source::cluster), decimal_format(0, 1),
                 "How strongly neighbouring pixels share their zeros: 0 independent, 1 strongly.")
      .defaulted("seed", member(&synthetic_source::seed),
                 integer_format<std::uint64_t>(0, std::numeric_limits<std::uint64_t>::max()), "Seed of the draw.")
      .format();
}

}  // namespace

json_format<given_operand_sources> operands_format(bool weights, bool columns) {
  const json_format<operand_source> source = tagged_format<operand_source>(
      "source",
      {{"trace", trace_source_format()}, {"dense", dense_source_format()}, {"synthetic", synthetic_source_format()}},
      [](const operand_source& value) { return value.index(); });
  object_format<given_operand_sources> table("Where the operands come from.");
  table.omittable("activations", &given_operand_sources::activations, source, "The input of a layer.");
  if (weights) {
    table.omittable("weights", &given_operand_sources::weights, source, "The weights of a layer.");
  }
  table.omittable("gradients", &given_operand_sources::gradients, source,
                  "The gradient of the loss with respect to the output of a layer.");
  if (columns) {
    table.omittable("columns", &given_operand_sources::columns, source,
                    "The second operand of a matmul; without it as activations.");
  }
  return table.format();
}

}  // namespace dlac
