#include "sim/workload/operation_counts.h"

#include <algorithm>
#include <map>

#include "sim/core/error.h"
#include "sim/numbers/scale_groups.h"

namespace dlac {
namespace {

struct type_description {
  std::string_view name;
  std::string_view unit;
};

// In the order of operation_type.
constexpr std::array<type_description, operation_type_count> descriptions = {{
    {"convolution", "mul-add"},
    {"linear", "mul-add"},
    {"batch_norm", "mul-add"},
    {"element_wise_add", "add"},
    {"other_add", "add"},
    {"bias_add", "add"},
    {"select", "select"},
    {"multiplication", "mul-add"},
    {"convolution_update", "add"},
    {"linear_update", "add"},
    {"scale_bias_update", "add"},
}};

using layers_by_name = std::map<std::string_view, const layer*>;

/// The layer whose activations or output a tensor is; null when it is no layer's of this network.
const layer* layer_of_tensor(const layers_by_name& layers, std::string_view tensor) {
  for (const std::string_view suffix : {".activations", ".output"}) {
    if (tensor.ends_with(suffix)) {
      const auto found = layers.find(tensor.substr(0, tensor.size() - suffix.size()));
      return found == layers.end() ? nullptr : found->second;
    }
  }
  return nullptr;
}

void add_both_ways(direction_counts& counts, std::uint64_t operations) {
  counts.forward += operations;
  counts.backward += operations;
}

void count_pt_wise_op(const pt_wise_op& op, const layers_by_name& layers, std::uint64_t outputs, std::uint32_t batch,
                      operation_counts& counts) {
  switch (op.kind) {
    case pt_wise_kind::mul_add:
      return add_both_ways(counts[operation_type::batch_norm], outputs);
    case pt_wise_kind::mul:
      return add_both_ways(counts[operation_type::multiplication], outputs);
    case pt_wise_kind::select:
    case pt_wise_kind::clamp:
      return add_both_ways(counts[operation_type::select], outputs);
    case pt_wise_kind::add:
    case pt_wise_kind::sub:
      break;
  }
  if (!op.streams_feature_map) {
    add_both_ways(counts[operation_type::bias_add], outputs);
  } else if (const layer* origin = layer_of_tensor(layers, op.tensor)) {
    counts[operation_type::element_wise_add].forward += outputs;
    counts[operation_type::element_wise_add].backward += origin->activation_shape(batch).elements();
  } else {
    counts[operation_type::other_add].forward += outputs;
  }
}

layer_operations count_layer(const layer& l, const layers_by_name& layers, std::uint32_t batch) {
  layer_operations result{
      .name = l.name, .type = l.type, .weights = l.weight_shape().elements(), .scales_and_biases = 0, .counts = {}};
  const bool is_linear = l.has_tokens();
  const std::uint64_t macs = l.dense_macs(batch);
  result.counts[is_linear ? operation_type::linear : operation_type::convolution] = {macs, 2 * macs};
  for (const pt_wise_op& op : l.epilogue) {
    count_pt_wise_op(op, layers, l.output_shape(batch).elements(), batch, result.counts);
    const std::uint64_t tensors = (op.reads_scale() ? 1U : 0U) + (op.reads_bias() ? 1U : 0U);
    result.scales_and_biases += tensors * l.out_channels;
  }
  result.counts[is_linear ? operation_type::linear_update : operation_type::convolution_update].backward =
      result.weights;
  result.counts[operation_type::scale_bias_update].backward = result.scales_and_biases;
  return result;
}

/// The layers' own numbers fit (network_checks.h); the sum over very many very large layers may not.
void add_within_64_bits(std::uint64_t& total, std::uint64_t addend, const network& net) {
  if (__builtin_add_overflow(total, addend, &total)) {
    throw input_error(net.file, "/layers", "more than 2^64 operations of one kind", "fewer or smaller layers");
  }
}

model_bytes bytes_of(const network_operations& all) {
  const std::uint64_t edge =
      all.layers.front().weights + (all.layers.size() > 1 ? all.layers.back().weights : std::uint64_t{0});
  const std::uint64_t two_bits = (all.weights - edge + 3) / 4;
  return {.fp32 = 4 * (all.weights + all.scales_and_biases),
          .fp16 = 2 * (all.weights + all.scales_and_biases),
          .int8 = all.weights + 4 * all.scales_and_biases,
          .ternary_fp32 = two_bits + 4 * (edge + all.scales_and_biases),
          .ternary_fp16 = two_bits + 2 * (edge + all.scales_and_biases)};
}

}  // namespace

std::string_view to_string(operation_type type) {
  return descriptions[static_cast<std::size_t>(type)].name;
}

std::string_view unit_of(operation_type type) {
  return descriptions[static_cast<std::size_t>(type)].unit;
}

network_operations count_operations(const network& net) {
  layers_by_name by_name;
  for (const layer& l : net.layers) {
    by_name.emplace(l.name, &l);
  }
  network_operations result;
  for (const layer& l : net.layers) {
    layer_operations counted = count_layer(l, by_name, net.batch);
    for (std::size_t i = 0; i < operation_type_count; ++i) {
      add_within_64_bits(result.totals.of[i].forward, counted.counts.of[i].forward, net);
      add_within_64_bits(result.totals.of[i].backward, counted.counts.of[i].backward, net);
    }
    result.weights += counted.weights;
    result.scales_and_biases += counted.scales_and_biases;
    result.layers.push_back(std::move(counted));
  }
  result.first_layer_backward_data = net.layers.front().dense_macs(net.batch);
  result.bytes = bytes_of(result);
  return result;
}

std::uint64_t model_bits(const layer& l, const operand_formats& numbers) {
  const number_format& weights = weights_of(numbers, l.weights);
  const shape_4d shape = l.weight_shape();
  const std::uint64_t of_weights = shape.elements() * bits_of(weights) + scale_bits(weights, shape);
  const auto reads = [&](bool (pt_wise_op::*what)() const) {
    return std::any_of(l.epilogue.begin(), l.epilogue.end(), [&](const pt_wise_op& op) { return (op.*what)(); });
  };
  const std::uint64_t constants =
      (reads(&pt_wise_op::reads_scale) ? 1U : 0U) + (reads(&pt_wise_op::reads_bias) ? 1U : 0U);
  return of_weights + constants * l.out_channels * bits_of(numbers.accumulator.pointwise());
}

std::uint64_t model_bytes_in(const network& net, const operand_formats& numbers) {
  std::uint64_t bytes = 0;
  for (const layer& l : net.layers) {
    bytes += (model_bits(l, with_layer(numbers, l.own_numbers())) + 7) / 8;
  }
  return bytes;
}

}  // namespace dlac
