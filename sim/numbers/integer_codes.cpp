#include "sim/numbers/integer_codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/core/vector_clones.h"
#include "sim/numbers/minifloat.h"
#include "sim/numbers/rounding.h"

namespace dlac {
namespace {

held_tensor empty_tensor(const source_tensor& tensor) {
  held_tensor held;
  held.values.resize(tensor.values.size());
  held.codes.resize(tensor.values.size());
  return held;
}

std::int64_t ceil_log2(float x) {
  const std::int64_t exponent = exponent_of(x);
  return power_of_2(exponent) == static_cast<double>(x) ? exponent : exponent + 1;
}

/// Codes of elements from `first` on: round(x / step), of what lies between `least` and `most`.
struct code_steps {
  double step = 1;
  double least = 0;
  double most = 0;

  template <class Round>
  void encode(std::span<const float> values, std::size_t first, const Round& round, held_tensor& held) const {
    if (power_of_2(exponent_of(step)) == step) {  // its inverse is exact
      encode_by(values, first, round, held, [inverse = 1 / step](double x) { return x * inverse; });
    } else {
      encode_by(values, first, round, held, [this](double x) { return x / step; });
    }
  }

 private:
  template <class Round, class Scale>
  DLAC_VECTOR_CLONES void encode_by(std::span<const float> values, std::size_t first, const Round& round,
                                    held_tensor& held, const Scale& scaled) const {
    // Far beyond the ends it makes no difference how far.
    const double lowest = least - 2;
    const double highest = most + 2;
    std::uint64_t saturated = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      double near = scaled(static_cast<double>(values[i]));
      near = near < lowest ? lowest : near;
      near = near > highest ? highest : near;
      const double rounded = round(near, first + i);
      double code = rounded < least ? least : rounded;
      code = code > most ? most : code;
      saturated += rounded != code ? 1 : 0;
      held.codes[first + i] = static_cast<std::int32_t>(code);
      held.values[first + i] = static_cast<float>(code * step) + 0.0F;
    }
    held.saturated += saturated;
  }
};

code_steps symmetric_steps(double step, std::uint32_t bits) {
  const double most = (1U << (bits - 1)) - 1;
  return {.step = step, .least = -most, .most = most};
}

/// Numbers in the order of their values.
std::int32_t ordered(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  return bits ^ ((bits >> 31) & 0x7FFF'FFFF);
}

value_range range_of(std::span<const float> values) {
  std::int32_t least = ordered(values.front());
  std::int32_t most = least;
  for (const float value : values) {
    const std::int32_t place = ordered(value);
    least = place < least ? place : least;
    most = place > most ? place : most;
  }
  const auto number = [](std::int32_t place) { return std::bit_cast<float>(place ^ ((place >> 31) & 0x7FFF'FFFF)); };
  return {number(least), number(most)};
}

held_tensor convert_absmax(const source_tensor& tensor, const affine& format, const std::optional<value_range>& range,
                           const rounding_rule& rounds) {
  const std::size_t count = sharing_elements(tensor, format.per_filter);
  held_tensor held = empty_tensor(tensor);
  with_rounding(rounds, tensor, [&](const auto& round) {
    for (std::size_t first = 0; first < tensor.values.size(); first += count) {
      const auto values = tensor.values.subspan(first, count);
      const float largest = largest_magnitude(range, values);
      const double most = (1U << (format.bits - 1)) - 1;
      const auto quotient = static_cast<float>(static_cast<double>(largest) / most);
      const float scale = quotient > 0 ? quotient : 1.0F;
      held.scales.push_back(scale);
      symmetric_steps(scale, format.bits).encode(values, first, round, held);
    }
  });
  return held;
}

// The rules of TensorFlow and gemmlowp are those of their sources, operation by operation in fp32.

template <class Round>
float rounded_float(float x, std::size_t element, const Round& round) {
  return static_cast<float>(round(static_cast<double>(x), element));
}

template <class Round>
DLAC_VECTOR_CLONES void gemmlowp_codes(const source_tensor& tensor, value_range range, float most, const Round& round,
                                       held_tensor& held) {
  range = {std::min(0.0F, range.min), std::max(0.0F, range.max)};
  const float step = (range.max - range.min) / most;
  const float scale = step > 0 ? step : 1.0F;
  const float zero_point = std::clamp(rounded_float(-range.min / scale, 0, to_nearest_away()), 0.0F, most);
  held.scales = {scale};
  held.zero_point = static_cast<std::int32_t>(zero_point);
  std::uint64_t saturated = 0;
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    // Far below the range, where the quotient may be infinite, it makes no difference how far.
    const float quotient = tensor.values[i] / scale;
    const float place = zero_point + (quotient < -most - 1 ? -most - 1 : quotient);
    // The larger of place and 0; a choice between them would become a branch, which does not vectorise.
    float near = 0.5F * (place + std::fabs(place));
    near = near > most ? most : near;
    const float code = rounded_float(near, i, round);
    saturated += std::fabs(place - near) > 0.5F ? 1 : 0;
    held.codes[i] = static_cast<std::int32_t>(code);
    held.values[i] = scale * (code - zero_point) + 0.0F;
  }
  held.saturated = saturated;
}

/// A range that holds zero and has a width.
value_range widened(const value_range& raw) {
  const float least_width = std::max({1.0F, std::fabs(raw.min), std::fabs(raw.max)}) / 100.0F;
  const float min = std::min(raw.min, 0.0F);
  return {min, std::max({raw.max, min + least_width, 0.0F})};
}

template <class Round>
DLAC_VECTOR_CLONES void min_first_codes(const source_tensor& tensor, const value_range& raw, float most,
                                        const Round& round, held_tensor& held) {
  const value_range range = widened(raw);
  const float scale = most / (range.max - range.min);
  const float least = rounded_float(range.min * scale, 0, to_nearest_away());
  held.scales = {scale};
  held.zero_point = -static_cast<std::int32_t>(least);
  std::uint64_t saturated = 0;
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    float scaled = tensor.values[i] * scale;
    scaled = scaled < least - 1 ? least - 1 : scaled;
    scaled = scaled > least + most + 1 ? least + most + 1 : scaled;
    const float place = rounded_float(scaled, i, round) - least;
    float code = place < 0 ? 0 : place;
    code = code > most ? most : code;
    saturated += place != code ? 1 : 0;
    held.codes[i] = static_cast<std::int32_t>(code);
    held.values[i] = (least + code) / scale + 0.0F;
  }
  held.saturated = saturated;
}

template <class Round>
DLAC_VECTOR_CLONES void min_combined_codes(const source_tensor& tensor, const value_range& raw, float most,
                                           const Round& round, held_tensor& held) {
  const value_range range = widened(raw);
  const float width = range.max - range.min;
  held.scales = {width / most, range.min};
  std::uint64_t saturated = 0;
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    const float x = tensor.values[i];
    float near = x < range.min ? range.min : x;
    near = near > range.max ? range.max : near;
    const float code = rounded_float((near - range.min) * most / width, i, round);
    saturated += near != x ? 1 : 0;
    held.codes[i] = static_cast<std::int32_t>(code);
    held.values[i] = range.min + code * width / most + 0.0F;
  }
  held.saturated = saturated;
}

/// Its source adds a half, in fp32, and cuts.
struct half_added {
  double operator()(double place, std::uint64_t /*element*/) const {
    const float raised = static_cast<float>(place) + 0.5F;
    return static_cast<std::int32_t>(raised);
  }
};

/// The steps of a group's largest magnitude in a tensor whose own is `of_tensor`.
double scale_of(group_scale kind, float largest, float of_tensor) {
  const double r = largest;
  switch (kind) {
    case group_scale::real:
      return r;
    case group_scale::power:
      return power_of_2(ceil_log2(largest));
    case group_scale::same_mantissa: {
      // floor(log2(M / r)) from exponents and significands.
      const double m = of_tensor;
      const double significand = m * power_of_2(-exponent_of(m));
      const bool is_less = significand < r * power_of_2(-exponent_of(r));
      const std::int64_t halvings = exponent_of(m) - exponent_of(r) - (is_less ? 1 : 0);
      return m * power_of_2(-halvings);
    }
    case group_scale::simple_mantissa: {
      const double power = power_of_2(exponent_of(r));
      return r <= power ? power : r <= 1.5 * power ? 1.5 * power : 2 * power;
    }
  }
  throw std::logic_error("no such group_scale");
}

}  // namespace

float largest_magnitude(const std::optional<value_range>& range, std::span<const float> values) {
  return range ? std::max(std::fabs(range->min), std::fabs(range->max)) : largest_magnitude(values);
}

std::size_t sharing_elements(const source_tensor& tensor, bool per_filter) {
  return per_filter ? tensor.values.size() / std::max<std::uint64_t>(tensor.shape.n, 1) : tensor.values.size();
}

held_tensor convert_fixed(const source_tensor& tensor, const fixed_point& format,
                          const std::optional<value_range>& range, const rounding_rule& rounds) {
  constexpr std::int64_t least_fraction = -128;
  constexpr std::int64_t most_fraction = 127;
  const std::int64_t bits = format.bits;
  std::int64_t fraction = format.fraction_bits.value_or(bits - 1);
  if (const float largest = largest_magnitude(range, tensor.values); !format.fraction_bits && largest > 0) {
    // Activations have one integer bit fewer: the largest of them saturate.
    fraction = bits - (tensor.role == tensor_role::activations ? 0 : 1) - ceil_log2(largest);
  }
  const double step = power_of_2(-std::clamp(fraction, least_fraction, most_fraction));
  const double half = 1U << (format.bits - 1);
  const code_steps steps{
      .step = step, .least = format.is_signed ? -half : 0, .most = format.is_signed ? half - 1 : 2 * half - 1};
  held_tensor held = empty_tensor(tensor);
  held.scales = {static_cast<float>(step)};
  with_rounding(rounds, tensor, [&](const auto& round) { steps.encode(tensor.values, 0, round, held); });
  return held;
}

namespace {

/// The rules compute in fp32: the width of a range has to be a number of it, and that of tf-min-combined in codes, too.
void check_width(const source_tensor& tensor, const value_range& range, affine_rule rule, float most) {
  const double widest = double{std::numeric_limits<float>::max()} / (rule == affine_rule::tf_min_combined ? most : 1);
  const double width = double{std::max(range.max, 0.0F)} - double{std::min(range.min, 0.0F)};
  if (width > widest) {
    throw input_error(one_line(tensor.name, 200), "", fmt::format("a range from {} to {}", range.min, range.max),
                      fmt::format("a width of at most {:.3g}, with which affine codes are computed in fp32", widest));
  }
}

}  // namespace

held_tensor convert_affine(const source_tensor& tensor, const affine& format, const std::optional<value_range>& range,
                           const rounding_rule& rounds) {
  if (format.rule == affine_rule::absmax) {
    return convert_absmax(tensor, format, range, rounds);
  }
  held_tensor held = empty_tensor(tensor);
  const value_range raw = range ? *range : range_of(tensor.values);
  const auto most = static_cast<float>((1U << format.bits) - 1);
  check_width(tensor, raw, format.rule, most);
  if (format.rule == affine_rule::tf_min_combined && rounds.kind == rounding::nearest_away) {
    min_combined_codes(tensor, raw, most, half_added(), held);
    return held;
  }
  with_rounding(rounds, tensor, [&](const auto& round) {
    switch (format.rule) {
      case affine_rule::tf_min_first:
        return min_first_codes(tensor, raw, most, round, held);
      case affine_rule::tf_min_combined:
        return min_combined_codes(tensor, raw, most, round, held);
      case affine_rule::gemmlowp:
      case affine_rule::absmax:
        break;
    }
    gemmlowp_codes(tensor, raw, most, round, held);
  });
  return held;
}

held_tensor convert_grouped(const source_tensor& tensor, const grouped& format, const rounding_rule& rounds) {
  const shape_4d& shape = tensor.shape;
  const std::uint64_t pixels = shape.h * shape.w;
  const std::uint64_t slice = pixels > 1 ? pixels : shape.c;
  const std::size_t count = format.group == group_kind::tensor ? tensor.values.size() : slice;
  const float of_tensor = largest_magnitude(tensor.values);
  held_tensor held = empty_tensor(tensor);
  held.shifted.resize(format.shift > 0 ? tensor.values.size() : 0);
  if (format.scale == group_scale::same_mantissa && of_tensor > 0) {
    held.mantissa = static_cast<float>(of_tensor * power_of_2(-exponent_of(of_tensor)));
  }
  with_rounding(rounds, tensor, [&](const auto& round) {
    for (std::size_t first = 0; first < tensor.values.size(); first += count) {
      const auto values = tensor.values.subspan(first, count);
      const float largest = largest_magnitude(values);
      if (largest == 0) {
        held.scales.push_back(1);
        continue;
      }
      const double scale = scale_of(format.scale, largest, of_tensor);
      const double codes = format.scale == group_scale::real ? (1U << (format.bits - 1)) - 1 : 1U << (format.bits - 1);
      const auto quotient = static_cast<float>(scale / codes);
      const float step = quotient > 0 ? quotient : 1.0F;  // below the smallest fp32
      held.scales.push_back(step);
      const code_steps steps = symmetric_steps(step, format.bits);
      if (format.shift == 0) {
        steps.encode(values, first, round, held);
        continue;
      }
      const double fine = power_of_2(-static_cast<std::int64_t>(format.shift));
      const code_steps fine_steps = symmetric_steps(step * fine, format.bits);
      for (std::size_t i = 0; i < count; ++i) {
        const bool is_small = std::fabs(static_cast<double>(values[i])) < scale * fine;
        held.shifted[first + i] = is_small ? 1 : 0;
        (is_small ? fine_steps : steps).encode(values.subspan(i, 1), first + i, round, held);
      }
    }
  });
  return held;
}

void keep_what_parts_hold(held_tensor& held, std::uint32_t bits) {
  const std::int32_t half = std::int32_t{1} << (bits / 2);
  const std::int32_t most = (half / 2 - 1) * (half + 1);
  const std::size_t count = held.codes.size() / std::max<std::size_t>(held.scales.size(), 1);
  for (std::size_t i = 0; i < held.codes.size(); ++i) {
    if (held.codes[i] > most) {
      held.codes[i] = most;
      held.values[i] = static_cast<float>(most * static_cast<double>(held.scales[i / count]));
      ++held.saturated;
    }
  }
}

}  // namespace dlac
