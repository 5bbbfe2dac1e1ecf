// The values of one mmOp of each pass (values.h): which number of which tensor stands where in its matrices.

#include <cmath>
#include <optional>
#include <stdexcept>
#include <vector>

#include "sim/mapping/step_order.h"
#include "sim/mapping/values.h"

namespace dlac {
namespace {

/// Row operands: what position (image, p, q) sees through an offset; zero outside the source.
class window_reader {
 public:
  explicit window_reader(const row_window& window) : window_(window) {}

  struct position {
    std::uint64_t image = 0;
    std::uint64_t top = 0;
    std::uint64_t left = 0;
  };
  [[nodiscard]] position at(std::uint64_t index) const {
    const auto row = index / window_.positions.w;
    return {row / window_.positions.h, row % window_.positions.h * window_.stride.h,
            index % window_.positions.w * window_.stride.w};
  }
  /// `channel` counts within the window.
  [[nodiscard]] float read(const std::vector<float>& source, const position& place, std::uint64_t channel,
                           std::int64_t y_offset, std::int64_t x_offset) const {
    // Above or left of the source the sums wrap round to huge numbers: outside as well.
    const auto y = place.top + static_cast<std::uint64_t>(y_offset);
    const auto x = place.left + static_cast<std::uint64_t>(x_offset);
    return y < window_.source.h && x < window_.source.w
               ? source[(plane(place, channel) * window_.source.h + y) * window_.source.w + x]
               : 0.0F;
  }
  /// The channel's number among those of all images.
  [[nodiscard]] std::uint64_t plane(const position& place, std::uint64_t channel) const {
    return place.image * window_.source.c + window_.first_channel + channel;
  }

 private:
  const row_window& window_;
};

/// That of the group which a plane [n, c] belongs to; scales are those of the tensor, of each n or of each plane.
float factor_of(const std::vector<float>& factors, std::uint64_t plane, std::uint64_t planes) {
  return factors.empty() ? 1.0F : factors[plane * factors.size() / planes];
}

/// What the three passes have in common.
class pass_values : public mm_op_values {
 public:
  /// Of the operands the tensors that they are read from, wholes.
  struct sources {
    const std::vector<float>& rows;
    const std::vector<float>& columns;
    std::uint64_t column_planes;  ///< [n, c] of the columns' tensor
  };
  pass_values(const layer& l, const layer_values& values, const mm_op_shape& shape, const sources& wholes)
      : layer_(l),
        values_(values),
        shape_(shape),
        rows_(shape.window),
        wholes_(wholes),
        parts_(parts_of(values.formats)),
        epilogue_(pass_epilogue(l, values.formats, shape.pass)),
        scaling_(sign_scaling_of(l, values.formats, shape.pass)) {}

  [[nodiscard]] const pass_formats& formats() const override { return values_.formats; }
  [[nodiscard]] float sum_scale(std::uint64_t n) const override {
    const auto& scales = values_.sum_scales;
    return scales.size() == 1 ? scales.front() : scales[first_output_channel() + n];
  }
  /// The mul-add by the scale of signs, where it is one of its own, and then the pass's operations.
  [[nodiscard]] pt_wise_operands operands(std::size_t op, std::uint64_t m, std::uint64_t n, float x) const final {
    if (scaling_ != sign_scaling::own_operation) {
      return pass_operands(op, m, n, x);
    }
    const auto& scales = values_.sign_scales;
    return op > 0 ? pass_operands(op - 1, m, n, x)
                  : pt_wise_operands{x, scales.size() == 1 ? scales.front() : scales[first_output_channel() + n], 0.0F};
  }
  [[nodiscard]] pt_wise_kind pt_wise(std::size_t op) const override { return epilogue_[op].kind; }

  void gather_rows(std::uint64_t first, std::uint64_t count, std::span<float> out, std::uint64_t stride) const final {
    for (std::uint32_t step = 0; step < parts_.steps(); ++step) {
      gather_rows_of(part_of(values_.row_parts, wholes_.rows, parts_.row_part(step)), first, count,
                     out.subspan(step * stride), stride * parts_.steps());
    }
  }
  void gather_columns(std::uint64_t first, std::uint64_t count, std::span<float> out,
                      std::uint64_t stride) const final {
    for (std::uint32_t step = 0; step < parts_.steps(); ++step) {
      gather_columns_of(part_of(values_.column_parts, wholes_.columns, parts_.column_part(step)), first, count,
                        out.subspan(step * stride), stride * parts_.steps());
    }
  }

  [[nodiscard]] float slice_scale(std::uint64_t m, std::uint64_t n, std::uint64_t step) const final {
    const std::uint64_t k = step / parts_.steps();
    return factor_of(values_.row_factors, row_plane(m, k), shape_.window.source.n * shape_.window.source.c) *
           factor_of(values_.column_factors, column_plane(n, k), wholes_.column_planes);
  }
  [[nodiscard]] std::optional<float> sum_mantissa() const final { return values_.sum_mantissa; }

