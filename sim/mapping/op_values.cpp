// The values of one mmOp of each pass (values.h): which number of which tensor stands where in its matrices.

#include <cmath>
#include <optional>
#include <stdexcept>
#include <vector>

#include "sim/mapping/element_readers.h"
#include "sim/mapping/step_order.h"
#include "sim/mapping/values.h"

namespace dlac {
namespace {

/// That of the group which a plane [n, c] belongs to; scales are those of the tensor, of each n or of each plane.
float factor_of(const std::vector<float>& factors, std::uint64_t plane, std::uint64_t planes) {
  return factors.empty() ? 1.0F : factors[plane * factors.size() / planes];
}

const std::vector<float>& tensor_of(const layer_values& values, tensor_role operand) {
  return operand == tensor_role::activations ? values.activations
         : operand == tensor_role::weights   ? values.weights
                                             : values.gradients;
}

/// What the three passes have in common: their operands.
class pass_values : public mm_op_values {
 public:
  pass_values(const layer_values& values, const mm_op_shape& shape)
      : layer_(*shape.of),
        values_(values),
        shape_(shape),
        rows_(shape.window),
        columns_(shape),
        column_planes_(tensor_of(values, shape.columns).size() / shape.column_plane),
        parts_(parts_of(values.formats)),
        epilogue_(pass_epilogue(layer_, values.formats, shape.pass)),
        scaling_(sign_scaling_of(layer_, values.formats, shape.pass)) {}

  [[nodiscard]] const pass_formats& formats() const override { return values_.formats; }
  [[nodiscard]] float sum_scale(std::uint64_t n) const override {
    const auto& scales = values_.sum_scales;
    return scales.size() == 1 ? scales.front() : scales[shape_.first_column() + n];
  }
  /// The mul-add by the scale of signs, where it is one of its own, and then the pass's operations.
  [[nodiscard]] pt_wise_operands operands(std::size_t op, std::uint64_t m, std::uint64_t n, float x) const final {
    if (scaling_ != sign_scaling::own_operation) {
      return pass_operands(op, m, n, x);
    }
    const auto& scales = values_.sign_scales;
    return op > 0 ? pass_operands(op - 1, m, n, x)
                  : pt_wise_operands{x, scales.size() == 1 ? scales.front() : scales[shape_.first_column() + n], 0.0F};
  }
  [[nodiscard]] pt_wise_kind pt_wise(std::size_t op) const override { return epilogue_[op].kind; }

  void gather_rows(std::uint64_t first, std::uint64_t count, std::span<float> out, std::uint64_t stride) const final {
    for (std::uint32_t step = 0; step < parts_.steps(); ++step) {
      gather_rows_of(part_of(values_.row_parts, tensor_of(values_, shape_.rows), parts_.row_part(step)), first, count,
                     out.subspan(step * stride), stride * parts_.steps());
    }
  }
  void gather_columns(std::uint64_t first, std::uint64_t count, std::span<float> out,
                      std::uint64_t stride) const final {
    for (std::uint32_t step = 0; step < parts_.steps(); ++step) {
      gather_columns_of(part_of(values_.column_parts, tensor_of(values_, shape_.columns), parts_.column_part(step)),
                        first, count, out.subspan(step * stride), stride * parts_.steps());
    }
  }

  [[nodiscard]] float row_scale(std::uint64_t m, std::uint64_t step) const final {
    return factor_of(values_.row_factors, row_plane(m, step / parts_.steps()),
                     shape_.window.source.n * shape_.window.source.c);
  }
  [[nodiscard]] float column_scale(std::uint64_t n, std::uint64_t step) const final {
    return factor_of(values_.column_factors, columns_.plane(step / parts_.steps(), n), column_planes_);
  }
  [[nodiscard]] std::optional<float> sum_mantissa() const final { return values_.sum_mantissa; }

 protected:
  /// Operation `op` of those that the pass has by itself.
  [[nodiscard]] virtual pt_wise_operands pass_operands(std::size_t op, std::uint64_t m, std::uint64_t n,
                                                       float x) const = 0;

  const layer& layer_;
  const layer_values& values_;
  const mm_op_shape& shape_;

 private:
  static const std::vector<float>& part_of(const held_parts& parts, const std::vector<float>& whole,
                                           std::uint32_t part) {
    return !parts.exist() ? whole : part == 0 ? parts.low : parts.high;
  }

