#include "sim/workload/largest_elements.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <functional>

#include "sim/core/bits.h"
#include "sim/core/stop.h"

// Everything between foreach_target.h and HWY_ONCE is compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/workload/largest_elements.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dlac::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Keys are looked at by words of 64, of which a vector is a part.
using key_tag = hn::CappedTag<std::int16_t, bits_per_word>;
using field_tag = hn::Rebind<std::int32_t, hn::Half<key_tag>>;

/// Of elements that are not negative.
std::int32_t largest_of(const std::int32_t* field, std::size_t size) {
  const field_tag d;
  auto largest = hn::Zero(d);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= size; i += hn::Lanes(d)) {
    largest = hn::Max(largest, hn::LoadU(d, field + i));
  }
  std::int32_t result = hn::GetLane(hn::MaxOfLanes(d, largest));
  for (; i < size; ++i) {
    result = std::max(result, field[i]);
  }
  return result;
}

/// The elements without their lowest `shift` bits.
void make_keys(const std::int32_t* field, std::size_t size, int shift, std::int16_t* keys) {
  const field_tag d;
  const hn::Rebind<std::int16_t, field_tag> narrow;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= size; i += hn::Lanes(d)) {
    hn::StoreU(hn::DemoteTo(narrow, hn::ShiftRightSame(hn::LoadU(d, field + i), shift)), narrow, keys + i);
  }
  for (; i < size; ++i) {
    keys[i] = static_cast<std::int16_t>(field[i] >> shift);
  }
}

/// How many keys of so many words are above `limit`.
std::uint64_t count_above(const std::int16_t* keys, std::size_t words, std::int16_t limit) {
  constexpr std::size_t most_words = 32767 / bits_per_word;  // that a lane of 16 bits can count, even a single one
  const key_tag d;
  const auto limits = hn::Set(d, limit);
  std::uint64_t sum = 0;
  while (words > 0) {
    const auto now = std::min(words, most_words);
    auto counts = hn::Zero(d);
    for (const auto* const end = keys + now * bits_per_word; keys < end; keys += bits_per_word) {
      for (std::size_t i = 0; i < bits_per_word; i += hn::Lanes(d)) {  // a true lane is -1
        counts = hn::Sub(counts, hn::VecFromMask(d, hn::Gt(hn::LoadU(d, keys + i), limits)));
      }
    }
    HWY_ALIGN std::int16_t lanes[hn::MaxLanes(d)];
    hn::Store(counts, d, lanes);
    for (std::size_t l = 0; l < hn::Lanes(d); ++l) {
      sum += static_cast<std::uint64_t>(lanes[l]);
    }
    words -= now;
  }
  return sum;
}

/// A bit for every key that is above `limit`.
void mark_above(const std::int16_t* keys, std::int16_t limit, std::span<std::uint64_t> words) {
  const key_tag d;
  const auto limits = hn::Set(d, limit);
  for (auto& word : words) {
#if HWY_TARGET == HWY_SCALAR
    word = 0;
    for (std::size_t i = 0; i < bits_per_word; ++i) {
      word |= std::uint64_t{hn::AllTrue(d, hn::Gt(hn::LoadU(d, keys + i), limits))} << i;
    }
#else
    for (std::size_t i = 0; i < bits_per_word; i += hn::Lanes(d)) {
      hn::StoreMaskBits(d, hn::Gt(hn::LoadU(d, keys + i), limits), reinterpret_cast<std::uint8_t*>(&word) + i / 8);
    }
#endif
    keys += bits_per_word;
  }
}

}  // namespace dlac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac {

HWY_EXPORT(largest_of);
HWY_EXPORT(make_keys);
HWY_EXPORT(count_above);
HWY_EXPORT(mark_above);

namespace {

/// Up to so many elements ordering them costs less than counting.
constexpr std::size_t few_elements = 32;

constexpr std::uint64_t few_ties = 8;  // likewise, than one more count

constexpr int key_bits = 15;  // and a sign

/// And how many keys are above it.
struct key_limit {
  std::int32_t limit = 0;
  std::uint64_t above = 0;
};

/// Where `count` keys would be above it if they lay evenly between the two; strictly between them.
std::int32_t limit_between(const key_limit& low, const key_limit& high, std::uint64_t count) {
  const auto width = static_cast<std::uint64_t>(high.limit - low.limit);
  const auto part = width * (low.above - count) / (low.above - high.above);
  return low.limit + static_cast<std::int32_t>(std::clamp<std::uint64_t>(part, 1, width - 1));
}

}  // namespace

