#include "sim/numbers/tensor_conversion.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/numbers/integer_codes.h"
#include "sim/numbers/minifloat.h"
#include "sim/numbers/rounding.h"

namespace dlac {
namespace {

[[noreturn]] void refuse(const source_tensor& tensor, const std::string& found, const std::string& expected) {
  throw input_error(one_line(tensor.name, 200), "", found, expected);
}

/// Throws for the first value that the format has no number for.
void check_values(const number_format& format, const source_tensor& tensor) {
  if (is_in_range(largest_magnitude(tensor.values), format)) {
    return;
  }
  const auto bad = std::find_if(tensor.values.begin(), tensor.values.end(),
                                [&](float value) { return !is_in_range(std::fabs(value), format); });
  throw not_held(fmt::format("{}[{}]", one_line(tensor.name, 200), bad - tensor.values.begin()), "", *bad, format);
}

/// Each element by itself, by a function from x and its number to q(x).
template <class Rule>
held_tensor map_elements(const source_tensor& tensor, const Rule& rule) {
  held_tensor held;
  held.values.resize(tensor.values.size());
  for (std::size_t i = 0; i < held.values.size(); ++i) {
    held.values[i] = rule(tensor.values[i], i) + 0.0F;  // -0 becomes +0
  }
  return held;
}

class conversion {
 public:
  conversion(const number_format& format, const source_tensor& tensor)
      : tensor_(tensor), rounds_(rounding_of(format)), range_(format.range) {}

  held_tensor operator()(ieee_float format) const {
    held_tensor held;
    held.values.assign(tensor_.values.begin(), tensor_.values.end());
    quantise(format, held.values);
    std::transform(held.values.begin(), held.values.end(), held.values.begin(), [](float x) { return x + 0.0F; });
    return held;
  }

  held_tensor operator()(const ternary_codes&) const {
    held_tensor held = map_elements(tensor_, [&](float x, std::size_t i) {
      if (x != 0 && std::fabs(x) != 1) {
        throw input_error(fmt::format("{}[{}]", one_line(tensor_.name, 200), i), "", fmt::format("{}", x),
                          "-1, 0 or 1; {\"ternary\": {}} makes them of other numbers");
      }
      return x;
    });
    held.codes.assign(held.values.begin(), held.values.end());
    return held;
  }

  held_tensor operator()(const minifloat& format) const {
    return with_rounding(rounds_, tensor_, [&](const auto& round) {
      std::uint64_t saturated = 0;
      held_tensor held = map_elements(
          tensor_, [&, to = minifloat_rounding(format), largest = largest_of(format)](float x, std::size_t i) {
            const double magnitude = to(std::fabs(static_cast<double>(x)), i, round);
            saturated += magnitude > largest ? 1 : 0;
            return std::copysign(static_cast<float>(std::min(magnitude, largest)), x);
          });
      held.saturated = saturated;
      return held;
    });
  }

  held_tensor operator()(const fixed_point& format) const { return convert_fixed(tensor_, format, range_, rounds_); }
  held_tensor operator()(const affine& format) const { return convert_affine(tensor_, format, range_, rounds_); }
  held_tensor operator()(const grouped& format) const { return convert_grouped(tensor_, format, rounds_); }

  held_tensor operator()(const integer_parts& format) const {
    held_tensor held = std::visit([&](const auto& whole) { return (*this)(whole); }, format.whole);
    if (format.split == parts_split::balanced) {
      keep_what_parts_hold(held, std::visit([](const auto& whole) { return whole.bits; }, format.whole));
    }
    return held;
  }

  held_tensor operator()(const power_of_two& format) const {
    std::uint64_t saturated = 0;
    held_tensor held = map_elements(tensor_, [&](float x, std::size_t) {
      constexpr std::uint32_t root_of_two = 0xB504F4;  // the first of 24 bits above the square root of 2
      std::int64_t exponent = std::numeric_limits<std::int64_t>::min();
      if (x != 0) {
        const auto magnitude = std::fabs(static_cast<double>(x));
        exponent = exponent_of(magnitude);
        const auto significand = static_cast<std::uint32_t>(magnitude * power_of_2(23 - exponent));
        exponent += significand >= root_of_two ? 1 : 0;
      }
      if (exponent < format.min_exponent) {
        if (format.has_zero) {
          return 0.0F;
        }
        saturated += x != 0 ? 1 : 0;
        exponent = format.min_exponent;
      }
      saturated += exponent > format.max_exponent ? 1 : 0;
      exponent = std::min<std::int64_t>(exponent, format.max_exponent);
      return static_cast<float>(x < 0 ? -power_of_2(exponent) : power_of_2(exponent));
    });
    held.saturated = saturated;
    return held;
  }