  /// gather_rows() of one part, or of wholes: a number for every k.
  void gather_rows_of(const std::vector<float>& source, std::uint64_t first, std::uint64_t count, std::span<float> out,
                      std::uint64_t stride) const {
    const auto& window = shape_.window;
    if (!shape_.positions_are_steps) {
      for (std::uint64_t i = 0; i < count; ++i) {
        const auto place = rows_.at(first + i);
        std::uint64_t k = 0;
        for (std::uint64_t channel = 0; channel < window.channels; ++channel) {
          for (const auto y_offset : window.y_offsets) {
            const auto* const row = rows_.row(source, place, channel, y_offset);
            for (const auto x_offset : window.x_offsets) {
              out[k++ * stride + i] = rows_.pixel(row, place, x_offset);
            }
          }
        }
      }
      return;
    }
    for (std::uint64_t k = 0; k < shape_.k; ++k) {
      const auto place = rows_.at(k);
      for (std::uint64_t i = 0; i < count; ++i) {
        const auto channel = (first + i) / window.offsets();
        const auto offset = (first + i) % window.offsets();
        const auto* const row = rows_.row(source, place, channel, window.y_offsets[offset / window.x_offsets.size()]);
        out[k * stride + i] = rows_.pixel(row, place, window.x_offsets[offset % window.x_offsets.size()]);
      }
    }
  }
  void gather_columns_of(const std::vector<float>& source, std::uint64_t first, std::uint64_t count,
                         std::span<float> out, std::uint64_t stride) const {
    const auto step = columns_.step();
    const auto run = columns_.steps_of_a_plane();
    for (std::uint64_t k = 0; k < shape_.k; k += run) {
      const auto* const plane = source.data() + columns_.plane_start(k, first);
      for (std::uint64_t i = 0; i < run; ++i) {
        const auto* element = plane + columns_.place(i);
        for (std::uint64_t j = 0; j < count; ++j, element += step) {
          out[(k + i) * stride + j] = *element;
        }
      }
    }
  }
  /// The plane [n, c] of the row operand's tensor that element (m, k) is of.
  [[nodiscard]] std::uint64_t row_plane(std::uint64_t m, std::uint64_t k) const {
    return shape_.positions_are_steps ? rows_.plane(rows_.at(k), m / shape_.window.offsets())
                                      : rows_.plane(rows_.at(m), k / shape_.window.offsets());
  }

  window_reader rows_;
  column_reader columns_;
  std::uint64_t column_planes_;
  step_parts parts_;
  std::vector<pt_wise_op> epilogue_;

 protected:
  sign_scaling scaling_;
};

/// Outputs of a feature map: position m is a pixel, n a channel.
class map_values : public pass_values {
 public:
  /// `channels` of the output's images, whose height and width are `size`.
  map_values(const layer_values& values, const mm_op_shape& shape, std::uint64_t channels, size_2d size)
      : pass_values(values, shape),
        channels_(channels),
        size_(size),
        first_channel_(shape.of->is_matmul() ? 0 : shape.group * shape.n) {}

  [[nodiscard]] std::uint64_t output_index(std::uint64_t m, std::uint64_t n) const final {
    const auto& positions = shape_.window.positions;
    const auto row = m / positions.w;
    const auto y = row % positions.h * shape_.pixel_stride.h + shape_.phase.h;
    const auto x = m % positions.w * shape_.pixel_stride.w + shape_.phase.w;
    return (plane(m, n) * size_.h + y) * size_.w + x;
  }

 protected:
  /// The image and channel of an output, among those of all images.
  [[nodiscard]] std::uint64_t plane(std::uint64_t m, std::uint64_t n) const {
    const auto image = shape_.window.first_image() + m / shape_.window.positions.w / shape_.window.positions.h;
    return image * channels_ + channel(n);
  }
  [[nodiscard]] std::uint64_t channel(std::uint64_t n) const { return first_channel_ + n; }

 private:
  std::uint64_t channels_;
  size_2d size_;
  std::uint64_t first_channel_;
};

class forward_values : public map_values {
 public:
  forward_values(const layer_values& values, const mm_op_shape& shape)
      : map_values(values, shape, shape.of->out_channels, shape.of->output_size()) {
    const auto held = [&](double constant) { return rounded(values.formats.pointwise, constant); };
    for (const auto& op : layer_.epilogue) {
      constants_.push_back({held(op.threshold), held(op.minimum), held(op.maximum)});
    }
  }