void largest_elements::select(std::span<const std::int32_t> field, std::uint64_t count,
                              std::span<std::uint64_t> words) {
  if (count == 0) {
    std::fill(words.begin(), words.end(), 0);
    return;
  }
  if (field.size() <= few_elements) {
    select_few(field, count, words);
    return;
  }
  heed_stop();  // a plane may have millions of pixels
  const std::int32_t largest = HWY_DYNAMIC_DISPATCH(largest_of)(field.data(), field.size());
  const int shift = std::max(0, static_cast<int>(std::bit_width(static_cast<std::uint32_t>(largest))) - key_bits);
  const std::size_t key_words = words_for_bits(field.size());
  keys_.resize(key_words * bits_per_word);
  HWY_DYNAMIC_DISPATCH(make_keys)(field.data(), field.size(), shift, keys_.data());
  std::fill(keys_.begin() + static_cast<std::ptrdiff_t>(field.size()), keys_.end(), std::int16_t{-1});
  // At least `count` keys are above `low`, fewer above `high`.
  key_limit low{-1, field.size()};
  key_limit high{largest >> shift, 0};
  // Guesses, until only a few keys are in between; after one that was far from the middle of those the middle.
  for (bool halve = false; low.above > count && high.limit - low.limit > 1 && low.above - high.above > few_ties;) {
    heed_stop();
    const std::uint64_t between = low.above - high.above;
    const std::int32_t limit = halve ? (low.limit + high.limit) / 2 : limit_between(low, high, count);
    const auto above = HWY_DYNAMIC_DISPATCH(count_above)(keys_.data(), key_words, static_cast<std::int16_t>(limit));
    (above < count ? high : low) = {limit, above};
    halve = !halve && low.above - high.above > between / 2;
  }
  const auto marked = words.first(key_words);
  HWY_DYNAMIC_DISPATCH(mark_above)(keys_.data(), static_cast<std::int16_t>(low.limit), marked);
  std::fill(words.begin() + static_cast<std::ptrdiff_t>(key_words), words.end(), 0);
  if (low.above > count) {
    above_.resize(key_words);
    HWY_DYNAMIC_DISPATCH(mark_above)(keys_.data(), static_cast<std::int16_t>(high.limit), above_);
    drop_smallest(field, low.above - count, marked);
  }
}

void largest_elements::select_few(std::span<const std::int32_t> field, std::uint64_t count,
                                  std::span<std::uint64_t> words) {
  std::fill(words.begin(), words.end(), 0);
  constexpr std::uint64_t places = few_elements - 1;
  std::array<std::uint64_t, few_elements> order{};  // a value, and below it how early it stands
  for (std::size_t i = 0; i < field.size(); ++i) {
    order[i] = static_cast<std::uint64_t>(field[i]) * few_elements + (places - i);
  }
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(field.size()), std::greater<>());
  const auto last = order.begin() + static_cast<std::ptrdiff_t>(count);
  for (auto taken = order.begin(); taken != last; ++taken) {
    words[0] |= std::uint64_t{1} << (places - *taken % few_elements);
  }
}

/// Clears the bits of `excess` elements that are marked and not in above_: those with the smallest values.
void largest_elements::drop_smallest(std::span<const std::int32_t> field, std::uint64_t excess,
                                     std::span<std::uint64_t> marked) {
  tied_.clear();
  for (std::size_t word = 0; word < marked.size(); ++word) {
    for (auto left = marked[word] & ~above_[word]; left != 0; left &= left - 1) {
      const auto i = word * bits_per_word + static_cast<std::uint64_t>(std::countr_zero(left));
      tied_.push_back({field[i], i});
    }
  }
  order_tied(tied_.size() - excess);
  for (auto i = tied_.size() - excess; i < tied_.size(); ++i) {
    marked[tied_[i].index / bits_per_word] &= ~(std::uint64_t{1} << (tied_[i].index % bits_per_word));
  }
}

/// Brings the `count` largest to the front.
void largest_elements::order_tied(std::uint64_t count) {
  if (count < tied_.size()) {
    std::nth_element(
        tied_.begin(), tied_.begin() + static_cast<std::ptrdiff_t>(count), tied_.end(),
        [](const element& a, const element& b) { return a.value != b.value ? a.value > b.value : a.index < b.index; });
  }
}

}  // namespace dlac
#endif  // HWY_ONCE
