#include "sim/reference/held_groups.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace dlac {
namespace {

/// s of a group whose largest magnitude is r, in a tensor whose is m.
double scale_of_group(group_scale kind, double r, double m) {
  double scale = 1;
  switch (kind) {
    case group_scale::real:
      return r;
    case group_scale::power:
      scale = std::ldexp(1.0, binary_exponent(r));
      return scale < r ? 2 * scale : scale;
    case group_scale::same_mantissa:
      for (scale = m; scale / 2 >= r;) scale /= 2;
      return scale;
    case group_scale::simple_mantissa:
      scale = std::ldexp(1.0, binary_exponent(r));
      return r <= scale ? scale : r <= 1.5 * scale ? 1.5 * scale : 2 * scale;
  }
  return scale;
}

}  // namespace

reference_held reference_groups(const grouped& format, const source_tensor& tensor, const whole_rounding& round) {
  const std::span<const float> x = tensor.values;
  const std::size_t pixels = tensor.shape.h * tensor.shape.w;
  const std::size_t count = format.group == group_kind::tensor ? x.size() : pixels == 1 ? tensor.shape.c : pixels;
  const double steps = std::ldexp(1.0, static_cast<int>(format.bits) - 1);
  const double most = steps - 1;
  const double coarse = std::ldexp(1.0, static_cast<int>(format.shift));
  const double m = largest_size(x);
  reference_held held;
  held.values.resize(x.size());
  held.codes.resize(x.size());
  for (std::size_t first = 0; first < x.size(); first += count) {
    const double r = largest_size(x.subspan(first, count));
    const double scale = r > 0 ? scale_of_group(format.scale, r, m) : 0;
    const auto quotient = static_cast<float>(format.scale == group_scale::real ? scale / most : scale / steps);
    const float step = quotient > 0 ? quotient : 1;
    held.scales.push_back(static_cast<float>(step / coarse));
    for (std::size_t i = first; i < first + count && r > 0; ++i) {
      const bool is_small = format.shift > 0 && std::fabs(static_cast<double>(x[i])) < scale / coarse;
      const double fine = is_small ? step / coarse : step;
      const double near = limited(static_cast<double>(x[i]) / fine, -most - 4, most + 4);
      const double code = limited(round(near, i), -most, most);
      held.codes[i] = static_cast<float>(is_small ? code : code * coarse);
      held.values[i] = static_cast<float>(code * fine);
    }
  }
  if (format.scale == group_scale::same_mantissa) {
    held.mantissa = static_cast<float>(m > 0 ? std::ldexp(m, -binary_exponent(m)) : 1);
  }
  return held;
}

std::vector<float> reference_blocks(const microscaling& format, const source_tensor& tensor, int top,
                                    const std::function<double(double, std::size_t)>& to_element) {
  const shape_4d& s = tensor.shape;
  const std::size_t pixels = s.h * s.w;
  std::vector<float> values(tensor.values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    // The block is found anew for every element.
    const std::size_t channel = i / pixels % s.c;
    const std::size_t begin = channel / format.block * format.block;
    double r = 0;
    for (std::size_t c = begin; c < std::min<std::size_t>(begin + format.block, s.c); ++c) {
      r = std::max(r, std::fabs(static_cast<double>(tensor.values[i + c * pixels - channel * pixels])));
    }
    const int scale = r == 0 ? 0 : std::clamp(binary_exponent(r) - top, -127, 127);
    values[i] = static_cast<float>(std::ldexp(to_element(std::ldexp(tensor.values[i], -scale), i), scale));
  }
  return values;
}

void split_into_parts(const integer_parts& format, reference_held& held) {
  const auto bits = static_cast<int>(std::visit([](const auto& whole) { return whole.bits; }, format.whole));
  const double half = std::ldexp(1.0, bits / 2);
  const bool is_balanced = format.split == parts_split::balanced;
  const double most_low = is_balanced ? half / 2 - 1 : half - 1;
  const double most = (half / 2 - 1) * half + most_low;
  const std::size_t group = held.codes.size() / std::max<std::size_t>(held.scales.size(), 1);
  for (std::size_t i = 0; i < held.codes.size(); ++i) {
    const double scale = held.scales[i / group];
    const double code = std::min(static_cast<double>(held.codes[i]), most);
    const double high = half * std::floor((code + (is_balanced ? half / 2 : 0)) / half);
    held.codes[i] = static_cast<float>(code);
    held.values[i] = static_cast<float>(code * scale);
    held.low.codes.push_back(static_cast<float>(code - high));
    held.low.values.push_back(static_cast<float>((code - high) * scale));
    held.high.codes.push_back(static_cast<float>(high));
    held.high.values.push_back(static_cast<float>(high * scale));
  }
}

}  // namespace dlac
