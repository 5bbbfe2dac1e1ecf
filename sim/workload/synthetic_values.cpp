// The values of synthetic operands, drawn for the non-zero bits that synthetic_operands.cpp draws.

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "sim/core/stop.h"
#include "sim/numbers/half.h"
#include "sim/workload/counter_rng.h"
#include "sim/workload/synthetic_operands.h"

namespace dlac {

namespace {

/// Values are drawn apart from zeros, so that a tensor's values do not depend on its density.
counter_rng values_stream(std::uint64_t seed, std::string_view name) {
  return counter_rng(seed, std::string(name) + ".values");
}

/// 1 to `largest`, with a sign, times `unit`. Exact in half precision up to `largest` = 2047.
float signed_multiple(const counter_rng& random, std::uint64_t i, std::uint64_t largest, float unit) {
  const auto magnitude = static_cast<float>(1 + random.below(largest, i)) * unit;
  return (random(i) & 1U) != 0 ? -magnitude : magnitude;
}

/// value(i) where bit i, counted through the rows, is set; 0 elsewhere.
template <typename Value>
std::vector<float> values_where_set(const bit_matrix& bits, Value value) {
  std::vector<float> values(bits.rows() * bits.cols());
  std::uint64_t i = 0;
  for (std::uint64_t r = 0; r < bits.rows(); ++r) {
    heed_stop();
    for (std::uint64_t c = 0; c < bits.cols(); ++c, ++i) {
      if (bits.test(r, c)) {
        values[i] = value(i);
      }
    }
  }
  return values;
}

}  // namespace

std::vector<float> synthetic_activation_values(std::uint64_t seed, std::string_view name, const bit_matrix& bits) {
  const counter_rng random = values_stream(seed, name);
  return values_where_set(bits,
                          [&](std::uint64_t i) { return static_cast<float>(1 + random.below(2047, i)) * 0x1p-10F; });
}

std::vector<float> synthetic_weight_values(std::uint64_t seed, std::string_view name, const bit_matrix& bits,
                                           weight_format format) {
  const counter_rng random = values_stream(seed, name);
  const bool ternary = format == weight_format::ternary;
  return values_where_set(
      bits, [&](std::uint64_t i) { return signed_multiple(random, i, ternary ? 1 : 2047, ternary ? 1.0F : 0x1p-11F); });
}

std::vector<float> synthetic_gradient_values(std::uint64_t seed, std::string_view name, const bit_matrix& bits) {
  const counter_rng random = values_stream(seed, name);
  return values_where_set(bits, [&](std::uint64_t i) { return signed_multiple(random, i, 2047, 0x1p-14F); });
}

std::vector<float> synthetic_master_weights(std::string_view layer, const std::vector<float>& ternary) {
  const counter_rng random(0, std::string(layer) + ".master_weights");
  const auto nonzeros = std::count_if(ternary.begin(), ternary.end(), [](float weight) { return weight != 0; });
  const double density = static_cast<double>(nonzeros) / static_cast<double>(ternary.size());
  std::vector<float> weights(ternary.size());
  for (std::uint64_t i = 0; i < weights.size(); ++i) {
    weights[i] = ternary[i] != 0
                     ? std::copysign(0.75F + static_cast<float>(random.below(1024, i)) * 0x1p-12F, ternary[i])
                     : static_cast<float>(static_cast<double>(signed_multiple(random, i, 1023, 0x1p-11F)) * density);
  }
  return weights;
}

std::vector<float> synthetic_signed_values(std::string_view name, std::uint64_t elements) {
  const counter_rng random = values_stream(0, name);
  std::vector<float> values(elements);
  for (std::uint64_t i = 0; i < elements; ++i) {
    values[i] = signed_multiple(random, i, 2047, 0x1p-10F);
  }
  return values;
}

std::vector<float> synthetic_scale(std::uint64_t seed, std::string_view name, std::uint64_t channels,
                                   std::uint64_t fan_in) {
  const counter_rng random = values_stream(seed, name);
  const double middle = 1 / std::sqrt(static_cast<double>(fan_in));  // both operations are exact to the last bit
  std::vector<float> values(channels);
  for (std::uint64_t c = 0; c < channels; ++c) {
    const double scale = (0.75 + static_cast<double>(random.below(1024, c)) * 0x1p-11) * middle;
    const std::uint16_t half = float_to_half(static_cast<float>(scale));
    values[c] = half_to_float(static_cast<std::uint16_t>(half | 1U));  // an odd fraction is no power of two
  }
  return values;
}

std::vector<float> synthetic_bias(std::uint64_t seed, std::string_view name, std::uint64_t channels) {
  const counter_rng random = values_stream(seed, name);
  std::vector<float> values(channels);
  for (std::uint64_t c = 0; c < channels; ++c) {
    values[c] = signed_multiple(random, c, 1023, 0x1p-12F);
  }
  return values;
}

}  // namespace dlac
