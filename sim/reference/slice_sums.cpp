#include "sim/reference/slice_sums.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/stop.h"
#include "sim/core/vector_clones.h"
#include "sim/reference/arithmetic.h"
#include "sim/reference/whole_rounding.h"

namespace dlac {
namespace {

using whole_plane = std::vector<std::int64_t>;

/// A tensor [n, c, h, w] of whole numbers with the scales of its groups.
class coded_tensor {
 public:
  coded_tensor(const reference_codes& operand, const shape_4d& shape)
      : shape_(shape), codes_(operand.codes.begin(), operand.codes.end()), scales_(scales_in_sums(operand)) {
    if (codes_.size() != shape.elements()) {
      throw simulation_error("reference slices: an operand has not the elements of its shape");
    }
  }

  [[nodiscard]] const std::int64_t* plane(std::uint64_t n, std::uint64_t c) const {
    return codes_.data() + (n * shape_.c + c) * shape_.h * shape_.w;
  }
  [[nodiscard]] float scale(std::uint64_t n, std::uint64_t c) const {
    if (scales_.size() <= 1) return scales_.empty() ? 1.0F : scales_.front();
    return scales_.size() == shape_.n ? scales_[n] : scales_[n * shape_.c + c];
  }
  [[nodiscard]] bool has_scales_of_planes() const { return scales_.size() > shape_.n; }
  [[nodiscard]] bool has_scales_of_n() const { return scales_.size() > 1; }

 private:
  shape_4d shape_;
  std::vector<std::int64_t> codes_;
  std::vector<float> scales_;
};

/// sums[x] += codes[x * stride] * factor.
DLAC_VECTOR_CLONES void add_row(std::int64_t* __restrict sums, const std::int64_t* __restrict codes,
                                std::int64_t factor, std::size_t count, std::size_t stride) {
  for (std::size_t x = 0; x < count; ++x) sums[x] += codes[x * stride] * factor;
}

/// Where, along one side, kernel position `k` of outputs [first, end) reads inside the input.
struct reach {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  std::uint64_t input = 0;  ///< of the first

  /// `k` is dilated.
  reach(std::uint64_t k, std::uint64_t outputs, std::uint64_t inputs, std::uint64_t stride, std::uint64_t padding) {
    while (first < outputs && first * stride + k < padding) ++first;
    for (end = first; end < outputs && end * stride + k - padding < inputs;) ++end;
    input = first * stride + k - padding;
  }
};

/// `use` of every run of outputs of a row and the inputs that a kernel position takes them from.
template <class Use>
void for_rows(const reference_layer& layer, const shape_4d& output, const Use& use) {
  for (std::uint64_t ky = 0; ky < layer.weights.h; ++ky) {
    const reach rows(ky * layer.dilation.h, output.h, layer.input.h, layer.stride.h, layer.padding.top);
    for (std::uint64_t kx = 0; kx < layer.weights.w; ++kx) {
      const reach columns(kx * layer.dilation.w, output.w, layer.input.w, layer.stride.w, layer.padding.left);
      for (std::uint64_t oy = rows.first; columns.end > columns.first && oy < rows.end; ++oy) {
        const std::uint64_t y = rows.input + (oy - rows.first) * layer.stride.h;
        use(ky * layer.weights.w + kx, oy * output.w + columns.first, y * layer.input.w + columns.input,
            columns.end - columns.first);
      }
    }
  }
}

/// Sums of one plane of outputs.
class plane_sums {
 public:
  plane_sums(const reference_layer& layer, std::span<float> outputs)
      : formats_{.accumulator = layer.formats.accumulator, .operation = layer.formats.operation},
        outputs_(outputs),
        wholes_(outputs.size(), 0) {}

  [[nodiscard]] std::int64_t* wholes() { return wholes_.data(); }
  /// The slice ends: its sum times the scale goes into the accumulators.
  void end_slice(float scale) {
    std::uint64_t saturated = 0;
    with_sums_of(formats_, saturated, [&](const auto& add) {
      for (std::size_t i = 0; i < outputs_.size(); ++i) {
        outputs_[i] = static_cast<float>(add(outputs_[i], static_cast<float>(wholes_[i]), scale));
      }
    });
    std::fill(wholes_.begin(), wholes_.end(), 0);
  }

