// The recurrence over a batch of tiles whose operands come from memory, chunk by chunk. Compiled once per instruction
// set, see stream_simd.cpp.

#if defined(DLAC_STREAM_CHUNK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DLAC_STREAM_CHUNK_INL_H_
#undef DLAC_STREAM_CHUNK_INL_H_
#else
#define DLAC_STREAM_CHUNK_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/timing/stream_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dlac::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// ready() of a chunk matters in its first step k only: from then on no skewed time is below F = max(ready) - k, and F
/// falls with every step. So all times are raised to F before that step, and by what a PE's time is raised it waits for
/// memory (contract section 9). Tiles have chunks of the same steps, each of them ready at a time of its own.
template <class D, bool kScaled>
class chunk_kernel : private batch_kernel<D, kScaled> {
  using base = batch_kernel<D, kScaled>;

 public:
  /// Tile t starts in cycle starts[t].
  chunk_kernel(const stream_machine& machine, const stream_batch& batch, std::span<const cycle> starts,
               stream_scratch& scratch)
      : base(machine, batch, starts, scratch),
        tiles_(batch.tiles.size()),
        step_ends_((machine.queue_depth + std::size_t{1}) * batch.tiles.size()) {
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
      tiles_[t] = {static_cast<std::int64_t>(starts[t]), static_cast<std::int64_t>(starts[t]), 0};
    }
  }

  /// `ready` of every tile, with rows and columns as they are in the batch or, `turned`, exchanged.
  void advance(std::uint64_t steps, std::span<const operand_readiness> ready, bool turned);
  [[nodiscard]] cycle last_row_push(std::size_t tile) const { return push_of_last_step(tiles_[tile].row_push); }
  [[nodiscard]] cycle last_column_push(std::size_t tile) const { return push_of_last_step(tiles_[tile].column_push); }
  void finish(tile_stream* results);

 private:
  using base::absolute;
  using base::base_;
  using base::batch_;
  using base::ends_;
  using base::flat_;
  using base::late_;
  using base::latest_;
  using base::machine_;
  using base::next_step_;
  using base::rebase;
  using base::row_ring_;
  using base::starts_;
  using base::take_off;
  using base::width_;
  using typename base::lane_value;

  struct tile_state {
    /// Latest A_r(k) - k and W_c(k) - k: exact, where the narrow times may have been raised.
    std::int64_t row_push = 0;
    std::int64_t column_push = 0;
    std::uint64_t memory = 0;  ///< PE-cycles
  };

  void wait_for_memory(std::span<const operand_readiness> ready);
  [[nodiscard]] std::uint64_t raise_of(std::size_t tile, cycle ready);
  [[nodiscard]] std::uint64_t waiting_below(std::size_t tile, std::uint64_t floor) const;
  void record_step_ends();
  [[nodiscard]] std::size_t slots() const { return machine_.queue_depth + std::size_t{1}; }
  [[nodiscard]] cycle push_of_last_step(std::int64_t push) const {
    return static_cast<cycle>(push + static_cast<std::int64_t>(next_step_ - 1));
  }

  std::vector<tile_state> tiles_;
  std::vector<cycle> step_ends_;  ///< latest E(k) of the last D + 1 steps, of every tile
  std::uint64_t recorded_ = 0;    ///< steps of which step_ends_ knows
};

template <class D, bool kScaled>
void chunk_kernel<D, kScaled>::advance(std::uint64_t steps, std::span<const operand_readiness> ready, bool turned) {
  const auto first = static_cast<std::int64_t>(next_step_);
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    auto& tile = tiles_[t];
    tile.row_push =
        std::max(tile.row_push, static_cast<std::int64_t>(turned ? ready[t].columns : ready[t].rows) - first);
    tile.column_push =
        std::max(tile.column_push, static_cast<std::int64_t>(turned ? ready[t].rows : ready[t].columns) - first);
  }
  wait_for_memory(ready);
  for (const auto end = next_step_ + steps; next_step_ < end;) {
    auto room = (base::largest_lane - latest_) / skewed_growth(machine_);
    if (room < std::min<std::uint64_t>(fewest_chunk_steps, end - next_step_)) {
      record_step_ends();
      rebase();
      room = (base::largest_lane - latest_) / skewed_growth(machine_);
    }
    base::stream_until(std::min(end, next_step_ + room));
  }
  record_step_ends();
  if (next_step_ > machine_.queue_depth) {
    const auto last = next_step_ - 1;
    const auto* const slot_free = &step_ends_[(last - machine_.queue_depth) % slots() * tiles_.size()];
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
      const auto push = static_cast<std::int64_t>(slot_free[t]) - static_cast<std::int64_t>(last);
      tiles_[t].row_push = std::max(tiles_[t].row_push, push);
      tiles_[t].column_push = std::max(tiles_[t].column_push, push);
    }
  }
}

