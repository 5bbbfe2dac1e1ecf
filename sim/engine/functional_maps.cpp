#include "sim/engine/functional_maps.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "sim/core/stop.h"
#include "sim/engine/value_check.h"
#include "sim/workload/tensor_layout.h"

namespace dlac {
namespace {

/// All that a node reads, once for each time.
std::vector<std::size_t> read_by(const graph_node& node) {
  std::vector<std::size_t> nodes = node.inputs;
  if (node.columns) {
    nodes.push_back(*node.columns);
  }
  for (const auto& operand : node.epilogue) {
    if (operand) {
      nodes.push_back(*operand);
    }
  }
  return nodes;
}

/// Of every image the place of its largest value, where an image has no more than one axis.
std::vector<std::uint64_t> largest_places(const map_shape& shape, const std::vector<float>& values) {
  std::vector<std::uint64_t> places;
  const auto elements = shape.elements();
  const bool is_vector = std::count_if(shape.extents.begin(), shape.extents.end(), [](auto e) { return e > 1; }) <= 1;
  for (std::size_t first = 0; is_vector && first < values.size(); first += elements) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
    places.push_back(
        static_cast<std::uint64_t>(std::max_element(begin, begin + static_cast<std::ptrdiff_t>(elements)) - begin));
  }
  return places;
}

}  // namespace

functional_maps::plan functional_maps::plan_for(const std::vector<const layer*>& layers) const {
  const auto& nodes = net_.graph->nodes;
  plan result{std::vector<bool>(nodes.size()), std::vector<std::size_t>(nodes.size()), 0};
  for (const layer* const l : layers) {
    result.is_needed[node_of(*l)] = true;
  }
  for (std::size_t i = nodes.size(); i-- > 0;) {
    if (result.is_needed[i]) {
      for (const std::size_t read : read_by(nodes[i])) {
        result.is_needed[read] = true;
      }
    }
  }
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    // A node behind the layers costs no simulation: it belongs to the result.
    const bool follows = !nodes[i].layer && std::all_of(nodes[i].inputs.begin(), nodes[i].inputs.end(),
                                                        [&](std::size_t input) { return result.is_needed[input]; });
    result.is_needed[i] = result.is_needed[i] || follows;
    if (result.is_needed[i]) {
      result.last = i;
      for (const std::size_t read : read_by(nodes[i])) {
        ++result.readers[read];
      }
    }
  }
  ++result.readers[result.last];
  return result;
}

std::size_t functional_maps::node_of(const layer& l) const {
  return net_.graph->node_of_layer[static_cast<std::size_t>(&l - net_.layers.data())];
}

void functional_maps::begin(const std::vector<const layer*>& layers, const operand_provider& operands) {
  operands_ = &operands;
  plan_ = plan_for(layers);
  next_ = 1;
  maps_.assign(net_.graph->nodes.size(), std::nullopt);
  network_image image = image_ ? *image_ : operands.image(image_file_);
  figures_ = {.image = std::move(image.origin), .output = {}, .largest = {}};
  maps_.front() = std::move(image.values);
}

void functional_maps::advance_to(const layer& l) {
  compute_until(node_of(l));
}

void functional_maps::take(const layer& l, const std::vector<float>& output) {
  keep(node_of(l), map_as_traced(l, l.output_shape(net_.batch), output));
  next_ = node_of(l) + 1;
}

functional_figures functional_maps::end() {
  compute_until(plan_.last + 1);
  const graph_node& last = net_.graph->nodes[plan_.last];
  figures_.output = last.name;
  figures_.largest = largest_places(last.shape, values_of(plan_.last));
  return figures_;
}

std::vector<const layer*> functional_maps::needed_layers(const std::vector<const layer*>& layers) const {
  const plan needed = plan_for(layers);
  std::vector<const layer*> result;
  for (const layer& l : net_.layers) {
    if (needed.is_needed[node_of(l)]) {
      result.push_back(&l);
    }
  }
  return result;
}