  held_tensor operator()(const ternary_rule& format) const {
    return signs_of(
        sharing_elements(tensor_, format.per_filter), [&](std::span<const float> values, std::int32_t* codes) {
          const auto threshold = static_cast<float>(format.threshold * mean_magnitude(values));
          double sum = 0;
          std::uint64_t kept = 0;
          for (std::size_t i = 0; i < values.size(); ++i) {
            const float magnitude = std::fabs(values[i]);
            codes[i] = magnitude > threshold ? (values[i] < 0 ? -1 : 1) : 0;
            sum += codes[i] != 0 ? static_cast<double>(magnitude) : 0;
            kept += codes[i] != 0 ? 1 : 0;
          }
          return format.scales_by_mean && kept > 0 ? static_cast<float>(sum / static_cast<double>(kept)) : 1.0F;
        });
  }

  held_tensor operator()(const binary_signs& format) const {
    if (format.scales_by_mean && tensor_.role != tensor_role::weights) {
      refuse(tensor_, fmt::format("{} in binary with a scale", to_string(tensor_.role)),
             R"("scale": "none": the scale is that of a filter)");
    }
    return signs_of(sharing_elements(tensor_, true), [&](std::span<const float> values, std::int32_t* codes) {
      std::transform(values.begin(), values.end(), codes, [](float x) { return x < 0 ? -1 : 1; });
      const auto mean = static_cast<float>(mean_magnitude(values));
      return format.scales_by_mean && mean > 0 ? mean : 1.0F;
    });
  }

  held_tensor operator()(const truncated_float& format) const {
    const std::uint32_t kept = ~((1U << (23 - format.mantissa_bits)) - 1);
    return map_elements(
        tensor_, [kept](float x, std::size_t) { return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & kept); });
  }

  held_tensor operator()(const codebook& format) const {
    const float largest = largest_magnitude(range_, tensor_.values);
    const float scale = format.scales_by_largest && largest > 0 ? largest : 1.0F;
    std::vector<std::int32_t> codes(tensor_.values.size());
    const auto& values = format.values;
    std::uint64_t saturated = 0;
    held_tensor held = map_elements(tensor_, [&](float x, std::size_t i) {
      const double share = static_cast<double>(x) / scale;
      saturated += share < values.front() || share > values.back() ? 1 : 0;
      auto above = std::lower_bound(values.begin(), values.end(), share);
      if (above == values.end()) {
        --above;
      } else if (above != values.begin()) {
        const double below = *(above - 1);
        const bool is_nearer = share - below < *above - share;
        const bool is_tie = share - below == *above - share;
        above -= is_nearer || (is_tie && std::fabs(below) <= std::fabs(*above)) ? 1 : 0;
      }
      codes[i] = static_cast<std::int32_t>(above - values.begin());
      return static_cast<float>(*above * scale);
    });
    held.codes = std::move(codes);
    held.scales = {scale};
    held.saturated = saturated;
    return held;
  }

  held_tensor operator()(const dorefa& format) const {
    if (tensor_.role == tensor_role::gradients) {
      refuse(tensor_, "gradients in dorefa", "weights or activations, which it has rules for");
    }
    const bool is_weight = tensor_.role == tensor_role::weights;
    const double largest = std::tanh(static_cast<double>(largest_magnitude(tensor_.values)));
    const double divisor = 2 * (largest > 0 ? largest : 1);
    const double codes = most_code(format.bits);
    return unit_codes(
        codes, is_weight ? 2.0 : 1.0,
        [=](float x) {
          return is_weight ? codes * (std::tanh(static_cast<double>(x)) / divisor + 0.5)
                           : codes * std::clamp(static_cast<double>(x), 0.0, 1.0);
        },
        [=](float x) { return !is_weight && (x < 0 || x > 1); }, is_weight ? 1.0 : 0.0);
  }

  held_tensor operator()(const pact& format) const {
    const double codes = most_code(format.bits);
    const double alpha = format.alpha;
    return unit_codes(
        codes, alpha, [=](float x) { return std::clamp(static_cast<double>(x), 0.0, alpha) * codes / alpha; },
        [=](float x) { return x < 0 || x > alpha; }, 0.0);
  }

  held_tensor operator()(const microscaling& format) const {
    return with_rounding(rounds_, tensor_, [&](const auto& round) { return microscaled(format, round); });
  }

 private:
  static double most_code(std::uint32_t bits) { return static_cast<double>((1U << bits) - 1); }

  /// Codes 0 .. `codes`, of value code * span / codes - offset.
  template <class Scaled, class Outside>
  held_tensor unit_codes(double codes, double span, const Scaled& scaled, const Outside& is_outside,
                         double offset) const {
    return with_rounding(rounds_, tensor_, [&](const auto& round) {
      std::vector<std::int32_t> made(tensor_.values.size());
      std::uint64_t saturated = 0;
      held_tensor held = map_elements(tensor_, [&](float x, std::size_t i) {
        const double code = std::clamp(round(scaled(x), i), 0.0, codes);
        made[i] = static_cast<std::int32_t>(code);
        saturated += is_outside(x) ? 1 : 0;
        return static_cast<float>(code * span / codes - offset);
      });
      held.codes = std::move(made);
      held.saturated = saturated;
      return held;
    });
  }

