// The recurrence over one batch of tiles (stream_batch.h). Compiled once per instruction set, see stream_simd.cpp.

#if defined(DLAC_STREAM_KERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DLAC_STREAM_KERNEL_INL_H_
#undef DLAC_STREAM_KERNEL_INL_H_
#else
#define DLAC_STREAM_KERNEL_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "sim/core/stop.h"
#include "sim/timing/stream_batch.h"
#include "sim/timing/stream_lanes-inl.h"
#include "sim/timing/stream_pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dlac::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D, bool kScaled>
class batch_kernel {
 public:
  /// Tile t begins in cycle T = starts[t]; without any, all begin in cycle 0.
  batch_kernel(const stream_machine& machine, const stream_batch& batch, std::span<const cycle> starts,
               stream_scratch& scratch);

  /// Streams steps up to (not including) `end`.
  void stream_until(std::uint64_t end);
  /// mm_end of every tile, were it to end here.
  void read_ends(cycle* ends) const;
  void read_results(tile_stream* results) const;

 private:
  template <class, bool>
  friend class chunk_kernel;  // adds memory

  using lane_value = hn::TFromD<D>;
  using vector = hn::Vec<D>;
  static constexpr std::uint64_t largest_lane = std::numeric_limits<lane_value>::max();
  static constexpr std::size_t packed_bytes = 16384;  ///< wanted: counts stay in the first-level cache
  static constexpr std::size_t most_chunk_steps = 256;

  /// The arrays of one step.
  struct step_view {
    const lane_value* row_counts;
    const lane_value* column_counts;
    const lane_value* old_row_ends;  ///< of step k - D
    const lane_value* old_column_ends;
    lane_value* row_ends;  ///< of step k
    lane_value* column_ends;
  };
  /// The operands of one grid row.
  struct row_view {
    lane_value* ends;
    vector counts;
    vector push;
    vector end;
  };

  void lay_out(stream_scratch& scratch);
  void lay_out_slice_costs();
  void pack(std::size_t steps);
  void stream_chunk(std::size_t steps);
  void flush_work(vector work);
  HWY_NOINLINE void end_slice();
  [[nodiscard]] std::uint64_t slice_work(std::size_t tile) const;
  void rebase();
  HWY_INLINE vector count_block(vector work);
  HWY_INLINE vector push_time(const lane_value* old_ends) const;
  HWY_INLINE row_view view_row(const step_view& step, std::size_t row) const;
  HWY_INLINE vector stream_pe(row_view& row, std::size_t lane, vector nw, vector push, vector& work) const;
  template <bool kFirst>
  HWY_INLINE vector stream_four_rows(const step_view& step, std::size_t row, vector work) const;
  template <bool kFirst>
  HWY_INLINE vector stream_row(const step_view& step, std::size_t row, vector work) const;
  /// E(step) from its skewed time.
  [[nodiscard]] cycle absolute(std::size_t tile, std::uint64_t skewed, std::uint64_t step) const {
    return skewed + base_[tile] + step + 2 - late_;
  }
  /// Takes `earliest`, which repeats tile by tile, off all times. Those of past steps that are earlier still become
  /// that time: it holds nobody back who has reached it.
  void take_off(vector earliest);

  const stream_machine machine_;
  const stream_batch batch_;
  const periodic_lanes<D> periodic_;
  const cost_of_step<kScaled> cost_;
  const std::size_t width_ = hn::Lanes(D());
  const std::size_t flat_;        ///< lanes of a grid row: cols * period, in whole vectors
  const std::size_t row_stride_;  ///< lanes of a step's row counts: rows * period, in whole vectors
  const lane_value late_;         ///< 1 when D = 1
  const lane_value slack_;        ///< D - 2, or 0
  std::size_t chunk_steps_ = 0;
  std::size_t blocks_per_flush_ = 0;

  lane_value* ends_ = nullptr;         ///< rows x flat
  lane_value* row_ring_ = nullptr;     ///< D + 1 steps x rows x vector: latest end in the row
  lane_value* column_ring_ = nullptr;  ///< D + 1 steps x flat
  lane_value* slice_costs_ = nullptr;  ///< rows x flat, of the step that ends a slice; where slices end
  packed_counts<lane_value> row_counts_;
  packed_counts<lane_value> column_counts_;
  count_sources row_sources_;
  count_sources column_sources_;