 protected:
  /// Operation `op` of those that the pass has by itself.
  [[nodiscard]] virtual pt_wise_operands pass_operands(std::size_t op, std::uint64_t m, std::uint64_t n,
                                                       float x) const = 0;
  /// gather_rows() and gather_columns() of one part, or of wholes: a number for every k.
  /// Positions are rows, channels and offsets steps; backward-weight has it the other way round.
  virtual void gather_rows_of(const std::vector<float>& source, std::uint64_t first, std::uint64_t count,
                              std::span<float> out, std::uint64_t stride) const {
    const auto& window = shape_.window;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto place = rows_.at(first + i);
      std::uint64_t k = 0;
      for (std::uint64_t channel = 0; channel < window.channels; ++channel) {
        for (const auto y_offset : window.y_offsets) {
          for (const auto x_offset : window.x_offsets) {
            out[k++ * stride + i] = rows_.read(source, place, channel, y_offset, x_offset);
          }
        }
      }
    }
  }
  virtual void gather_columns_of(const std::vector<float>& source, std::uint64_t first, std::uint64_t count,
                                 std::span<float> out, std::uint64_t stride) const = 0;
  /// The plane [n, c] of the operand's tensor that element (m, k), or (k, n), is of.
  [[nodiscard]] virtual std::uint64_t row_plane(std::uint64_t m, std::uint64_t k) const {
    return rows_.plane(rows_.at(m), k / shape_.window.offsets());
  }
  [[nodiscard]] virtual std::uint64_t column_plane(std::uint64_t n, std::uint64_t k) const = 0;
  [[nodiscard]] std::uint64_t output_channels() const { return layer_.out_channels / layer_.groups; }
  [[nodiscard]] std::uint64_t input_channels() const { return layer_.in_channels / layer_.groups; }
  [[nodiscard]] std::uint64_t first_output_channel() const { return shape_.group * output_channels(); }
  [[nodiscard]] std::uint64_t filter_elements() const {
    return input_channels() * layer_.kernel.h * std::uint64_t{layer_.kernel.w};
  }
  [[nodiscard]] std::uint64_t output_pixels() const {
    return std::uint64_t{layer_.output_size().h} * layer_.output_size().w;
  }

  const layer& layer_;
  const layer_values& values_;
  const mm_op_shape& shape_;
  window_reader rows_;

 private:
  static const std::vector<float>& part_of(const held_parts& parts, const std::vector<float>& whole,
                                           std::uint32_t part) {
    return !parts.exist() ? whole : part == 0 ? parts.low : parts.high;
  }

  sources wholes_;
  step_parts parts_;
  std::vector<pt_wise_op> epilogue_;

 protected:
  sign_scaling scaling_;
};

class forward_values : public pass_values {
 public:
  forward_values(const layer& l, const layer_values& values, const mm_op_shape& shape)
      : pass_values(l, values, shape,
                    {values.activations, values.weights, std::uint64_t{l.out_channels} * (l.in_channels / l.groups)}),
        pixels_(output_pixels()) {
    for (const auto& op : l.epilogue) {
      thresholds_.push_back(rounded(values.formats.pointwise, op.threshold));
    }
  }

  void gather_columns_of(const std::vector<float>& source, std::uint64_t first, std::uint64_t count,
                         std::span<float> out, std::uint64_t stride) const override {
    for (std::uint64_t j = 0; j < count; ++j) {
      const auto* filter = source.data() + (first_output_channel() + first + j) * shape_.k;
      for (std::uint64_t k = 0; k < shape_.k; ++k) {
        out[k * stride + j] = filter[k];
      }
    }
  }

  [[nodiscard]] pt_wise_operands pass_operands(std::size_t op, std::uint64_t m, std::uint64_t n,
                                               float x) const override {
    const auto channel = first_output_channel() + n;
    switch (layer_.epilogue[op].kind) {
      case pt_wise_kind::mul_add: {
        const bool scales_signs = op == 0 && scaling_ == sign_scaling::folded;
        return {x, (scales_signs ? values_.first_scale : values_.scale)[channel], values_.bias[channel]};
      }
      case pt_wise_kind::select:
        return {x > thresholds_[op] ? 1.0F : 0.0F, x, 0.0F};
      case pt_wise_kind::add:
      case pt_wise_kind::sub:
        break;
    }
    return {x,
            layer_.epilogue[op].streams_feature_map ? values_.streamed[op][output_index(m, n)] : values_.bias[channel],
            0.0F};
  }

  [[nodiscard]] std::uint64_t output_index(std::uint64_t m, std::uint64_t n) const override {
    return (m / pixels_ * layer_.out_channels + first_output_channel() + n) * pixels_ + m % pixels_;
  }

 protected:
  [[nodiscard]] std::uint64_t column_plane(std::uint64_t n, std::uint64_t k) const override {
    return (first_output_channel() + n) * input_channels() + k / shape_.window.offsets();
  }

