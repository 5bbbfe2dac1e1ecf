#include "sim/reference/epilogue.h"

#include <cmath>
#include <cstddef>
#include <string>

#include "sim/core/error.h"
#include "sim/reference/arithmetic.h"
#include "sim/reference/rounding.h"

namespace dlac {
namespace {

/// Throws unless `operand` has `expected` elements.
void expect_elements(const layer& l, const char* operand, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  throw simulation_error("reference epilogue of " + l.name + ": " + operand + " has " + std::to_string(found) +
                         " elements, expected " + std::to_string(expected));
}

/// Arithmetic of a format: operands as the machine holds them, and one rounding per operation.
struct format_arithmetic {
  ieee_float format = ieee_float::fp32;

  [[nodiscard]] float operand(double x) const {
    if (x == 0) return static_cast<float>(x);  // with its sign
    switch (format) {
      case ieee_float::fp32:
        break;
      case ieee_float::fp16:
        return static_cast<float>(reference_half(x));
      case ieee_float::bf16:
        return nearest_bfloat16{}(x, 0);
    }
    return static_cast<float>(x);
  }
  [[nodiscard]] float sum(float a, float b) const {
    switch (format) {
      case ieee_float::fp32:
        break;
      case ieee_float::fp16:
        return reference_half_sum(a, b);
      case ieee_float::bf16:
        return nearest_bfloat16{}(a, b);
    }
    return a + b;
  }
  /// Exact in double.
  [[nodiscard]] float product(float a, float b) const {
    return operand(static_cast<double>(a) * static_cast<double>(b));
  }
  [[nodiscard]] float mul_add(float a, float b, float c) const {
    switch (format) {
      case ieee_float::fp32:
        break;
      case ieee_float::fp16:
        return reference_half_fma(a, b, c);
      case ieee_float::bf16:
        return nearest_bfloat16{}(static_cast<double>(a) * static_cast<double>(b), c);
    }
    return std::fma(a, b, c);
  }
};

float scale_of(std::span<const float> scales, std::size_t channel) {
  return scales[scales.size() == 1 ? 0 : channel];
}

/// The channels of a feature map [n, c, pixels], one after the other: the index of the first pixel, and which it is.
struct channel_layout {
  std::size_t channels = 1;
  std::size_t pixels = 1;

  template <class Visit>
  void each(std::size_t elements, const Visit& visit) const {
    for (std::size_t map = 0; map * pixels < elements; ++map) visit(map * pixels, map % channels);
  }
};

/// What an operation takes beside the pixels of a channel: constants of the channel, or a value for each pixel.
struct channel_operands {
  double scale = 1;  ///< or what they are multiplied by
  float bias = 0;
  std::span<const float> streamed;
};

void apply(const pt_wise_op& op, const format_arithmetic& arithmetic, const channel_operands& operands,
           std::span<float> pixels) {
  const float sign = op.kind == pt_wise_kind::sub ? -1.0F : 1.0F;
  const float factor = arithmetic.operand(operands.scale);
  const float bias = arithmetic.operand(operands.bias);
  const float threshold = arithmetic.operand(op.threshold);
  const float minimum = arithmetic.operand(op.minimum);
  const float maximum = arithmetic.operand(op.maximum);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    float& x = pixels[i];
    switch (op.kind) {
      case pt_wise_kind::mul_add:
        x = arithmetic.mul_add(x, factor, bias);
        break;
      case pt_wise_kind::add:
      case pt_wise_kind::sub:
        x = arithmetic.sum(x, sign * (op.streams_feature_map ? arithmetic.operand(operands.streamed[i]) : bias));
        break;
      case pt_wise_kind::mul:
        x = arithmetic.product(x, op.streams_feature_map ? arithmetic.operand(operands.streamed[i]) : factor);
        break;
      case pt_wise_kind::select:
        x = x > threshold ? x : 0.0F;
        break;
      case pt_wise_kind::clamp:
        if (x < minimum) x = minimum;
        if (x > maximum) x = maximum;
        break;
    }
  }
}

}  // namespace

void apply_reference_sign_scales(ieee_float format, std::span<float> sums, std::span<const float> sign_scales,
                                 std::size_t channels, std::size_t pixels) {
  const format_arithmetic arithmetic{format};
  const channel_layout layout{channels, pixels};
  layout.each(sums.size(), [&](std::size_t first, std::size_t channel) {
    const float scale = arithmetic.operand(scale_of(sign_scales, channel));
    for (float& sum : sums.subspan(first, layout.pixels)) sum = arithmetic.mul_add(sum, scale, 0.0F);
  });
}

void apply_reference_epilogue(const layer& l, ieee_float format, std::span<float> output, std::span<const float> scale,
                              std::span<const float> bias, std::span<const std::vector<float>> tensors,
                              std::span<const float> sign_scales) {
  const format_arithmetic arithmetic{format};
  const size_2d size = l.output_size();
  const channel_layout layout{l.out_channels, std::size_t{size.h} * size.w};
  const bool is_folded = !l.epilogue.empty() && l.epilogue.front().kind == pt_wise_kind::mul_add;
  if (!sign_scales.empty() && !is_folded) {
    apply_reference_sign_scales(format, output, sign_scales, layout.channels, layout.pixels);
  }
  const auto sign_scale = [&](std::size_t place, std::size_t channel) {
    return place == 0 && !sign_scales.empty() ? scale_of(sign_scales, channel) : 1.0F;
  };
  for (std::size_t place = 0; place < l.epilogue.size(); ++place) {
    const pt_wise_op& op = l.epilogue[place];
    const auto maps = place < tensors.size() ? std::span<const float>(tensors[place]) : std::span<const float>();
    if (op.streams_feature_map) expect_elements(l, "the streamed operand", maps.size(), output.size());
    if (op.is_per_channel) expect_elements(l, "the factor", maps.size(), output.size() / layout.pixels);
    if (op.reads_bias()) expect_elements(l, "the bias", bias.size(), layout.channels);
    if (op.reads_scale()) expect_elements(l, "the scale", scale.size(), layout.channels);
    layout.each(output.size(), [&](std::size_t first, std::size_t channel) {
      channel_operands operands;
      if (op.reads_scale()) operands.scale = double{scale[channel]} * sign_scale(place, channel);
      if (op.is_per_channel) operands.scale = maps[first / layout.pixels];
      if (op.reads_bias()) operands.bias = bias[channel];
      if (op.streams_feature_map) operands.streamed = maps.subspan(first, layout.pixels);
      apply(op, arithmetic, operands, output.subspan(first, layout.pixels));
    });
  }
}

}  // namespace dlac
