#include "sim/reference/held_numbers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "sim/core/error.h"
#include "sim/reference/held_groups.h"
#include "sim/reference/rounding.h"
#include "sim/reference/whole_rounding.h"

namespace dlac {
namespace {

/// A number to one of a minifloat; `round` makes whole ones.
class scaled_minifloat {
 public:
  explicit scaled_minifloat(const minifloat& format)
      : mantissa_(static_cast<int>(format.mantissa_bits)),
        least_(format.subnormals ? 1 - format.bias : -format.bias),
        flushed_(format.subnormals ? 0 : std::ldexp(1.0, -format.bias)) {
    const int top = (1 << format.exponent_bits) - 1 - (format.specials == special_codes::ieee ? 1 : 0) - format.bias;
    const int cut = format.specials == special_codes::nan ? 2 : 1;  // the largest code may be a NaN
    largest_ =
        mantissa_ == 0 && cut == 2 ? std::ldexp(1.0, top - 1) : std::ldexp(2.0 - std::ldexp(cut, -mantissa_), top);
  }

  template <class Round>
  double operator()(double x, const Round& round) const {
    const double size = std::fabs(x);
    if (size == 0 || size < flushed_) return 0.0;
    const double unit = std::ldexp(1.0, std::max(binary_exponent(size), least_) - mantissa_);
    double q = round(size / unit) * unit;
    if (q == flushed_) q = q * (1 + std::ldexp(1.0, -mantissa_));
    return std::copysign(std::min(q, largest_), x);
  }
  /// Of the largest number.
  [[nodiscard]] int top() const { return binary_exponent(largest_); }

 private:
  int mantissa_;
  int least_;
  double flushed_;
  double largest_ = 0;
};

class holder {
 public:
  holder(const number_format& format, const source_tensor& tensor)
      : tensor_(tensor), x_(tensor.values), range_(format.range), round_(rounding_of(format), tensor) {
    held_.values.resize(x_.size());
  }

