#include "sim/mapping/values.h"

#include <algorithm>

#include "sim/core/half.h"

namespace dlac {
namespace {

std::vector<float> in_format(std::vector<float> values, machine_mode mode) {
  if (mode == machine_mode::fp16_inference) {
    std::transform(values.begin(), values.end(), values.begin(), [](float value) { return round_to_half(value); });
  }
  return values;
}

}  // namespace

layer_values load_forward_values(const layer& l, const operand_provider& operands, machine_mode mode) {
  layer_values values;
  values.mode = mode;
  values.activations = in_format(operands.activation_values(l), mode);
  values.weights = in_format(operands.weight_values(l), mode);
  const auto output_shape = l.output_shape(operands.batch());
  for (const auto& op : l.epilogue) {
    if (op.reads_scale()) {
      values.scale = in_format(operands.scale(l), mode);
    }
    if (op.reads_bias()) {
      values.bias = in_format(operands.bias(l), mode);
    }
    values.streamed.push_back(op.streams_feature_map
                                  ? in_format(operands.feature_map_values(op.tensor, output_shape), mode)
                                  : std::vector<float>{});
  }
  values.output.assign(output_shape.elements(), 0.0F);
  return values;
}

mm_op_values::mm_op_values(const layer& l, layer_values& values, std::uint32_t group)
    : layer_(l),
      values_(values),
      first_input_channel_(std::uint64_t{group} * (l.in_channels / l.groups)),
      first_output_channel_(std::uint64_t{group} * (l.out_channels / l.groups)),
      pixels_(std::uint64_t{l.output_size().h} * l.output_size().w) {}

void mm_op_values::gather_rows(std::uint64_t first, std::uint64_t count, std::span<float> out,
                               std::uint64_t stride) const {
  const auto output_width = layer_.output_size().w;
  const auto channels = layer_.in_channels / layer_.groups;
  const std::uint64_t height = layer_.input_size.h;
  const std::uint64_t width = layer_.input_size.w;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto m = first + i;
    const auto image = m / pixels_;
    const auto pixel = m % pixels_;
    const auto top = (pixel / output_width) * layer_.stride.h;
    const auto left = (pixel % output_width) * layer_.stride.w;
    std::uint64_t k = 0;
    for (std::uint64_t c = 0; c < channels; ++c) {
      const auto plane = (image * layer_.in_channels + first_input_channel_ + c) * height;
      for (std::uint64_t ky = 0; ky < layer_.kernel.h; ++ky) {
        for (std::uint64_t kx = 0; kx < layer_.kernel.w; ++kx, ++k) {
          // Above or left of the image the unsigned difference wraps round to a huge number: outside as well.
          const auto y = top + ky - layer_.padding.h;
          const auto x = left + kx - layer_.padding.w;
          out[k * stride + i] = y < height && x < width ? values_.activations[(plane + y) * width + x] : 0.0F;
        }
      }
    }
  }
}

void mm_op_values::gather_columns(std::uint64_t first, std::uint64_t count, std::span<float> out,
                                  std::uint64_t stride) const {
  const auto steps = layer_.weight_shape().elements() / layer_.out_channels;
  for (std::uint64_t j = 0; j < count; ++j) {
    const auto* weights = values_.weights.data() + (first_output_channel_ + first + j) * steps;
    for (std::uint64_t k = 0; k < steps; ++k) {
      out[k * stride + j] = weights[k];
    }
  }
}

}  // namespace dlac