template <class D, bool kScaled>
void chunk_kernel<D, kScaled>::wait_for_memory(std::span<const operand_readiness> ready) {
  const D d;
  HWY_ALIGN lane_value lanes[hn::MaxLanes(d)] = {};
  std::uint64_t least = ~std::uint64_t{0};
  bool raises = false;
  std::array<std::uint64_t, hn::MaxLanes(d)> raised{};
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    raised[t] = raise_of(t, std::max(ready[t].rows, ready[t].columns));
    raises = raises || raised[t] > 0;
    least = std::min(least, raised[t]);
  }
  if (!raises) {
    return;
  }
  record_step_ends();
  for (std::size_t l = 0; l < width_; ++l) {  // lanes without a tile are like the last one
    const auto t = std::min(l % batch_.period, tiles_.size() - 1);
    lanes[l] = static_cast<lane_value>(std::min<std::uint64_t>(raised[t], base::largest_lane));
  }
  take_off(hn::Load(d, lanes));
  for (std::size_t t = 0; t < batch_.period; ++t) {
    base_[t] += raised[std::min(t, tiles_.size() - 1)];
  }
  latest_ = std::max(latest_, least) - least;
}

/// By how much a tile's times have to be raised, whose waiting is counted.
template <class D, bool kScaled>
std::uint64_t chunk_kernel<D, kScaled>::raise_of(std::size_t t, cycle ready) {
  const auto& tile = batch_.tiles[t];
  const auto floor = static_cast<std::int64_t>(ready + late_) - static_cast<std::int64_t>(next_step_ + base_[t]);
  if (next_step_ == 0) {
    tiles_[t].memory += std::uint64_t{tile.rows} * tile.cols * (std::max(ready + 1, starts_[t]) - starts_[t]);
  } else if (floor > 0) {
    tiles_[t].memory += waiting_below(t, static_cast<std::uint64_t>(floor));
  }
  // With D = 1 a push adds the last cycle.
  return floor <= late_ ? 0 : static_cast<std::uint64_t>(floor) - late_;
}

/// What the PEs' last ends lack to `floor`.
template <class D, bool kScaled>
std::uint64_t chunk_kernel<D, kScaled>::waiting_below(std::size_t t, std::uint64_t floor) const {
  const auto& tile = batch_.tiles[t];
  std::uint64_t sum = 0;
  for (std::size_t r = 0; r < tile.rows; ++r) {
    const auto* const ends = ends_ + r * flat_ + t;
    for (std::size_t c = 0; c < tile.cols; ++c) {
      const auto end = ends[c * batch_.period];
      sum += std::max<std::uint64_t>(floor, end) - end;
    }
  }
  return sum;
}

/// Reads the latest ends from the ring, before anything can raise them.
template <class D, bool kScaled>
void chunk_kernel<D, kScaled>::record_step_ends() {
  for (auto k = std::max(recorded_, next_step_ - std::min<std::uint64_t>(next_step_, slots())); k < next_step_; ++k) {
    const auto* const ends = row_ring_ + (k % slots()) * batch_.rows * width_;
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
      lane_value latest = 0;
      for (std::size_t r = 0; r < batch_.rows; ++r) {
        latest = std::max(latest, ends[r * width_ + t]);
      }
      step_ends_[k % slots() * tiles_.size() + t] = absolute(t, latest, k);
    }
  }
  recorded_ = next_step_;
}

template <class D, bool kScaled>
void chunk_kernel<D, kScaled>::finish(tile_stream* results) {
  base::read_results(results);
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    results[t].memory = tiles_[t].memory;
    results[t].neighbour -= tiles_[t].memory;
  }
}

}  // namespace dlac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