  void operator()(ieee_float format) {
    each([&](float x, std::size_t) -> double {
      switch (format) {
        case ieee_float::fp16:
          return reference_half(x);
        case ieee_float::bf16:
          return nearest_float(x, 7, -126);
        case ieee_float::fp32:
          break;
      }
      return x;
    });
  }
  void operator()(const ternary_codes& /*format*/) {
    each([](float x, std::size_t) { return x; });
    held_.codes = held_.values;
  }
  void operator()(const truncated_float& format) {
    each([&](float x, std::size_t) {
      const double unit = std::ldexp(
          1.0, std::max(x == 0 ? 0 : binary_exponent(std::fabs(x)), -126) - static_cast<int>(format.mantissa_bits));
      return std::trunc(x / unit) * unit;
    });
  }
  void operator()(const minifloat& format) {
    const scaled_minifloat element(format);
    each([&](float x, std::size_t i) { return element(x, [&](double v) { return round_(v, i); }); });
  }
  void operator()(const fixed_point& format) {
    const auto bits = static_cast<int>(format.bits);
    int fraction = bits - 1;
    if (const double largest = largest_of_range(x_); format.fraction_bits) {
      fraction = *format.fraction_bits;
    } else if (largest > 0) {
      int e = 0;
      const bool is_power = std::frexp(largest, &e) == 0.5;
      const int ceiling = is_power ? e - 1 : e;
      fraction = std::clamp(bits - (tensor_.role == tensor_role::activations ? 0 : 1) - ceiling, -128, 127);
    }
    const double half = std::ldexp(1.0, bits - 1);
    coded(std::ldexp(1.0, -fraction), format.is_signed ? -half : 0, format.is_signed ? half - 1 : 2 * half - 1, 0,
          x_.size());
    held_.scales = {static_cast<float>(std::ldexp(1.0, -fraction))};
  }
  void operator()(const affine& format) {
    switch (format.rule) {
      case affine_rule::absmax:
        return absmax(format);
      case affine_rule::gemmlowp:
        return gemmlowp(format);
      case affine_rule::tf_min_first:
        return min_first(format);
      case affine_rule::tf_min_combined:
        return min_combined(format);
    }
  }
  void operator()(const power_of_two& format) {
    const double least = std::ldexp(1.0, format.min_exponent);
    each([&](float x, std::size_t) {
      double q = 0;
      if (x != 0) {
        int e = 0;
        const double significand = std::ldexp(std::frexp(std::fabs(static_cast<double>(x)), &e), 24);
        const int k = significand >= 0xB504F4 ? e : e - 1;
        q = k < format.min_exponent ? 0 : std::ldexp(1.0, std::min(k, int{format.max_exponent}));
      }
      if (q == 0 && !format.has_zero) q = least;
      return x < 0 ? -q : q;
    });
    held_.codes = held_.values;
    for (float& code : held_.codes) code = static_cast<float>(code / least);
    held_.scales = {static_cast<float>(least)};
  }
  void operator()(const ternary_rule& format) {
    signs(format.per_filter, format.scales_by_mean, [&](std::span<const float> part) {
      const auto threshold = static_cast<float>(format.threshold * mean_size(part));
      return [threshold](float x) { return x > threshold ? 1.0F : x < -threshold ? -1.0F : 0.0F; };
    });
  }
  void operator()(const binary_signs& format) {
    signs(true, format.scales_by_mean,
          [](std::span<const float> /*part*/) { return [](float x) { return x < 0 ? -1.0F : 1.0F; }; });
  }
  void operator()(const codebook& format) {
    const auto largest = static_cast<float>(largest_of_range(x_));
    const float scale = format.scales_by_largest && largest > 0 ? largest : 1;
    each([&](float x, std::size_t) {
      const double share = static_cast<double>(x) / scale;
      // Those before have midpoints below it; a tie goes to the smaller magnitude.
      double best = format.values.front();
      const auto after = std::upper_bound(format.values.begin(), format.values.end(), share);
      const auto from = after == format.values.begin() ? after : after - 1;
      for (auto value = from; value != format.values.end() && value <= after; ++value) {
        const double difference = std::fabs(*value - share) - std::fabs(best - share);
        if (value == from || difference < 0 || (difference == 0 && std::fabs(*value) < std::fabs(best))) best = *value;
      }
      return best * scale;
    });
  }
  void operator()(const dorefa& format) {
    const double codes = std::ldexp(1.0, static_cast<int>(format.bits)) - 1;
    if (tensor_.role == tensor_role::weights) {
      const double largest = std::tanh(static_cast<double>(largest_size(x_)));
      const double divisor = 2 * (largest > 0 ? largest : 1);
      each([&](float x, std::size_t i) {
        const double code = limited(round_(codes * (std::tanh(static_cast<double>(x)) / divisor + 0.5), i), 0, codes);
        return code * 2 / codes - 1;
      });
      return;
    }
    each([&](float x, std::size_t i) { return limited(round_(codes * limited(x, 0, 1), i), 0, codes) / codes; });
  }
  void operator()(const pact& format) {
    const double codes = std::ldexp(1.0, static_cast<int>(format.bits)) - 1;
    each([&](float x, std::size_t i) {
      return limited(round_(limited(x, 0, format.alpha) * codes / format.alpha, i), 0, codes) * format.alpha / codes;
    });
  }
  void operator()(const grouped& format) { held_ = reference_groups(format, tensor_, round_); }
  void operator()(const microscaling& format) {
    const scaled_minifloat element(format.element);
    held_.values = reference_blocks(format, tensor_, element.top(), [&](double x, std::size_t i) {
      return element(x, [&](double v) { return round_(v, i); });
    });
  }
  void operator()(const integer_parts& format) {
    std::visit([this](const auto& whole) { (*this)(whole); }, format.whole);
    split_into_parts(format, held_);
  }

  reference_held result() {
    for (float& value : held_.values) value += 0.0F;  // -0 becomes +0
    return std::move(held_);
  }

 private:
  template <class Rule>
  void each(const Rule& rule) {
    for (std::size_t i = 0; i < x_.size(); ++i) held_.values[i] = static_cast<float>(rule(x_[i], i));
  }
  static double nearest_float(float x, int mantissa, int least) {
    if (x == 0) return 0;
    const double unit = std::ldexp(1.0, std::max(binary_exponent(std::fabs(x)), least) - mantissa);
    return std::nearbyint(x / unit) * unit;
  }
  static double mean_size(std::span<const float> part) {
    double sum = 0;
    for (const float x : part) sum += std::fabs(static_cast<double>(x));
    return sum / static_cast<double>(part.size());
  }
  [[nodiscard]] double largest_of_range(std::span<const float> part) const {
    return range_ ? std::max(std::fabs(range_->min), std::fabs(range_->max)) : largest_size(part);
  }
  [[nodiscard]] std::size_t part_of(bool per_filter) const {
    return per_filter ? x_.size() / tensor_.shape.n : x_.size();
  }

