// Ends in the recurrence over a batch (stream_kernel-inl.h, which includes it): of slices, whose sums are scaled, and
// of tiles, with what their PEs did. Compiled once per instruction set, see stream_simd.cpp.

#if defined(DLAC_STREAM_ENDS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DLAC_STREAM_ENDS_INL_H_
#undef DLAC_STREAM_ENDS_INL_H_
#else
#define DLAC_STREAM_ENDS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/timing/stream_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dlac::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// By the valid outputs of every PE; those without any take part with none.
template <class D, bool kScaled>
void batch_kernel<D, kScaled>::lay_out_slice_costs() {
  for (std::size_t t = 0; slice_ > 0 && t < batch_.tiles.size(); ++t) {
    const auto& tile = batch_.tiles[t];
    for (std::uint32_t r = 0; r < tile.rows; ++r) {
      for (std::uint32_t c = 0; c < tile.cols; ++c) {
        slice_costs_[r * flat_ + std::size_t{c} * batch_.period + t] = static_cast<lane_value>(tile.slices.cost(r, c));
      }
    }
  }
}

/// All PEs end the step later, by what scaling the slice's sums takes. What they spend is told by slice_work().
template <class D, bool kScaled>
void batch_kernel<D, kScaled>::end_slice() {
  const D d;
  auto* const column_ends = column_ring_ + slot_ * flat_;
  auto* const row_ends = row_ring_ + slot_ * batch_.rows * width_;
  for (std::size_t i = 0; i < flat_; i += width_) {
    hn::Store(hn::Zero(d), d, column_ends + i);
  }
  for (std::size_t row = 0; row < batch_.rows; ++row) {
    auto latest = hn::Zero(d);
    for (std::size_t i = 0; i < flat_; i += width_) {
      auto* const ends = ends_ + row * flat_ + i;
      const auto end = hn::Add(hn::Load(d, ends), hn::Load(d, slice_costs_ + row * flat_ + i));
      hn::Store(end, d, ends);
      hn::Store(hn::Max(end, hn::Load(d, column_ends + i)), d, column_ends + i);
      latest = hn::Max(latest, end);
    }
    hn::Store(periodic_.fold(latest, [](auto a, auto b) HWY_ATTR { return hn::Max(a, b); }), d,
              row_ends + row * width_);
  }
}

/// What a tile's PEs have spent on it until now.
template <class D, bool kScaled>
std::uint64_t batch_kernel<D, kScaled>::slice_work(std::size_t tile) const {
  std::uint64_t costs = 0;
  for (std::size_t r = 0; slice_ > 0 && r < batch_.tiles[tile].rows; ++r) {
    for (std::size_t c = 0; c < batch_.tiles[tile].cols; ++c) {
      costs += slice_costs_[r * flat_ + c * batch_.period + tile];
    }
  }
  return slice_ > 0 ? next_step_ / slice_ * costs : 0;
}

template <class D, bool kScaled>
void batch_kernel<D, kScaled>::read_ends(cycle* ends) const {
  const D d;
  auto latest = hn::Zero(d);
  for (std::size_t i = 0; i < batch_.rows * flat_; i += width_) {
    latest = hn::Max(latest, hn::Load(d, ends_ + i));
  }
  HWY_ALIGN lane_value lanes[hn::MaxLanes(d)];
  hn::Store(periodic_.fold(latest, [](auto a, auto b) HWY_ATTR { return hn::Max(a, b); }), d, lanes);
  for (std::size_t t = 0; t < batch_.tiles.size(); ++t) {
    ends[t] = absolute(t, lanes[t], next_step_ - 1);
  }
}

/// With ideal memory a PE's cycles up to its last end are work and waiting, the rest up to mm_end is the barrier.
template <class D, bool kScaled>
void batch_kernel<D, kScaled>::read_results(tile_stream* results) const {
  std::vector<cycle> mm_ends(batch_.tiles.size());
  read_ends(mm_ends.data());
  for (std::size_t t = 0; t < batch_.tiles.size(); ++t) {
    const auto& tile = batch_.tiles[t];
    const auto pes = std::uint64_t{tile.rows} * tile.cols;
    std::uint64_t ends = pes * absolute(t, 0, next_step_ - 1);
    for (std::size_t r = 0; r < tile.rows; ++r) {
      for (std::size_t c = 0; c < tile.cols; ++c) {
        ends += ends_[r * flat_ + c * batch_.period + t];
      }
    }
    auto& result = results[t];
    result = {};
    result.busy = pes * next_step_ + slice_work(t);
    for (std::size_t l = t; l < width_; l += batch_.period) {
      result.busy += work_[l];
    }
    result.mm_end = mm_ends[t];
    result.neighbour = ends - pes * starts_[t] - result.busy;
    result.barrier = pes * result.mm_end - ends;
    result.products = products_[t];
  }
}

}  // namespace dlac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