  /// Codes of -1, 0 and 1; `rule` makes those of `count` elements and gives their scale.
  template <class Rule>
  held_tensor signs_of(std::size_t count, const Rule& rule) const {
    held_tensor held;
    held.values.resize(tensor_.values.size());
    held.codes.resize(tensor_.values.size());
    for (std::size_t first = 0; first < held.codes.size(); first += count) {
      const float scale = rule(tensor_.values.subspan(first, count), held.codes.data() + first);
      held.scales.push_back(scale);
      for (std::size_t i = first; i < first + count; ++i) {
        held.values[i] = scale * static_cast<float>(held.codes[i]);
      }
    }
    return held;
  }

  template <class Round>
  held_tensor microscaled(const microscaling& format, const Round& round) const {
    constexpr std::int64_t least_scale = -127;  // the scale is an exponent of 8 bits
    constexpr std::int64_t most_scale = 127;
    const minifloat_rounding to(format.element);
    const double largest = largest_of(format.element);
    const std::int64_t largest_exponent = exponent_of(largest);
    const std::uint64_t pixels = tensor_.shape.h * tensor_.shape.w;
    held_tensor held;
    held.values.resize(tensor_.values.size());
    for (std::uint64_t n = 0; n < tensor_.shape.n; ++n) {
      for (std::uint64_t first = 0; first < tensor_.shape.c; first += format.block) {
        const std::uint64_t channels = std::min<std::uint64_t>(format.block, tensor_.shape.c - first);
        for (std::uint64_t pixel = 0; pixel < pixels; ++pixel) {
          const auto place = [&](std::uint64_t c) { return (n * tensor_.shape.c + first + c) * pixels + pixel; };
          float most = 0;
          for (std::uint64_t c = 0; c < channels; ++c) {
            most = std::max(most, std::fabs(tensor_.values[place(c)]));
          }
          const std::int64_t scale =
              most == 0 ? 0 : std::clamp(exponent_of(most) - largest_exponent, least_scale, most_scale);
          held.scales.push_back(static_cast<float>(power_of_2(scale)));
          for (std::uint64_t c = 0; c < channels; ++c) {
            const float x = tensor_.values[place(c)];
            const double share = to(std::fabs(static_cast<double>(x)) * power_of_2(-scale), place(c), round);
            held.saturated += share > largest ? 1 : 0;
            held.values[place(c)] =
                std::copysign(static_cast<float>(std::min(share, largest) * power_of_2(scale)), x) + 0.0F;
          }
        }
      }
    }
    return held;
  }

  const source_tensor& tensor_;
  rounding_rule rounds_;
  std::optional<value_range> range_;
};

}  // namespace

std::string_view to_string(tensor_role role) {
  switch (role) {
    case tensor_role::weights:
      return "weights";
    case tensor_role::activations:
      return "activations";
    case tensor_role::gradients:
      return "gradients";
  }
  throw std::logic_error("no such tensor_role");
}

float largest_magnitude(std::span<const float> values) {
  // Magnitudes are ordered as their bits are; those of NaNs are the largest.
  std::int32_t largest = 0;
  for (const float value : values) {
    const std::int32_t bits = std::bit_cast<std::int32_t>(value) & 0x7FFF'FFFF;
    largest = bits > largest ? bits : largest;
  }
  return std::bit_cast<float>(largest);
}

double mean_magnitude(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) {
    sum += std::fabs(static_cast<double>(value));
  }
  return sum / static_cast<double>(values.size());
}

held_tensor convert(const number_format& format, const source_tensor& tensor) {
  if (tensor.values.size() != tensor.shape.elements()) {
    throw std::logic_error("convert: not as many values as the shape has elements");
  }
  check_values(format, tensor);
  held_tensor held = tensor.values.empty() ? held_tensor() : std::visit(conversion(format, tensor), format.kind);
  check_values(ieee_float::fp32, {tensor.name, tensor.role, tensor.shape, held.values});
  for (std::size_t i = 0; i < held.values.size(); ++i) {
    held.zeros_made += held.values[i] == 0 && tensor.values[i] != 0 ? 1 : 0;
  }
  return held;
}

double signal_to_noise_db(std::span<const float> values, std::span<const float> held) {
  double signal = 0;
  double noise = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = values[i];
    const double error = x - static_cast<double>(held[i]);
    signal += x * x;
    noise += error * error;
  }
  return signal == 0 ? 0 : 10 * std::log10(signal / noise);
}

bool holds_zero(const number_format& format, tensor_role role) {
  return std::visit(
      overloaded{[](const power_of_two& f) { return f.has_zero; }, [](const binary_signs&) { return false; },
                 [](const affine& f) { return f.rule != affine_rule::tf_min_combined; },
                 [](const codebook& f) { return std::find(f.values.begin(), f.values.end(), 0.0) != f.values.end(); },
                 [role](const dorefa&) { return role != tensor_role::weights; }, [](const auto&) { return true; }},
      format.kind);
}

}  // namespace dlac