  std::uint64_t next_step_ = 0;
  std::uint64_t slice_ = 0;  ///< steps of a slice
  std::size_t slot_ = 0;     ///< of the rings, where next_step_ goes
  std::uint64_t latest_;     ///< no skewed time is above
  std::size_t blocks_to_flush_ = 0;
  std::vector<cycle> starts_;            ///< per tile, and where there is none
  std::vector<std::uint64_t> base_;      ///< per tile: what was taken off its skewed times
  std::vector<std::uint64_t> work_;      ///< per lane: sum of cost - 1
  std::vector<std::uint64_t> products_;  ///< per tile
};

template <class D, bool kScaled>
batch_kernel<D, kScaled>::batch_kernel(const stream_machine& machine, const stream_batch& batch,
                                       std::span<const cycle> starts, stream_scratch& scratch)
    : machine_(machine),
      batch_(batch),
      periodic_(batch.period),
      cost_(reciprocal_of(machine.lanes, machine.most_products)),
      flat_(hwy::RoundUpTo(std::size_t{batch.cols} * batch.period, width_)),
      row_stride_(hwy::RoundUpTo(std::size_t{batch.rows} * batch.period, width_)),
      late_(machine.queue_depth == 1 ? 1 : 0),
      slack_(static_cast<lane_value>(machine.queue_depth < 2 ? 0 : machine.queue_depth - 2)),
      latest_(late_),
      starts_(batch.period),
      work_(width_),
      products_(batch.period) {
  for (std::size_t t = 0; !starts.empty() && t < batch.period; ++t) {
    starts_[t] = starts[std::min(t, starts.size() - 1)];
  }
  base_ = starts_;
  const auto block_work = rows_per_block * (flat_ / width_) * most_extra_cycles(machine);
  blocks_per_flush_ = block_work == 0 ? largest_lane : largest_lane / block_work;
  chunk_steps_ = std::clamp<std::size_t>(packed_bytes / ((row_stride_ + flat_) * sizeof(lane_value)),
                                         fewest_chunk_steps, most_chunk_steps);
  chunk_steps_ = std::min<std::size_t>(chunk_steps_, (largest_lane - skewed_spread(machine)) / skewed_growth(machine));
  chunk_steps_ = std::min<std::size_t>(chunk_steps_, batch.tiles.front().steps);
  const auto sources = std::max(std::size_t{batch.period}, fewest_sources);
  row_sources_.tiles.reserve(sources);
  column_sources_.tiles.reserve(sources);
  for (std::size_t t = 0; t < sources; ++t) {
    const auto& tile = batch.tiles[std::min(t, batch.tiles.size() - 1)];
    row_sources_.tiles.push_back(tile.row_counts);
    column_sources_.tiles.push_back(tile.column_counts);
  }
  row_sources_.stride = batch.tiles.front().row_stride;
  column_sources_.stride = batch.tiles.front().column_stride;
  lay_out(scratch);
}

template <class D, bool kScaled>
void batch_kernel<D, kScaled>::lay_out(stream_scratch& scratch) {
  const std::size_t slots = machine_.queue_depth + std::size_t{1};
  const std::size_t ends = batch_.rows * flat_;
  const std::size_t row_ring = slots * batch_.rows * width_;
  const std::size_t column_ring = slots * flat_;
  const std::size_t slice_costs = machine_.slice_end > 0 ? ends : 0;
  const std::size_t spill = width_ + hwy::RoundUpTo(packed_overrun, width_);
  const std::size_t row_counts = chunk_steps_ * row_stride_ + spill;
  const std::size_t column_counts = chunk_steps_ * flat_ + spill;
  const auto size = (ends + row_ring + column_ring + row_counts + column_counts + slice_costs) * sizeof(lane_value);
  scratch.hold(size);
  std::memset(scratch.bytes.get(), 0, size);
  ends_ = reinterpret_cast<lane_value*>(scratch.bytes.get());
  row_ring_ = ends_ + ends;
  column_ring_ = row_ring_ + row_ring;
  row_counts_ = {column_ring_ + column_ring, row_stride_, batch_.rows, batch_.period};
  column_counts_ = {row_counts_.data + row_counts, flat_, batch_.cols, batch_.period};
  slice_costs_ = column_counts_.data + column_counts;
  slice_ = machine_.slice_end > 0 ? batch_.tiles.front().slices.steps : 0;
  lay_out_slice_costs();
}

