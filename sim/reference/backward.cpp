#include "sim/reference/backward.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "sim/core/error.h"
#include "sim/core/stop.h"
#include "sim/core/vector_clones.h"
#include "sim/reference/arithmetic.h"

namespace dlac {
namespace {

void expect_elements(std::span<const float> operand, const shape_4d& shape) {
  if (operand.size() != shape.elements()) {
    throw simulation_error("reference backward pass: an operand has not the elements of its shape");
  }
}

/// sums[i] takes factor * values[i] for every i.
template <class Add>
DLAC_VECTOR_CLONES void add_products(const Add& add, typename Add::sum* __restrict sums, const float* __restrict values,
                                     float factor, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sums[i] = add(sums[i], values[i], factor);
}

/// An output row of gradients, through one weight, into the row of inputs that it was computed from.
template <class Add>
void scatter_row(const reference_layer& layer, const Add& add, typename Add::sum* input_row,
                 std::span<const float> gradients, std::uint64_t kx, float weight) {
  const std::uint64_t stride = layer.stride.w;
  const std::uint64_t padding = layer.padding.left;
  const std::uint64_t place = kx * layer.dilation.w;
  // The outputs that read inside the row: padding <= ox * stride + place < width + padding.
  const std::uint64_t first = place >= padding ? 0 : (padding - place + stride - 1) / stride;
  const std::uint64_t reach = layer.input.w + padding;
  const std::uint64_t end =
      place >= reach ? 0 : std::min<std::uint64_t>(gradients.size(), (reach - place - 1) / stride + 1);
  if (first >= end) return;
  auto* const target = input_row + (first * stride + place - padding);
  const float* const source = gradients.data() + first;
  if (stride == 1) {
    add_products(add, target, source, weight, end - first);
    return;
  }
  for (std::uint64_t i = 0; i < end - first; ++i) {
    auto& sum = target[i * stride];
    sum = add(sum, source[i], weight);
  }
}

/// One plane of gradients, through one weight, into the plane of inputs.
template <class Add>
void scatter_plane(const reference_layer& layer, const Add& add, const shape_4d& output, typename Add::sum* input_plane,
                   std::span<const float> gradients, std::uint64_t ky, std::uint64_t kx, float weight) {
  for (std::uint64_t oy = 0; oy < output.h; ++oy) {
    // A row above the image wraps round to a large number, which is outside, too.
    const std::uint64_t y = oy * layer.stride.h + ky * layer.dilation.h - layer.padding.top;
    if (y < layer.input.h) {
      scatter_row(layer, add, input_plane + y * layer.input.w, gradients.subspan(oy * output.w, output.w), kx, weight);
    }
  }
}

/// The inputs of one group that output pixel (oy, ox) reads, as [cin, ky, kx]; zeros in the padding.
void gather_patch(const reference_layer& layer, std::span<const float> image, std::uint64_t first_channel,
                  std::uint64_t oy, std::uint64_t ox, std::vector<float>& patch) {
  std::size_t place = 0;
  for (std::uint64_t c = 0; c < layer.weights.c; ++c) {
    for (std::uint64_t ky = 0; ky < layer.weights.h; ++ky) {
      for (std::uint64_t kx = 0; kx < layer.weights.w; ++kx) {
        const std::uint64_t y = oy * layer.stride.h + ky * layer.dilation.h - layer.padding.top;
        const std::uint64_t x = ox * layer.stride.w + kx * layer.dilation.w - layer.padding.left;
        const bool inside = y < layer.input.h && x < layer.input.w;
        patch[place++] = inside ? image[((first_channel + c) * layer.input.h + y) * layer.input.w + x] : 0.0F;
      }
    }
  }
}

/// `use` of the parts of the row operand and of the column operand, pair by pair.
template <class Use>
void for_pairs(const reference_operand& rows, const reference_operand& columns, const Use& use) {
  for (std::size_t row = 0; row < rows.parts(); ++row) {
    for (std::size_t column = 0; column < columns.parts(); ++column) use(rows.part(row), columns.part(column));
  }
}

/// Sums of the pass's accumulator in this shape, made by `fill`, as the numbers that they stand for.
template <class Fill>
std::vector<float> with_finished_sums(const reference_layer& layer, const shape_4d& shape, const Fill& fill) {
  std::uint64_t saturated = 0;
  auto finished = with_sums_of(layer.formats, saturated, [&](const auto& add) {
    std::vector<typename std::decay_t<decltype(add)>::sum> sums(shape.elements(), 0);
    fill(add, sums);
    return finished_sums(sums, layer.sum_scales, [](std::size_t) { return std::size_t{0}; });
  });
  if (layer.saturated != nullptr) *layer.saturated += saturated;
  return finished;
}

}  // namespace

std::vector<float> reference_backward_data(const reference_layer& layer, const reference_operand& gradients,
                                           const reference_operand& weights) {
  const shape_4d output = reference_output_shape(layer);
  expect_elements(gradients.low, output);
  expect_elements(weights.low, layer.weights);
  return with_finished_sums(layer, layer.input, [&](const auto& add, auto& sums) {
    const std::uint64_t outputs_per_group = output.c / layer.groups;
    const std::uint64_t output_plane = output.h * output.w;
    const std::uint64_t input_plane = layer.input.h * layer.input.w;
    for (std::uint64_t image = 0; image < output.n; ++image) {
      for (std::uint64_t cout = 0; cout < output.c; ++cout) {
        const std::uint64_t first_input = image * layer.input.c + cout / outputs_per_group * layer.weights.c;
        for (std::uint64_t ky = 0; ky < layer.weights.h; ++ky) {
          for (std::uint64_t kx = 0; kx < layer.weights.w; ++kx) {
            heed_stop();
            for (std::uint64_t cin = 0; cin < layer.weights.c; ++cin) {
              for_pairs(gradients, weights, [&](std::span<const float> row_part, std::span<const float> column_part) {
                const auto plane = row_part.subspan((image * output.c + cout) * output_plane, output_plane);
                const float weight =
                    column_part[((cout * layer.weights.c + cin) * layer.weights.h + ky) * layer.weights.w + kx];
                scatter_plane(layer, add, output, sums.data() + (first_input + cin) * input_plane, plane, ky, kx,
                              weight);
              });
            }
          }
        }
      }
    }
  });
}

std::vector<float> reference_backward_weight(const reference_layer& layer, const reference_operand& activations,
                                             const reference_operand& gradients) {
  const shape_4d output = reference_output_shape(layer);
  expect_elements(activations.low, layer.input);
  expect_elements(gradients.low, output);
  return with_finished_sums(layer, layer.weights, [&](const auto& add, auto& sums) {
    const std::uint64_t outputs_per_group = output.c / layer.groups;
    const std::uint64_t image_elements = layer.input.c * layer.input.h * layer.input.w;
    std::array<std::vector<float>, 2> patches;
    patches.fill(std::vector<float>(layer.weights.c * layer.weights.h * layer.weights.w));
    for (std::uint64_t image = 0; image < output.n; ++image) {
      for (std::uint64_t pixel = 0; pixel < output.h * output.w; ++pixel) {
        heed_stop();
        for (std::uint64_t cout = 0; cout < output.c; ++cout) {
          for (std::size_t part = 0; cout % outputs_per_group == 0 && part < activations.parts(); ++part) {
            gather_patch(layer, activations.part(part).subspan(image * image_elements, image_elements),
                         cout / outputs_per_group * layer.weights.c, pixel / output.w, pixel % output.w, patches[part]);
          }
          const reference_operand patch =
              activations.parts() > 1 ? reference_operand(patches[0], patches[1]) : reference_operand(patches[0]);
          for_pairs(patch, gradients, [&](std::span<const float> row_part, std::span<const float> column_part) {
            const float gradient = column_part[(image * output.c + cout) * output.h * output.w + pixel];
            add_products(add, sums.data() + cout * row_part.size(), row_part.data(), gradient, row_part.size());
          });
        }
      }
    }
  });
}

void apply_reference_relu_derivative(std::span<float> gradients, std::span<const float> activations) {
  if (gradients.size() != activations.size()) {
    throw simulation_error("reference backward pass: as many gradients as activations are needed");
  }
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (activations[i] == 0) gradients[i] = 0.0F;
  }
}

void apply_reference_update(const reference_update& update, std::span<float> gradients) {
  if (gradients.size() != update.velocity.size() || gradients.size() != update.master_weights.size()) {
    throw simulation_error("reference update: gradients, velocity and weights are not of one size");
  }
  double sum = 0;
  for (const float weight : update.master_weights) sum += std::fabs(static_cast<double>(weight));
  const auto threshold = static_cast<float>(0.7 * (sum / static_cast<double>(gradients.size())));
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const float velocity = std::fma(update.momentum, update.velocity[i], gradients[i]);
    float weight = std::fma(-update.learning_rate, velocity, update.master_weights[i]);
    if (update.format == weight_format::ternary) {
      weight = weight > threshold ? 1.0F : (weight < -threshold ? -1.0F : 0.0F);
    }
    gradients[i] = weight;
  }
}

}  // namespace dlac
