#include "sim/evaluation/network_evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/engine/network_run.h"
#include "sim/workload/held_operands.h"
#include "sim/workload/layer_selection.h"

namespace dlac {
network_evaluator::network_evaluator(const accelerator_config& config, const network& net,
                                     const std::optional<std::string>& trace)
    : net_(net),
      layers_(select_layers(net, std::vector<std::string>(), "--layers")),
      maps_(net, std::nullopt),
      operands_(net, trace, config.numbers(), &maps_),
      values_(net, operands_) {
  check_layer_formats(config, net, layers_);
  check_operands(operands_, layers_, run_kind::forward, true);
  maps_.compute_by([this](const layer& l) { return output_of(l); });
}

const std::vector<float>& network_evaluator::result_of(std::span<const float> image) {
  maps_.use_image({std::vector<float>(image.begin(), image.end()), "an image of the data"});
  maps_.begin(layers_, operands_);
  const functional_figures figures = maps_.end();
  if (figures.largest.empty()) {
    throw input_error(net_.file, "", fmt::format("{} as the result, which is no vector", in_quotes(figures.output)),
                      "a network that ends in a number for each class");
  }
  return maps_.result();
}

zero_count network_evaluator::weights() const {
  zero_count count;
  for (const layer* const l : layers_) {
    if (!l->is_matmul()) {
      count.add(operands_.operand_values(*l, tensor_role::weights, pass_kind::forward).values);
    }
  }
  return count;
}

std::vector<float> network_evaluator::output_of(const layer& l) {
  if (ranges_ != nullptr) {
    note(operand_provider::operand_name(l, tensor_role::activations),
         operands_.numbers_to_hold(l, tensor_role::activations, pass_kind::forward));
    if (l.is_matmul()) {
      note(operand_provider::operand_name(l, tensor_role::weights),
           operands_.numbers_to_hold(l, tensor_role::weights, pass_kind::forward));
    }
    for (const pt_wise_op& op : l.epilogue) {
      if (op.streams_feature_map) {
        note(op.tensor, operands_.epilogue_values(l, op));
      }
    }
  }
  std::vector<float> output = values_.output(l, activations_);
  if (ranges_ != nullptr) {
    note(output_name(l, pass_kind::forward), output);
  }
  return output;
}

void network_evaluator::note(const std::string& tensor, std::span<const float> values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (!std::isfinite(*least) || !std::isfinite(*most)) {
    throw input_error(net_.file, tensor, "a number that is not finite", "finite numbers to take ranges of");
  }
  const auto [place, is_new] = ranges_->try_emplace(tensor, value_range{*least, *most});
  if (!is_new) {
    place->second.min = std::min(place->second.min, *least);
    place->second.max = std::max(place->second.max, *most);
  }
}

}  // namespace dlac