template <class D, bool kScaled>
void batch_kernel<D, kScaled>::stream_until(std::uint64_t end) {
  while (next_step_ < end) {
    heed_stop();
    const auto steps = std::min<std::uint64_t>(chunk_steps_, end - next_step_);
    if (latest_ + steps * skewed_growth(machine_) > largest_lane) {
      rebase();
    }
    latest_ += steps * skewed_growth(machine_);
    pack(steps);
    stream_chunk(steps);
  }
}

/// The sum of na * nw over a step is the product of the sums.
template <class D, bool kScaled>
void batch_kernel<D, kScaled>::pack(std::size_t steps) {
  const D d;
  pack_counts(D(), row_sources_, next_step_, steps, row_counts_);
  pack_counts(D(), column_sources_, next_step_, steps, column_counts_);
  const auto sum = [](auto a, auto b) HWY_ATTR { return hn::Add(a, b); };
  HWY_ALIGN lane_value row_sums[hn::MaxLanes(d)];
  HWY_ALIGN lane_value column_sums[hn::MaxLanes(d)];
  for (std::size_t k = 0; k < steps; ++k) {
    auto na = hn::Zero(d);
    for (std::size_t i = 0; i < row_stride_; i += width_) {
      na = hn::Add(na, hn::Load(d, row_counts_.data + k * row_stride_ + i));
    }
    auto nw = hn::Zero(d);
    for (std::size_t i = 0; i < flat_; i += width_) {
      nw = hn::Add(nw, hn::Load(d, column_counts_.data + k * flat_ + i));
    }
    hn::Store(periodic_.fold(na, sum), d, row_sums);
    hn::Store(periodic_.fold(nw, sum), d, column_sums);
    for (std::size_t t = 0; t < batch_.period; ++t) {
      products_[t] += std::uint64_t{row_sums[t]} * column_sums[t];
    }
  }
}

template <class D, bool kScaled>
void batch_kernel<D, kScaled>::stream_chunk(std::size_t steps) {
  auto work = hn::Zero(D());
  blocks_to_flush_ = blocks_per_flush_;
  auto last_of_slice = slice_ > 0 ? slice_ - 1 - next_step_ % slice_ : steps;
  for (std::size_t k = 0; k < steps; ++k) {
    const auto old = slot_ == machine_.queue_depth ? 0 : slot_ + 1;
    const step_view step{row_counts_.data + k * row_stride_,       column_counts_.data + k * flat_,
                         row_ring_ + old * batch_.rows * width_,   column_ring_ + old * flat_,
                         row_ring_ + slot_ * batch_.rows * width_, column_ring_ + slot_ * flat_};
    std::size_t row = 0;
    if (batch_.rows >= rows_per_block) {
      work = count_block(stream_four_rows<true>(step, row, work));
      for (row = rows_per_block; row + rows_per_block <= batch_.rows; row += rows_per_block) {
        work = count_block(stream_four_rows<false>(step, row, work));
      }
    } else {
      work = count_block(stream_row<true>(step, row++, work));
    }
    for (; row < batch_.rows; ++row) {
      work = count_block(stream_row<false>(step, row, work));
    }
    if (k == last_of_slice) {
      end_slice();
      last_of_slice += slice_;
    }
    slot_ = old;
  }
  flush_work(work);
  next_step_ += steps;
}

/// A_r(k) or W_c(k), from the latest ends of step k - D.
template <class D, bool kScaled>
auto batch_kernel<D, kScaled>::push_time(const lane_value* old_ends) const -> vector {
  const D d;
  const auto slack = hn::Set(d, slack_);
  const auto ends = hn::Load(d, old_ends);
  return hn::Add(hn::Sub(hn::Max(ends, slack), slack), hn::Set(d, late_));
}

template <class D, bool kScaled>
auto batch_kernel<D, kScaled>::view_row(const step_view& step, std::size_t row) const -> row_view {
  return {ends_ + row * flat_, periodic_.load(step.row_counts + row * batch_.period),
          push_time(step.old_row_ends + row * width_), hn::Zero(D())};
}

/// S_rc(k) and E_rc(k) of a vector of PEs; returns their ends.
template <class D, bool kScaled>
auto batch_kernel<D, kScaled>::stream_pe(row_view& row, std::size_t lane, vector nw, vector push, vector& work) const
    -> vector {
  const D d;
  const auto extra = cost_(hn::Mul(row.counts, nw));
  const auto end = hn::Add(hn::Max(hn::Max(row.push, push), hn::Load(d, row.ends + lane)), extra);
  hn::Store(end, d, row.ends + lane);
  row.end = hn::Max(row.end, end);
  work = hn::Add(work, extra);
  return end;
}

