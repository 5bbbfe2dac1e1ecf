#include "sim/reference/convolution.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include "sim/core/error.h"
#include "sim/core/stop.h"
#include "sim/core/vector_clones.h"
#include "sim/reference/arithmetic.h"
#include "sim/reference/rounding.h"

namespace dlac {
namespace {

// A block of output pixels of one channel stays in the first-level cache over a chunk of steps.
constexpr std::size_t block_pixels = 256;
constexpr std::size_t chunk_steps = 64;
constexpr std::size_t most_pairs = 4;  // of parts, in a step

/// The operands of a chunk of steps for a block of pixels: one row per step.
using operand_panel = std::vector<float>;

/// sums[p] accumulates weights[step] times panel[step][p], steps in order.
template <class Add>
DLAC_VECTOR_CLONES void accumulate(const Add& add, typename Add::sum* __restrict sums, std::span<const float> weights,
                                   const float* __restrict panel, std::size_t pixels) {
  for (std::size_t step = 0; step < weights.size(); ++step) {
    const float* row = panel + step * block_pixels;
    const float weight = weights[step];
    for (std::size_t p = 0; p < pixels; ++p) sums[p] = add(sums[p], row[p], weight);
  }
}

/// Pixels [first, first + count) of an output plane, in memory order.
struct pixel_block {
  std::uint64_t first = 0;
  std::size_t count = 0;
};

/// A range of steps k, in the order (cin, ky, kx) of one group.
struct step_chunk {
  std::uint64_t first = 0;
  std::size_t count = 0;
};

/// What one kernel position reads of an input plane for a block of pixels; zeros in the padding.
void gather_step(const reference_layer& layer, std::uint64_t output_width, std::span<const float> plane,
                 std::uint64_t ky, std::uint64_t kx, pixel_block block, float* row) {
  std::uint64_t oy = block.first / output_width;
  std::uint64_t ox = block.first % output_width;
  for (std::size_t p = 0; p < block.count; ++p) {
    // Places above or left of the image wrap round to large numbers, which are outside, too.
    const std::uint64_t y = oy * layer.stride.h + ky * layer.dilation.h - layer.padding.top;
    const std::uint64_t x = ox * layer.stride.w + kx * layer.dilation.w - layer.padding.left;
    row[p] = y < layer.input.h && x < layer.input.w ? plane[y * layer.input.w + x] : 0.0F;
    if (++ox == output_width) {
      ox = 0;
      ++oy;
    }
  }
}

/// Fills the panel for the steps of a chunk. `channels` are the input planes of one image and group, `columns` the
/// parts of a weight.
void gather_chunk(const reference_layer& layer, std::uint64_t output_width, const reference_operand& channels,
                  std::size_t columns, step_chunk steps, pixel_block block, operand_panel& panel) {
  const std::uint64_t plane_size = layer.input.h * layer.input.w;
  const std::uint64_t kernel_size = layer.weights.h * layer.weights.w;
  const std::size_t pairs = channels.parts() * columns;
  for (std::size_t s = 0; s < steps.count * pairs; ++s) {
    const std::uint64_t k = steps.first + s / pairs;
    const std::uint64_t place = k % kernel_size;
    float* row = panel.data() + s * block_pixels;
    gather_step(layer, output_width,
                channels.part(s % pairs / columns).subspan(k / kernel_size * plane_size, plane_size),
                place / layer.weights.w, place % layer.weights.w, block, row);
    if (is_float(layer.formats.rows, ieee_float::fp16)) {
      for (std::size_t p = 0; p < block.count; ++p) row[p] = reference_half(row[p]);
    }
  }
}

/// All output channels of one image and group: `channels` are its input planes, `weights` its filters, `outputs` its
/// output planes.
template <class Add>
void convolve_group(const reference_layer& layer, const Add& add, std::uint64_t output_width,
                    const reference_operand& channels, const reference_operand& weights,
                    std::span<typename Add::sum> outputs, operand_panel& panel) {
  const bool rounds_weights = is_float(layer.formats.columns, ieee_float::fp16);
  const std::uint64_t steps = layer.weights.c * layer.weights.h * layer.weights.w;
  const std::uint64_t out_channels = layer.weights.n / layer.groups;
  const std::uint64_t plane_size = outputs.size() / out_channels;
  const std::size_t columns = weights.parts();
  const std::size_t pairs = channels.parts() * columns;
  std::array<float, chunk_steps * most_pairs> factors{};
  for (std::uint64_t pixel = 0; pixel < plane_size; pixel += block_pixels) {
    const pixel_block block{pixel, std::min(block_pixels, plane_size - pixel)};
    for (std::uint64_t step = 0; step < steps; step += chunk_steps) {
      heed_stop();
      const step_chunk chunk{step, std::min(chunk_steps, steps - step)};
      gather_chunk(layer, output_width, channels, columns, chunk, block, panel);
      for (std::uint64_t channel = 0; channel < out_channels; ++channel) {
        std::span<const float> filter = weights.low.subspan(channel * steps + chunk.first, chunk.count);
        if (rounds_weights || pairs > 1) {
          for (std::size_t s = 0; s < chunk.count * pairs; ++s) {
            const float w = weights.part(s % columns)[channel * steps + chunk.first + s / pairs];
            factors[s] = rounds_weights ? reference_half(w) : w;
          }
          filter = std::span<const float>(factors).first(chunk.count * pairs);
        }
        accumulate(add, outputs.data() + channel * plane_size + block.first, filter, panel.data(), block.count);
      }
    }
  }
}

}  // namespace

shape_4d reference_output_shape(const reference_layer& layer) {
  const shape_4d& input = layer.input;
  const shape_4d& weights = layer.weights;
  const std::uint64_t padded_height = input.h + layer.padding.top + layer.padding.bottom;
  const std::uint64_t padded_width = input.w + layer.padding.left + layer.padding.right;
  const std::uint64_t kernel_height = layer.dilation.h * (weights.h - 1) + 1;
  const std::uint64_t kernel_width = layer.dilation.w * (weights.w - 1) + 1;
  const bool groups_fit = layer.groups > 0 && weights.c * layer.groups == input.c && weights.n % layer.groups == 0;
  const bool window_fits = layer.stride.h > 0 && layer.stride.w > 0 && weights.h > 0 && weights.w > 0 &&
                           kernel_height <= padded_height && kernel_width <= padded_width;
  if (!groups_fit || !window_fits) throw simulation_error("reference convolution: the layer's shapes do not fit");
  return {input.n, weights.n, (padded_height - kernel_height) / layer.stride.h + 1,
          (padded_width - kernel_width) / layer.stride.w + 1};
}

std::vector<float> reference_convolution(const reference_layer& layer, const reference_operand& activations,
                                         const reference_operand& weights) {
  const shape_4d shape = reference_output_shape(layer);
  if (activations.low.size() != layer.input.elements() || weights.low.size() != layer.weights.elements()) {
    throw simulation_error("reference convolution: an operand has not the elements of its shape");
  }
  std::uint64_t saturated = 0;
  auto output = with_sums_of(layer.formats, saturated, [&](const auto& add) {
    using sum = typename std::decay_t<decltype(add)>::sum;
    std::vector<sum> sums(shape.elements(), 0);
    operand_panel panel(activations.parts() * weights.parts() * chunk_steps * block_pixels);
    // Images and, within them, groups are contiguous in the input and in the output; groups are in the weights.
    const std::uint64_t parts = layer.input.n * layer.groups;
    const std::uint64_t part_inputs = activations.low.size() / std::max<std::uint64_t>(parts, 1);
    const std::uint64_t part_outputs = sums.size() / std::max<std::uint64_t>(parts, 1);
    const std::uint64_t group_weights = weights.low.size() / layer.groups;
    const auto range = [](const reference_operand& operand, std::uint64_t first, std::uint64_t count) {
      return operand.high.empty()
                 ? reference_operand(operand.low.subspan(first, count))
                 : reference_operand(operand.low.subspan(first, count), operand.high.subspan(first, count));
    };
    for (std::uint64_t part = 0; part < parts; ++part) {
      convolve_group(layer, add, shape.w, range(activations, part * part_inputs, part_inputs),
                     range(weights, part % layer.groups * group_weights, group_weights),
                     std::span(sums).subspan(part * part_outputs, part_outputs), panel);
    }
    return finished_sums(sums, layer.sum_scales, [&](std::size_t i) { return i / (shape.h * shape.w) % shape.c; });
  });
  if (layer.saturated != nullptr) *layer.saturated += saturated;
  return output;
}

}  // namespace dlac
