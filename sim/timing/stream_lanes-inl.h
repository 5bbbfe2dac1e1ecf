// Vector building blocks of the recurrence: lanes that repeat tile by tile, the cost of a step, memory. Compiled once
// per instruction set, see stream_simd.cpp.

#if defined(DLAC_STREAM_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DLAC_STREAM_LANES_INL_H_
#undef DLAC_STREAM_LANES_INL_H_
#else
#define DLAC_STREAM_LANES_INL_H_
#endif

#include <hwy/aligned_allocator.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include "sim/timing/stream_batch.h"

HWY_BEFORE_NAMESPACE();
namespace dlac::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Vectors whose lanes repeat with the batch's period: one value per tile.
template <class D>
class periodic_lanes {
 public:
  using vector = hn::Vec<D>;
  using lane_value = hn::TFromD<D>;

  explicit periodic_lanes(std::uint32_t period) : period_(period), width_(hn::Lanes(D())) {
#if HWY_TARGET != HWY_SCALAR
    // Lanes of less than 32 bits are permuted as 32-bit words, which hold several tiles, or the same one twice.
    const auto words = hn::Lanes(word_tag());
    const auto words_per_period = std::max<std::size_t>(1, period * sizeof(lane_value) / sizeof(std::uint32_t));
    for (std::size_t i = 0; i < words; ++i) {
      repeat_[i] = static_cast<std::uint32_t>(i % words_per_period);
    }
    for (auto shift = words_per_period; shift < words; shift *= 2, ++folds_) {
      for (std::size_t i = 0; i < words; ++i) {
        fold_[folds_][i] = static_cast<std::uint32_t>((i + shift) % words);
      }
    }
    folds_in_word_ = period * sizeof(lane_value) < sizeof(std::uint32_t);
#endif
  }

  /// Reads a whole vector, of which the first `period` lanes count.
  HWY_INLINE vector load(const lane_value* from) const {
    const D d;
    if (period_ == width_) {
      return hn::LoadU(d, from);
    }
    if (period_ == 1) {
      return hn::Set(d, *from);
    }
    return permute(hn::LoadU(d, from), repeat_.data());
  }

  /// Combines all lanes of each tile; the result is periodic.
  template <typename Combine>
  HWY_INLINE vector fold(vector v, Combine combine) const {
    for (std::size_t i = 0; i < folds_; ++i) {
      v = combine(v, permute(v, fold_[i].data()));
    }
    return folds_in_word_ ? combine(v, swap_in_words(v)) : v;
  }

 private:
#if HWY_TARGET == HWY_SCALAR
  static vector permute(vector v, const std::uint32_t*) {
    return v;
  }
  static vector swap_in_words(vector v) {
    return v;
  }
#else
  using word_tag = hn::Repartition<std::uint32_t, D>;

  static HWY_INLINE vector permute(vector v, const std::uint32_t* indices) {
    const word_tag d;
    return hn::BitCast(D(), hn::TableLookupLanes(hn::BitCast(d, v), hn::SetTableIndices(d, indices)));
  }
  static HWY_INLINE vector swap_in_words(vector v) {
    const auto words = hn::BitCast(word_tag(), v);
    return hn::BitCast(D(), hn::Or(hn::ShiftLeft<16>(words), hn::ShiftRight<16>(words)));
  }
#endif

  static constexpr std::size_t most_words = HWY_MAX_BYTES / sizeof(std::uint32_t);
  static constexpr std::size_t most_folds = 16;

  std::size_t period_;
  std::size_t width_;
  std::size_t folds_ = 0;
  bool folds_in_word_ = false;
  alignas(HWY_ALIGNMENT) std::array<std::uint32_t, most_words> repeat_{};
  alignas(HWY_ALIGNMENT) std::array<std::array<std::uint32_t, most_words>, most_folds> fold_{};
};

/// cost - 1 of every lane.
template <bool kScaled>
class cost_of_step {
 public:
  explicit cost_of_step(cost_reciprocal reciprocal)
      : multiplier_(reciprocal.multiplier), shift_(static_cast<int>(reciprocal.shift)) {}

  template <class V>
  HWY_INLINE V operator()(V products) const {
    const hn::DFromV<V> d;
    const auto multiplier = hn::Set(d, static_cast<hn::TFromV<V>>(multiplier_));
    if constexpr (sizeof(hn::TFromV<V>) == sizeof(std::uint16_t)) {
      const auto high = hn::MulHigh(products, multiplier);
      return kScaled ? hn::ShiftRightSame(high, shift_ - 16) : high;
    } else {
      return hn::ShiftRightSame(hn::Mul(products, multiplier), shift_);
    }
  }

 private:
  std::uint32_t multiplier_;
  int shift_;
};

/// Memory of a batch, kept from one to the next.
struct stream_scratch {
  hwy::AlignedFreeUniquePtr<std::uint8_t[]> bytes;
  std::size_t size = 0;

  /// Has `wanted` bytes from now on. Throws std::bad_alloc, which Highway does not.
  void hold(std::size_t wanted) {
    if (wanted <= size) {
      return;
    }
    size = 0;
    bytes = hwy::AllocateAligned<std::uint8_t>(wanted);
    if (!bytes) {
      throw std::bad_alloc();
    }
    size = wanted;
  }
};

}  // namespace dlac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