  [[nodiscard]] pt_wise_operands pass_operands(std::size_t op, std::uint64_t m, std::uint64_t n,
                                               float x) const override {
    const pt_wise_op& operation = layer_.epilogue[op];
    switch (operation.kind) {
      case pt_wise_kind::mul_add: {
        const bool scales_signs = op == 0 && scaling_ == sign_scaling::folded;
        return {x, (scales_signs ? values_.first_scale : values_.scale)[channel(n)], values_.bias[channel(n)]};
      }
      case pt_wise_kind::select:
        return {x > constants_[op].threshold ? 1.0F : 0.0F, x, 0.0F};
      case pt_wise_kind::clamp:
        return {x, constants_[op].minimum, constants_[op].maximum};
      case pt_wise_kind::add:
      case pt_wise_kind::sub:
      case pt_wise_kind::mul:
        break;
    }
    return {x,
            operation.streams_feature_map ? values_.tensors[op][output_index(m, n)]
            : operation.is_per_channel    ? values_.tensors[op][plane(m, n)]
                                          : values_.bias[channel(n)],
            0.0F};
  }

 private:
  struct op_constants {
    float threshold;
    float minimum;
    float maximum;
  };
  std::vector<op_constants> constants_;
};

class backward_data_values : public map_values {
 public:
  backward_data_values(const layer_values& values, const mm_op_shape& shape)
      : map_values(values, shape, shape.of->in_channels, shape.of->input_size) {}

  /// ReLU's derivative: where the layer's input is zero, so is its gradient.
  [[nodiscard]] pt_wise_operands pass_operands(std::size_t /*op*/, std::uint64_t m, std::uint64_t n,
                                               float x) const override {
    return {values_.activations[output_index(m, n)], x, 0.0F};
  }
};

class backward_weight_values : public pass_values {
 public:
  backward_weight_values(const layer_values& values, const mm_op_shape& shape)
      : pass_values(values, shape),
        update_(update_steps(layer_.weights)),
        channels_(layer_.in_channels / layer_.groups),
        kernel_(std::uint64_t{layer_.kernel.h} * layer_.kernel.w),
        first_filter_(std::uint64_t{shape.group} * (layer_.out_channels / layer_.groups)) {}

  /// v = momentum * v + g; w = w - learning_rate * v; then, of a ternary layer, w where |w| is above the threshold, and
  /// of that the sign: w > t ? 1 : w < -t ? -1 : 0 in two selects.
  [[nodiscard]] pt_wise_operands pass_operands(std::size_t op, std::uint64_t m, std::uint64_t n,
                                               float x) const override {
    switch (update_[op]) {
      case update_step::velocity:
        return {values_.momentum, values_.velocity[output_index(m, n)], x};
      case update_step::weight:
        return {-values_.learning_rate, x, values_.master_weights[output_index(m, n)]};
      case update_step::threshold:
        return {std::fabs(x) > values_.ternary_threshold ? 1.0F : 0.0F, x, 0.0F};
      case update_step::sign:
        return {x, std::copysign(1.0F, x), 0.0F};
    }
    throw std::logic_error("no such update_step");
  }

  /// m is a channel and a kernel position, of the wide side of the convolution; n a channel of the other.
  [[nodiscard]] std::uint64_t output_index(std::uint64_t m, std::uint64_t n) const override {
    if (layer_.is_matmul()) {
      return (shape_.group * shape_.m + m) * shape_.n + n;
    }
    const auto filter = layer_.is_transposed() ? m / kernel_ : n;
    const auto channel = layer_.is_transposed() ? n : m / kernel_;
    return ((first_filter_ + filter) * channels_ + channel) * kernel_ + m % kernel_;
  }

 private:
  std::vector<update_step> update_;
  std::uint64_t channels_;
  std::uint64_t kernel_;
  std::uint64_t first_filter_;
};

}  // namespace

std::unique_ptr<mm_op_values> make_mm_op_values(const layer_values& values, const mm_op_shape& shape) {
  switch (shape.pass) {
    case pass_kind::backward_data:
      return std::make_unique<backward_data_values>(values, shape);
    case pass_kind::backward_weight:
      return std::make_unique<backward_weight_values>(values, shape);
    case pass_kind::forward:
      break;
  }
  return std::make_unique<forward_values>(values, shape);
}

void place_outputs(const mm_op_shape& shape, const mm_op_values& values, std::span<const float> outputs,
                   std::span<float> output) {
  for (std::uint64_t m = 0; m < shape.m; ++m) {
    for (std::uint64_t n = 0; n < shape.n; ++n) {
      output[values.output_index(m, n)] = outputs[m * shape.n + n];
    }
  }
}

}  // namespace dlac
