#pragma once
// Random numbers by counter: the i-th number of a stream is a hash of the stream's key and i, in integers only, so that
// it is the same on every machine, in any order and without state. The hash is the output function of SplitMix64
// (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).

#include <cstdint>
#include <string_view>

#include "sim/core/fnv.h"

namespace dlac {

class counter_rng {
 public:
  /// The stream of a seed and a name, such as "layer1.0.conv1.activations".
  counter_rng(std::uint64_t seed, std::string_view name) : key_(mix(mix(seed + increment) ^ fnv_1a(name))) {}

  /// The i-th 64 random bits.
  [[nodiscard]] std::uint64_t operator()(std::uint64_t i) const { return mix(key_ + (i + 1) * increment); }

  /// The i-th number of 0 to bound - 1; bound < 2^32.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound, std::uint64_t i) const {
    return (((*this)(i) >> 32U) * bound) >> 32U;
  }

  /// An independent stream for part i of what this one is for.
  [[nodiscard]] counter_rng part(std::uint64_t i) const { return counter_rng(mix(key_ ^ mix(i + part_mark))); }

 private:
  static constexpr std::uint64_t increment = 0x9e37'79b9'7f4a'7c15;  // 2^64 / golden ratio
  static constexpr std::uint64_t part_mark = 0xd1b5'4a32'd192'ed03;  // any other odd number

  explicit counter_rng(std::uint64_t key) : key_(key) {}

  static constexpr std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30U)) * 0xbf58'476d'1ce4'e5b9;
    x = (x ^ (x >> 27U)) * 0x94d0'49bb'1331'11eb;
    return x ^ (x >> 31U);
  }

  std::uint64_t key_;
};

}  // namespace dlac
