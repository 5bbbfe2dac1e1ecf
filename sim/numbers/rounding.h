#pragma once
// Roundings of a number to an integer. Stochastic rounding draws from Philox4x32-10 (Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011): a function of seed, tensor, element and use, so that the bits are the same in
// any order and for any number of threads.

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/core/fnv.h"
#include "sim/numbers/number_format.h"

namespace dlac {

/// Word 0 of Philox4x32-10.
[[nodiscard]] constexpr std::uint32_t philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product_0 = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t product_2 = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {
        static_cast<std::uint32_t>(product_2 >> 32U) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product_2),
        static_cast<std::uint32_t>(product_0 >> 32U) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product_0)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter[0];
}

/// The random numbers in [0, 1) of one tensor, an element each.
class element_noise {
 public:
  /// `use` is 0 for a conversion and k + 1 for step k of an accumulator; `pass` 0 forward, 1 backward-data, 2
  /// backward-weight.
  element_noise(std::uint64_t seed, std::string_view tensor, std::uint32_t use = 0, std::uint32_t training_step = 0,
                std::uint32_t pass = 0)
      : use_(use), step_(4 * training_step + pass) {
    const std::uint64_t key = seed ^ fnv_1a(tensor);
    key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32U)};
  }

  [[nodiscard]] double operator()(std::uint64_t element) const {
    const std::array counter = {static_cast<std::uint32_t>(element), static_cast<std::uint32_t>(element >> 32U), use_,
                                step_};
    return philox(counter, key_) * 0x1p-32;
  }

 private:
  std::uint32_t use_;
  std::uint32_t step_;
  std::array<std::uint32_t, 2> key_{};
};

// Each rounds `v`, of a magnitude below 2^31, the number of element `element`; select-only, so that loops vectorise.

struct to_nearest_even {
  double operator()(double v, std::uint64_t /*element*/) const {
    constexpr double whole = 0x1.8p52;  // a double of this size has no fraction
    return (v + whole) - whole;
  }
};
struct to_nearest_away {
  double operator()(double v, std::uint64_t /*element*/) const {
    const auto whole = static_cast<double>(static_cast<std::int32_t>(v));
    const double rest = v - whole;  // exact
    return whole + (rest >= 0.5 ? 1 : 0) - (rest <= -0.5 ? 1 : 0);
  }
};
struct to_zero {
  double operator()(double v, std::uint64_t /*element*/) const {
    return static_cast<double>(static_cast<std::int32_t>(v));
  }
};
/// Up with the probability of the fraction above the next lower integer.
struct by_chance {
  element_noise noise;
  double operator()(double v, std::uint64_t element) const {
    const auto cut = static_cast<double>(static_cast<std::int32_t>(v));
    const double whole = cut - (cut > v ? 1 : 0);
    return whole + (v - whole >= 1 - noise(element) ? 1 : 0);  // fraction + u >= 1, without a rounding
  }
};

}  // namespace dlac
