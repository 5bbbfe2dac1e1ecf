#include "sim/workload/network_graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/workload/network.h"
#include "sim/workload/tensor_layout.h"

namespace dlac {
namespace {

/// Layouts of a batch of one, without the images; the shortest first.
std::vector<map_extents> of_one_image(const std::vector<tensor_extents>& layouts) {
  std::vector<map_extents> result;
  for (const tensor_extents& layout : layouts) {
    if (layout.front() == 1) {
      result.emplace_back(layout.begin() + 1, layout.end());
    }
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const map_extents& a, const map_extents& b) { return a.size() < b.size(); });
  return result;
}

map_shape as_map(const layer& l, const shape_4d& shape) {
  map_shape result{of_one_image(map_layouts(l, shape)).front(), 0};
  result.channels = l.has_tokens() ? result.extents.size() - 1 : 0;
  return result;
}

}  // namespace

std::vector<map_extents> input_layouts(const layer& l) {
  return of_one_image(map_layouts(l, l.activation_shape(1)));
}

std::vector<map_extents> column_map_layouts(const layer& l) {
  return of_one_image(column_layouts(l, l.column_shape(1)));
}

std::vector<map_extents> operand_layouts(const layer& l, const pt_wise_op& op) {
  if (!op.is_per_channel) {
    return of_one_image(map_layouts(l, l.output_shape(1)));
  }
  if (l.products > 1) {
    return {{l.products, l.out_channels}, {l.products, 1, l.out_channels}};
  }
  return {{l.out_channels}, {l.out_channels, 1}, {1, l.out_channels}, {l.out_channels, 1, 1}};
}

map_shape input_map(const layer& l) {
  return as_map(l, l.activation_shape(1));
}

map_shape output_map(const layer& l) {
  return as_map(l, l.output_shape(1));
}

void make_functional(network& net, std::string_view place) {
  if (!net.graph) {
    throw input_error(place, "",
                      fmt::format("{}, a list of layers, of which none says what it reads", one_line(net.file, 400)),
                      R"(a graph: "input" or "from" in one of its layers, or pooling between them)");
  }
  for (std::size_t i = 0; i < net.layers.size() && !net.image; ++i) {
    if (net.layers[i].inputs == std::vector{std::string(image_name)}) {
      net.image = {i, net.layers[i].operands.activations};
    }
  }
  for (layer& l : net.layers) {
    l.operands.activations = computed_source{};
    if (l.columns_from) {
      l.operands.weights = computed_source{};
    }
    for (std::size_t i = 0; i < l.epilogue.size(); ++i) {
      const pt_wise_op& op = l.epilogue[i];
      const std::string_view tensor = op.tensor;
      const auto dot = std::min(tensor.rfind('.'), tensor.size());
      const auto owner = std::find_if(net.layers.begin(), net.layers.end(),
                                      [&](const layer& other) { return other.name == tensor.substr(0, dot); });
      const auto kind = tensor.substr(dot);
      if (op.from.empty() && owner != net.layers.end() && (kind == ".activations" || kind == ".output")) {
        throw input_error(net.file, fmt::format("/layers/{}/epilogue/{}", l.place, i),
                          fmt::format("tensor {}, which a functional run computes", in_quotes(op.tensor)),
                          "\"from\": the layer whose output it is");
      }
    }
  }
}

}  // namespace dlac
