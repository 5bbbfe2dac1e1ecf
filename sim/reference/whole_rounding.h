#pragma once
// What the reference's conversions have in common: rounding to whole numbers, with the noise of stochastic rounding,
// and the sizes of numbers. Shares nothing with sim/numbers/rounding.h.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/numbers/number_format.h"
#include "sim/numbers/tensor_conversion.h"

namespace dlac {

/// Word 0 of Philox4x32-10, with the algorithm's own names.
inline std::uint32_t reference_philox_word(std::array<std::uint32_t, 4> c, std::uint32_t k0, std::uint32_t k1) {
  for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9U, k1 += 0xBB67AE85U) {
    const std::uint64_t a = std::uint64_t{c[0]} * 0xD2511F53U;
    const std::uint64_t b = std::uint64_t{c[2]} * 0xCD9E8D57U;
    const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); };
    c = {high(b) ^ c[1] ^ k0, static_cast<std::uint32_t>(b), high(a) ^ c[3] ^ k1, static_cast<std::uint32_t>(a)};
  }
  return c[0];
}

/// A number to a whole one.
class whole_rounding {
 public:
  whole_rounding(const rounding_rule& rule, const source_tensor& tensor)
      : kind_(rule.kind), pass_(static_cast<std::uint32_t>(tensor.pass)) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char letter : tensor.name) {
      hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3U;
    }
    hash ^= rule.seed;
    key_0_ = static_cast<std::uint32_t>(hash);
    key_1_ = static_cast<std::uint32_t>(hash >> 32U);
  }

  [[nodiscard]] bool is_away() const { return kind_ == rounding::nearest_away; }

  double operator()(double v, std::size_t element) const {
    const double below = std::floor(v);
    const double rest = v - below;
    switch (kind_) {
      case rounding::nearest_even:
        return rest > 0.5 || (rest == 0.5 && std::fmod(below, 2) != 0) ? below + 1 : below;
      case rounding::nearest_away:
        return rest > 0.5 || (rest == 0.5 && v > 0) ? below + 1 : below;
      case rounding::toward_zero:
        return v < 0 && rest > 0 ? below + 1 : below;
      case rounding::stochastic:
        break;
    }
    const auto low = static_cast<std::uint32_t>(element);
    const auto high = static_cast<std::uint32_t>(std::uint64_t{element} >> 32U);
    const double chance = std::ldexp(reference_philox_word({low, high, 0, pass_}, key_0_, key_1_), -32);
    return rest >= 1 - chance ? below + 1 : below;
  }

 private:
  rounding kind_;
  std::uint32_t pass_;
  std::uint32_t key_0_ = 0;
  std::uint32_t key_1_ = 0;
};

inline double limited(double v, double least, double most) {
  return v < least ? least : v > most ? most : v;
}

inline float largest_size(std::span<const float> values) {
  float largest = 0;
  for (const float x : values) largest = std::max(largest, std::fabs(x));
  return largest;
}

/// floor(log2(size)).
inline int binary_exponent(double size) {
  int e = 0;
  std::frexp(size, &e);
  return e - 1;
}

}  // namespace dlac
