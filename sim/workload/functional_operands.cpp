// What a functional run reads beside the operands of layers: its image, and the constants of nodes.

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/workload/operand_state.h"
#include "sim/workload/operands.h"
#include "sim/workload/tensor_layout.h"

namespace dlac {

network_image operand_provider::image(const std::optional<std::string>& file) const {
  const network& net = state_->net;
  const std::string name(image_name);
  const tensor_extents extents = net.graph->nodes.front().shape.of_images(net.batch);
  if (file) {
    const trace_operands images(*file, state_->numbers, std::nullopt);
    return {images.values(images.plain(name, extents)), fmt::format("tensor image of {}", one_line(*file, 200))};
  }
  if (state_->trace && state_->trace->holds(name)) {
    return {state_->trace->values(state_->trace->plain(name, extents)), "tensor image of the trace"};
  }
  if (!net.image) {
    throw input_error(net.file, "/image", "no image, and no layer whose activations are one",
                      "--image FILE, or a tensor \"image\" in the trace");
  }
  layer first = net.layers[net.image->layer];
  first.operands.activations = net.image->source;
  const std::string_view kind = is_trace(net.image->source) ? "of the trace" : "made up";
  return {map_as_traced(first, first.activation_shape(net.batch), activation_values(first)),
          fmt::format("{}, {}", operand_name(first, tensor_role::activations), kind)};
}

std::vector<float> operand_provider::node_constants(const std::string& node, std::string_view kind,
                                                    std::uint64_t count) const {
  return state_->trace ? state_->trace->values(state_->trace->plain(fmt::format("{}.{}", node, kind), {count}))
                       : std::vector<float>();
}

}  // namespace dlac