std::uint64_t functional_maps::most_bytes(const std::vector<const layer*>& layers) const {
  plan left = plan_for(layers);
  const auto& nodes = net_.graph->nodes;
  const auto bytes = [&](std::size_t i) { return net_.batch * nodes[i].shape.elements() * sizeof(float); };
  std::uint64_t kept = bytes(0);
  std::uint64_t most = kept;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    if (!left.is_needed[i]) {
      continue;
    }
    kept += bytes(i);
    most = std::max(most, kept);
    for (const std::size_t read : read_by(nodes[i])) {
      kept -= --left.readers[read] == 0 ? bytes(read) : 0;
    }
    kept -= left.readers[i] == 0 ? bytes(i) : 0;
  }
  return most;
}

const std::vector<float>& functional_maps::values_of(std::size_t node) const {
  if (!maps_[node]) {
    throw std::logic_error("a map is read that is not there");
  }
  return *maps_[node];
}

std::vector<node_input> functional_maps::inputs_of(const graph_node& node) const {
  std::vector<node_input> inputs;
  for (const std::size_t input : node.inputs) {
    inputs.push_back({&net_.graph->nodes[input].shape, &values_of(input)});
  }
  return inputs;
}

std::vector<float> functional_maps::operand(const layer& l, tensor_role operand) const {
  const graph_node& node = net_.graph->nodes[node_of(l)];
  if (operand == tensor_role::weights) {
    return values_of(*node.columns);
  }
  std::vector<map_shape> shapes;
  shapes.reserve(node.inputs.size());
  for (const std::size_t input : node.inputs) {
    shapes.push_back(net_.graph->nodes[input].shape);
  }
  return map_in_order(l, l.activation_shape(net_.batch), concatenated_shape(shapes).of_images(net_.batch),
                      concatenated_values(inputs_of(node), net_.batch));
}

std::vector<float> functional_maps::epilogue_operand(const layer& l, const pt_wise_op& op) const {
  const graph_node& node = net_.graph->nodes[node_of(l)];
  const auto place = std::find_if(l.epilogue.begin(), l.epilogue.end(),
                                  [&](const pt_wise_op& other) {
                                    return other.from == op.from && other.is_per_channel == op.is_per_channel;
                                  }) -
                     l.epilogue.begin();
  const std::size_t from = *node.epilogue[static_cast<std::size_t>(place)];
  return op.is_per_channel ? values_of(from)
                           : map_in_order(l, l.output_shape(net_.batch),
                                          net_.graph->nodes[from].shape.of_images(net_.batch), values_of(from));
}

void functional_maps::compute_until(std::size_t node) {
  for (; next_ < node; ++next_) {
    if (plan_.is_needed[next_]) {
      heed_stop();
      compute(next_);
    }
  }
}

void functional_maps::compute(std::size_t node) {
  const graph_node& computed = net_.graph->nodes[node];
  if (computed.layer) {
    const layer& l = net_.layers[*computed.layer];
    checked_numbers unused;
    keep(node, map_as_traced(l, l.output_shape(net_.batch),
                             compute_ ? compute_(l) : reference_output(net_, l, *operands_, unused)));
    return;
  }
  node_constants constants;
  if (computed.operation.type == node_type::layer_norm && computed.operation.is_affine) {
    const auto count = normalised_elements(computed.operation, computed.shape);
    constants = {operands_->node_constants(computed.name, "scale", count),
                 operands_->node_constants(computed.name, "bias", count)};
  }
  keep(node, node_values(computed.operation, inputs_of(computed), net_.batch, constants));
}

void functional_maps::keep(std::size_t node, std::vector<float> values) {
  maps_[node] = std::move(values);
  for (const std::size_t read : read_by(net_.graph->nodes[node])) {
    if (--plan_.readers[read] == 0) {
      maps_[read].reset();
    }
  }
  if (plan_.readers[node] == 0) {
    maps_[node].reset();
  }
}

}  // namespace dlac
