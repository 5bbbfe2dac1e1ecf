#pragma once
// The values of layers, image after image, without the machine that takes cycles for them: what stays from image to
// image (weights, scales, constants) is made once, and all outputs of a layer are summed up side by side. Bit by bit
// what the processing elements compute, and what the reference does.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/evaluation/product_sums.h"
#include "sim/evaluation/zero_count.h"
#include "sim/mapping/pass_shapes.h"
#include "sim/mapping/values.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// Operands of a network on a machine, of which what does not change is held once.
class kept_operands : public operand_provider {
 public:
  using operand_provider::operand_provider;

  [[nodiscard]] held_operand operand_values(const layer& l, tensor_role operand, pass_kind pass) const override;

 private:
  mutable std::map<std::string, held_operand> weights_;  ///< by the layer's name
};

class value_path {
 public:
  /// Both must outlive it.
  value_path(const network& net, const operand_provider& operands) : net_(net), operands_(operands) {}

  /// [n, c, h, w], in the output's format; zeros among its activations go into `activations`. Throws input_error, as
  /// operand_provider does.
  [[nodiscard]] std::vector<float> output(const layer& l, zero_count& activations);

  /// Integer sums that saturated, so far.
  [[nodiscard]] std::uint64_t saturated_sums() const { return saturated_; }

 private:
  struct prepared_layer {
    std::vector<mm_op_shape> shapes;
    std::vector<step_matrix> columns;  ///< of weights, one a shape
  };
  [[nodiscard]] const prepared_layer& prepare(const layer& l, const layer_values& values);

  const network& net_;
  const operand_provider& operands_;
  std::map<std::string, prepared_layer> layers_;  ///< by name
  std::uint64_t saturated_ = 0;
};

}  // namespace dlac