  /// Symmetric codes of a step, and their values.
  void coded(double step, double least, double most, std::size_t first, std::size_t count) {
    held_.codes.resize(x_.size());
    for (std::size_t i = first; i < first + count; ++i) {
      const double v = limited(static_cast<double>(x_[i]) / step, least - 4, most + 4);
      const double code = limited(round_(v, i), least, most);
      held_.codes[i] = static_cast<float>(code);
      held_.values[i] = static_cast<float>(code * step);
    }
  }
  void absmax(const affine& format) {
    const std::size_t count = part_of(format.per_filter);
    const double most = std::ldexp(1.0, static_cast<int>(format.bits) - 1) - 1;
    for (std::size_t first = 0; first < x_.size(); first += count) {
      const auto step = static_cast<float>(largest_of_range(x_.subspan(first, count)) / most);
      held_.scales.push_back(step > 0 ? step : 1);
      coded(held_.scales.back(), -most, most, first, count);
    }
  }

  // In fp32, operation by operation.
  [[nodiscard]] value_range range() const {
    if (range_) return *range_;
    const auto [least, most] = std::minmax_element(x_.begin(), x_.end());
    return {*least, *most};
  }
  [[nodiscard]] value_range widened_range() const {
    const value_range raw = range();
    const float e = std::max(1.0F, std::max(std::fabs(raw.min), std::fabs(raw.max))) / 100.0F;
    const float min = raw.min < 0 ? raw.min : 0.0F;
    const float least_max = min + e;
    return {min, std::max(0.0F, std::max(raw.max, least_max))};
  }
  static float levels(const affine& format) { return static_cast<float>((1 << format.bits) - 1); }

  void gemmlowp(const affine& format) {
    const float most = levels(format);
    const float min = std::min(0.0F, range().min);
    const float max = std::max(0.0F, range().max);
    const float width = (max - min) / most;
    const float scale = width > 0 ? width : 1;
    const float zero = std::min(std::max(std::round(-min / scale), 0.0F), most);
    held_.codes.resize(x_.size());
    for (std::size_t i = 0; i < x_.size(); ++i) {
      const float place = std::min(std::max(zero + x_[i] / scale, 0.0F), most);
      held_.codes[i] = static_cast<float>(round_(place, i)) - zero;
      held_.values[i] = scale * held_.codes[i];
    }
    held_.scales = {scale};
  }
  void min_first(const affine& format) {
    const float most = levels(format);
    const value_range r = widened_range();
    const float scale = most / (r.max - r.min);
    const float least = std::round(r.min * scale);
    held_.codes.resize(x_.size());
    for (std::size_t i = 0; i < x_.size(); ++i) {
      const double code = round_(limited(x_[i] * scale, -0x1p30, 0x1p30), i) - least;
      held_.codes[i] = static_cast<float>(limited(code, 0, most)) + least;
      held_.values[i] = held_.codes[i] / scale;
    }
    held_.scales = {1.0F / scale};
  }
  void min_combined(const affine& format) {
    const float most = levels(format);
    const value_range r = widened_range();
    const float width = r.max - r.min;
    for (std::size_t i = 0; i < x_.size(); ++i) {
      const float near = std::min(std::max(x_[i], r.min), r.max);
      const float place = (near - r.min) * most / width;
      // By default halves are added and what is behind the point is cut, in fp32.
      const float raised = place + 0.5F;
      const float code = round_.is_away() ? std::trunc(raised) : static_cast<float>(round_(place, i));
      held_.values[i] = r.min + code * width / most;
    }
  }
  template <class Classify>
  void signs(bool per_filter, bool by_mean, const Classify& classify) {
    const std::size_t count = part_of(per_filter);
    for (std::size_t first = 0; first < x_.size(); first += count) {
      const auto part = x_.subspan(first, count);
      const auto sign = classify(part);
      double sum = 0;
      std::size_t kept = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const float code = sign(part[i]);
        held_.values[first + i] = code;
        sum += code != 0 ? std::fabs(static_cast<double>(part[i])) : 0;
        kept += code != 0 ? 1 : 0;
      }
      const auto mean = static_cast<float>(kept > 0 ? sum / static_cast<double>(kept) : 1);
      if (by_mean) held_.sign_scales.push_back(mean > 0 ? mean : 1);
    }
    held_.codes = held_.values;
  }

  const source_tensor& tensor_;
  std::span<const float> x_;
  std::optional<value_range> range_;
  whole_rounding round_;
  reference_held held_;
};

}  // namespace

reference_held reference_hold(const number_format& format, const source_tensor& tensor) {
  holder held(format, tensor);
  std::visit(held, format.kind);
  return held.result();
}

}  // namespace dlac