template <class D, bool kScaled>
template <bool kFirst>
auto batch_kernel<D, kScaled>::stream_four_rows(const step_view& step, std::size_t row, vector work) const -> vector {
  const D d;
  const auto latest = [](auto a, auto b) HWY_ATTR { return hn::Max(a, b); };
  auto row0 = view_row(step, row);
  auto row1 = view_row(step, row + 1);
  auto row2 = view_row(step, row + 2);
  auto row3 = view_row(step, row + 3);
  for (std::size_t i = 0; i < flat_; i += width_) {
    const auto nw = hn::Load(d, step.column_counts + i);
    const auto push = push_time(step.old_column_ends + i);
    const auto end0 = stream_pe(row0, i, nw, push, work);
    const auto end1 = stream_pe(row1, i, nw, push, work);
    const auto end2 = stream_pe(row2, i, nw, push, work);
    const auto end3 = stream_pe(row3, i, nw, push, work);
    const auto end = hn::Max(hn::Max(end0, end1), hn::Max(end2, end3));
    hn::Store(kFirst ? end : hn::Max(end, hn::Load(d, step.column_ends + i)), d, step.column_ends + i);
  }
  auto* const row_ends = step.row_ends + row * width_;
  hn::Store(periodic_.fold(row0.end, latest), d, row_ends);
  hn::Store(periodic_.fold(row1.end, latest), d, row_ends + width_);
  hn::Store(periodic_.fold(row2.end, latest), d, row_ends + 2 * width_);
  hn::Store(periodic_.fold(row3.end, latest), d, row_ends + 3 * width_);
  return work;
}

template <class D, bool kScaled>
template <bool kFirst>
auto batch_kernel<D, kScaled>::stream_row(const step_view& step, std::size_t row, vector work) const -> vector {
  const D d;
  const auto latest = [](auto a, auto b) HWY_ATTR { return hn::Max(a, b); };
  auto only = view_row(step, row);
  for (std::size_t i = 0; i < flat_; i += width_) {
    const auto nw = hn::Load(d, step.column_counts + i);
    const auto end = stream_pe(only, i, nw, push_time(step.old_column_ends + i), work);
    hn::Store(kFirst ? end : hn::Max(end, hn::Load(d, step.column_ends + i)), d, step.column_ends + i);
  }
  hn::Store(periodic_.fold(only.end, latest), d, step.row_ends + row * width_);
  return work;
}

/// Empties the lanes of `work` before they could overflow.
template <class D, bool kScaled>
auto batch_kernel<D, kScaled>::count_block(vector work) -> vector {
  if (--blocks_to_flush_ == 0) {
    flush_work(work);
    blocks_to_flush_ = blocks_per_flush_;
    return hn::Zero(D());
  }
  return work;
}

template <class D, bool kScaled>
void batch_kernel<D, kScaled>::flush_work(vector work) {
  const D d;
  HWY_ALIGN lane_value lanes[hn::MaxLanes(d)];
  hn::Store(work, d, lanes);
  for (std::size_t l = 0; l < width_; ++l) {
    work_[l] += lanes[l];
  }
}

template <class D, bool kScaled>
void batch_kernel<D, kScaled>::rebase() {
  const D d;
  auto earliest = hn::Set(d, std::numeric_limits<lane_value>::max());
  for (std::size_t i = 0; i < batch_.rows * flat_; i += width_) {
    earliest = hn::Min(earliest, hn::Load(d, ends_ + i));
  }
  earliest = periodic_.fold(earliest, [](auto a, auto b) HWY_ATTR { return hn::Min(a, b); });
  take_off(earliest);
  HWY_ALIGN lane_value taken[hn::MaxLanes(d)];
  hn::Store(earliest, d, taken);
  for (std::size_t t = 0; t < batch_.period; ++t) {
    base_[t] += taken[t];
  }
  latest_ = skewed_spread(machine_);
}

template <class D, bool kScaled>
void batch_kernel<D, kScaled>::take_off(vector earliest) {
  const D d;
  // The rings follow the ends in memory.
  for (auto* lanes = ends_; lanes != row_counts_.data; lanes += width_) {
    hn::Store(hn::Sub(hn::Max(hn::Load(d, lanes), earliest), earliest), d, lanes);
  }
}

}  // namespace dlac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#include "sim/timing/stream_ends-inl.h"

#endif  // per-target include guard
