#include "sim/reference/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>

#include "sim/core/error.h"
#include "sim/nodes/map_shape.h"
#include "sim/nodes/node_values.h"

namespace dlac {
namespace {

pool_window window_of(const max_pool& pool) {
  pool_window window;
  window.kernel = pool.kernel;
  window.stride = pool.stride;
  window.padding = {pool.padding.h, pool.padding.w};
  return window;
}

double mean_of(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// One is zero, the other above the threshold of the select that both went through.
bool flips(double a, double b, double threshold) {
  return threshold > 0 && std::min(a, b) == 0 && std::max(a, b) > threshold;
}

}  // namespace

std::optional<value_mismatch> first_bit_difference(std::span<const float> simulated, std::span<const float> expected) {
  if (simulated.size() != expected.size()) {
    throw simulation_error(
        fmt::format("comparison: {} simulated values, {} expected", simulated.size(), expected.size()));
  }
  for (std::size_t i = 0; i < simulated.size(); ++i) {
    const bool same = std::bit_cast<std::uint32_t>(simulated[i]) == std::bit_cast<std::uint32_t>(expected[i]);
    if (!same && !(std::isnan(simulated[i]) && std::isnan(expected[i]))) {
      return value_mismatch{i, simulated[i], expected[i]};
    }
  }
  return std::nullopt;
}

shape_4d place_of(std::uint64_t index, const shape_4d& shape) {
  const std::uint64_t row = index / shape.w;
  const std::uint64_t plane = row / shape.h;
  return {plane / shape.c, plane % shape.c, row % shape.h, index % shape.w};
}

std::string to_string(const value_mismatch& mismatch, const shape_4d& shape) {
  const shape_4d place = place_of(mismatch.index, shape);
  return fmt::format("output [n, c, y, x] = [{}, {}, {}, {}]: simulated {} ({:#010x}), expected {} ({:#010x})", place.n,
                     place.c, place.h, place.w, mismatch.simulated, std::bit_cast<std::uint32_t>(mismatch.simulated),
                     mismatch.expected, std::bit_cast<std::uint32_t>(mismatch.expected));
}

shape_4d pooled_shape(const shape_4d& input, const max_pool& pool) {
  const size_2d size{static_cast<std::uint32_t>(input.h), static_cast<std::uint32_t>(input.w)};
  const size_2d pooled = pooled_size(window_of(pool), size);
  return {input.n, input.c, pooled.h, pooled.w};
}

std::vector<float> apply_max_pool(std::span<const float> input, const shape_4d& shape, const max_pool& pool) {
  if (input.size() != shape.elements()) {
    throw simulation_error(fmt::format("max-pooling: {} values, expected {}", input.size(), shape.elements()));
  }
  return max_pool_values(window_of(pool), {static_cast<std::uint32_t>(shape.h), static_cast<std::uint32_t>(shape.w)},
                         shape.n * shape.c, input);
}

double recorded_agreement::tolerance(ieee_float accumulator, std::uint64_t k) const {
  if (accumulator == ieee_float::fp16) {
    return 0x1p-11 * static_cast<double>(k + 4) * largest_recorded;
  }
  return 0.01 * (range > 0 ? range : largest_recorded);
}

bool recorded_agreement::holds(ieee_float accumulator, std::uint64_t k) const {
  const double most = tolerance(accumulator, k);
  const bool is_near = accumulator == ieee_float::fp16 ? largest_error <= most : largest_error < most;
  return correlation > 0.9999 && (is_near || largest_error == 0);
}

std::uint64_t count_not_finite(std::span<const float> values) {
  return static_cast<std::uint64_t>(
      std::count_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); }));
}

recorded_agreement compare_with_recorded(std::span<const float> output, std::span<const float> recorded,
                                         std::optional<double> threshold) {
  if (output.size() != recorded.size() || output.empty()) {
    throw simulation_error(fmt::format("comparison: {} values, {} recorded", output.size(), recorded.size()));
  }
  const double output_mean = mean_of(output);
  const double recorded_mean = mean_of(recorded);
  double output_squares = 0;
  double recorded_squares = 0;
  double products = 0;
  recorded_agreement agreement;
  for (std::size_t i = 0; i < output.size(); ++i) {
    const double a = output[i] - output_mean;
    const double b = recorded[i] - recorded_mean;
    output_squares += a * a;
    recorded_squares += b * b;
    products += a * b;
    const bool flip = threshold && flips(output[i], recorded[i], *threshold);
    const double error = std::fabs(static_cast<double>(output[i]) - static_cast<double>(recorded[i]));
    agreement.threshold_flips += flip ? 1 : 0;
    agreement.largest_error = std::max(agreement.largest_error, flip ? error - *threshold : error);
  }
  const auto [smallest, largest] = std::minmax_element(recorded.begin(), recorded.end());
  agreement.range = static_cast<double>(*largest) - static_cast<double>(*smallest);
  agreement.largest_recorded =
      std::max(std::fabs(static_cast<double>(*largest)), std::fabs(static_cast<double>(*smallest)));
  const double spread = std::sqrt(output_squares) * std::sqrt(recorded_squares);
  if (agreement.range == 0 && std::isfinite(output_squares)) {
    agreement.correlation = 1;
  } else {
    agreement.correlation = spread == 0 ? 0 : products / spread;
  }
  return agreement;
}

}  // namespace dlac