 private:
  pass_formats formats_;
  std::span<float> outputs_;
  whole_plane wholes_;
};

}  // namespace

std::vector<float> scales_in_sums(const reference_codes& operand) {
  std::vector<float> scales(operand.scales.begin(), operand.scales.end());
  if (operand.mantissa) {
    for (float& scale : scales) scale = static_cast<float>(std::ldexp(1.0, binary_exponent(scale)));
  }
  return scales;
}

std::vector<float> finished_slices(std::vector<float> sums, const reference_codes& rows, const reference_codes& columns,
                                   ieee_float pointwise) {
  for (float& sum : sums) sum += 0.0F;
  if (rows.mantissa || columns.mantissa) {
    const float mantissa = rows.mantissa.value_or(1.0F) * columns.mantissa.value_or(1.0F);
    const pass_formats rounded_once{.accumulator = pointwise};
    std::uint64_t saturated = 0;
    with_sums_of(rounded_once, saturated, [&](const auto& add) {
      for (float& sum : sums) sum = static_cast<float>(add(0, sum, mantissa));
    });
  }
  return sums;
}

std::vector<float> reference_slices_forward(const reference_layer& layer, const reference_codes& activations,
                                            const reference_codes& weights) {
  const shape_4d output = reference_output_shape(layer);
  const coded_tensor x(activations, layer.input);
  const coded_tensor w(weights, layer.weights);
  const bool has_slices = x.has_scales_of_planes() || w.has_scales_of_planes();
  std::vector<float> outputs(output.elements());
  for (std::uint64_t plane = 0; plane < output.n * output.c; ++plane) {
    heed_stop();
    const std::uint64_t image = plane / output.c;
    const std::uint64_t cout = plane % output.c;
    const std::uint64_t first_input = cout / (output.c / layer.groups) * layer.weights.c;
    plane_sums sums(layer, std::span(outputs).subspan(plane * output.h * output.w, output.h * output.w));
    for (std::uint64_t cin = 0; cin < layer.weights.c; ++cin) {
      const std::int64_t* const kernel = w.plane(cout, cin);
      const std::int64_t* const source = x.plane(image, first_input + cin);
      for_rows(layer, output, [&](std::uint64_t k, std::uint64_t to, std::uint64_t from, std::uint64_t count) {
        add_row(sums.wholes() + to, source + from, kernel[k], count, layer.stride.w);
      });
      if (has_slices || cin + 1 == layer.weights.c)
        sums.end_slice(x.scale(image, first_input + cin) * w.scale(cout, cin));
    }
  }
  return finished_slices(std::move(outputs), activations, weights, layer.formats.pointwise);
}

std::vector<float> reference_slices_backward_data(const reference_layer& layer, const reference_codes& gradients,
                                                  const reference_codes& weights) {
  const shape_4d output = reference_output_shape(layer);
  const coded_tensor g(gradients, output);
  const coded_tensor w(weights, layer.weights);
  const bool has_slices = g.has_scales_of_planes() || w.has_scales_of_n();
  const std::uint64_t outputs_per_group = output.c / layer.groups;
  const std::uint64_t plane_size = layer.input.h * layer.input.w;
  std::vector<float> inputs(layer.input.elements());
  for (std::uint64_t plane = 0; plane < layer.input.n * layer.input.c; ++plane) {
    heed_stop();
    const std::uint64_t image = plane / layer.input.c;
    const std::uint64_t group = plane % layer.input.c / layer.weights.c;
    const std::uint64_t cin = plane % layer.weights.c;
    plane_sums sums(layer, std::span(inputs).subspan(plane * plane_size, plane_size));
    for (std::uint64_t c = 0; c < outputs_per_group; ++c) {
      const std::uint64_t cout = group * outputs_per_group + c;
      const std::int64_t* const kernel = w.plane(cout, cin);
      const std::int64_t* const source = g.plane(image, cout);
      for_rows(layer, output, [&](std::uint64_t k, std::uint64_t from, std::uint64_t to, std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
          sums.wholes()[to + i * layer.stride.w] += source[from + i] * kernel[k];
        }
      });
      if (has_slices || c + 1 == outputs_per_group) sums.end_slice(g.scale(image, cout) * w.scale(cout, cin));
    }
  }
  return finished_slices(std::move(inputs), gradients, weights, layer.formats.pointwise);
}

std::vector<float> reference_slices_backward_weight(const reference_layer& layer, const reference_codes& activations,
                                                    const reference_codes& gradients) {
  const shape_4d output = reference_output_shape(layer);
  const coded_tensor x(activations, layer.input);
  const coded_tensor g(gradients, output);
  const bool has_slices = x.has_scales_of_n() || g.has_scales_of_n();
  const std::uint64_t plane_size = layer.weights.h * layer.weights.w;
  std::vector<float> weights(layer.weights.elements());
  for (std::uint64_t plane = 0; plane < layer.weights.n * layer.weights.c; ++plane) {
    heed_stop();
    const std::uint64_t cout = plane / layer.weights.c;
    const std::uint64_t cin = cout / (output.c / layer.groups) * layer.weights.c + plane % layer.weights.c;
    plane_sums sums(layer, std::span(weights).subspan(plane * plane_size, plane_size));
    for (std::uint64_t image = 0; image < output.n; ++image) {
      const std::int64_t* const source = x.plane(image, cin);
      const std::int64_t* const gradient = g.plane(image, cout);
      for_rows(layer, output, [&](std::uint64_t k, std::uint64_t to, std::uint64_t from, std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
          sums.wholes()[k] += source[from + i * layer.stride.w] * gradient[to + i];
        }
      });
      if (has_slices || image + 1 == output.n) sums.end_slice(x.scale(image, cin) * g.scale(image, cout));
    }
  }
  return finished_slices(std::move(weights), activations, gradients, layer.formats.pointwise);
}

}  // namespace dlac