 private:
  std::uint64_t pixels_;  ///< of one output plane
  std::vector<float> thresholds_;
};

class backward_data_values : public pass_values {
 public:
  backward_data_values(const layer& l, const layer_values& values, const mm_op_shape& shape)
      : pass_values(l, values, shape,
                    {values.gradients, values.weights, std::uint64_t{l.out_channels} * (l.in_channels / l.groups)}),
        ys_(kernel_positions_of_phase(l.kernel.h, l.stride.h, l.padding.h, shape.phase.h)),
        xs_(kernel_positions_of_phase(l.kernel.w, l.stride.w, l.padding.w, shape.phase.w)) {}

  void gather_columns_of(const std::vector<float>& source, std::uint64_t first, std::uint64_t count,
                         std::span<float> out, std::uint64_t stride) const override {
    std::uint64_t k = 0;
    for (std::uint64_t channel = 0; channel < output_channels(); ++channel) {
      const auto* filter = source.data() + (first_output_channel() + channel) * filter_elements();
      for (const auto y : ys_) {
        for (const auto x : xs_) {
          for (std::uint64_t j = 0; j < count; ++j) {
            out[k * stride + j] = filter[((first + j) * layer_.kernel.h + y) * layer_.kernel.w + x];
          }
          ++k;
        }
      }
    }
  }

  /// ReLU's derivative: where the layer's input is zero, so is its gradient.
  [[nodiscard]] pt_wise_operands pass_operands(std::size_t /*op*/, std::uint64_t m, std::uint64_t n,
                                               float x) const override {
    return {values_.activations[output_index(m, n)], x, 0.0F};
  }

  [[nodiscard]] std::uint64_t output_index(std::uint64_t m, std::uint64_t n) const override {
    const auto& positions = shape_.window.positions;
    const auto row = m / positions.w;
    const auto image = row / positions.h;
    const auto y = row % positions.h * layer_.stride.h + shape_.phase.h;
    const auto x = m % positions.w * layer_.stride.w + shape_.phase.w;
    const auto plane = image * layer_.in_channels + shape_.group * input_channels() + n;
    return (plane * layer_.input_size.h + y) * layer_.input_size.w + x;
  }

 protected:
  [[nodiscard]] std::uint64_t column_plane(std::uint64_t n, std::uint64_t k) const override {
    return (first_output_channel() + k / shape_.window.offsets()) * input_channels() + n;
  }

 private:
  std::vector<std::uint32_t> ys_;  ///< kernel positions of the phase
  std::vector<std::uint32_t> xs_;
};

class backward_weight_values : public pass_values {
 public:
  backward_weight_values(const layer& l, const layer_values& values, const mm_op_shape& shape)
      : pass_values(l, values, shape,
                    {values.activations, values.gradients, shape.window.images() * std::uint64_t{l.out_channels}}),
        update_(update_steps(l.weights)) {}

  void gather_rows_of(const std::vector<float>& source, std::uint64_t first, std::uint64_t count, std::span<float> out,
                      std::uint64_t stride) const override {
    const auto& window = shape_.window;
    for (std::uint64_t k = 0; k < shape_.k; ++k) {
      const auto place = rows_.at(k);
      for (std::uint64_t i = 0; i < count; ++i) {
        const auto channel = (first + i) / window.offsets();
        const auto offset = (first + i) % window.offsets();
        out[k * stride + i] = rows_.read(source, place, channel, window.y_offsets[offset / window.x_offsets.size()],
                                         window.x_offsets[offset % window.x_offsets.size()]);
      }
    }
  }

  void gather_columns_of(const std::vector<float>& source, std::uint64_t first, std::uint64_t count,
                         std::span<float> out, std::uint64_t stride) const override {
    const auto pixels = output_pixels();
    for (std::uint64_t k = 0; k < shape_.k; ++k) {
      const auto first_plane = k / pixels * layer_.out_channels + first_output_channel() + first;
      for (std::uint64_t j = 0; j < count; ++j) {
        out[k * stride + j] = source[(first_plane + j) * pixels + k % pixels];
      }
    }
  }

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

  [[nodiscard]] std::uint64_t output_index(std::uint64_t m, std::uint64_t n) const override {
    return (first_output_channel() + n) * filter_elements() + m;
  }

 protected:
  [[nodiscard]] std::uint64_t row_plane(std::uint64_t m, std::uint64_t k) const override {
    return rows_.plane(rows_.at(k), m / shape_.window.offsets());
  }
  [[nodiscard]] std::uint64_t column_plane(std::uint64_t n, std::uint64_t k) const override {
    return k / output_pixels() * layer_.out_channels + first_output_channel() + n;
  }

 private:
  std::vector<update_step> update_;
};

}  // namespace

std::unique_ptr<mm_op_values> make_mm_op_values(const layer& l, const layer_values& values, const mm_op_shape& shape) {
  switch (shape.pass) {
    case pass_kind::backward_data:
      return std::make_unique<backward_data_values>(l, values, shape);
    case pass_kind::backward_weight:
      return std::make_unique<backward_weight_values>(l, values, shape);
    case pass_kind::forward:
      break;
  }
  return std::make_unique<forward_values>(l, values, shape);
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
