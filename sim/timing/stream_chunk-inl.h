// The recurrence over one tile whose operands come from memory, chunk by chunk. Compiled once per instruction set, see
// stream_simd.cpp.

#if defined(DLAC_STREAM_CHUNK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DLAC_STREAM_CHUNK_INL_H_
#undef DLAC_STREAM_CHUNK_INL_H_
#else
#define DLAC_STREAM_CHUNK_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/timing/stream_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dlac::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// ready() of a chunk matters in its first step k only: from then on no skewed time is below F = max(ready) - k, and F
/// falls with every step. So all times are raised to F before that step, and by what a PE's time is raised it waits for
/// memory (contract section 9).
template <class D, bool kScaled>
class chunk_kernel : private batch_kernel<D, kScaled> {
  using base = batch_kernel<D, kScaled>;

 public:
  /// A batch of one tile.
  chunk_kernel(const stream_machine& machine, const stream_batch& batch, cycle start, stream_scratch& scratch)
      : base(machine, batch, start, scratch),
        row_push_(static_cast<std::int64_t>(start)),
        column_push_(static_cast<std::int64_t>(start)),
        step_ends_(machine.queue_depth + std::size_t{1}) {}

  void advance(std::uint64_t steps, cycle rows_ready, cycle columns_ready);
  [[nodiscard]] cycle last_row_push() const { return push_of_last_step(row_push_); }
  [[nodiscard]] cycle last_column_push() const { return push_of_last_step(column_push_); }
  [[nodiscard]] tile_stream finish();

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
  using base::start_;
  using base::take_off;
  using base::width_;
  using typename base::lane_value;

  void wait_for_memory(cycle ready);
  [[nodiscard]] std::uint64_t waiting_below(std::uint64_t floor) const;
  void record_step_ends();
  [[nodiscard]] cycle push_of_last_step(std::int64_t push) const {
    return static_cast<cycle>(push + static_cast<std::int64_t>(next_step_ - 1));
  }

  /// Latest A_r(k) - k and W_c(k) - k: exact, where the narrow times may have been raised.
  std::int64_t row_push_;
  std::int64_t column_push_;
  std::vector<cycle> step_ends_;  ///< latest E(k) of the last D + 1 steps
  std::uint64_t recorded_ = 0;    ///< steps of which step_ends_ knows
  std::uint64_t memory_ = 0;
};

template <class D, bool kScaled>
void chunk_kernel<D, kScaled>::advance(std::uint64_t steps, cycle rows_ready, cycle columns_ready) {
  const auto first = static_cast<std::int64_t>(next_step_);
  row_push_ = std::max(row_push_, static_cast<std::int64_t>(rows_ready) - first);
  column_push_ = std::max(column_push_, static_cast<std::int64_t>(columns_ready) - first);
  wait_for_memory(std::max(rows_ready, columns_ready));
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
    const auto slot_free = step_ends_[(last - machine_.queue_depth) % step_ends_.size()];
    const auto push = static_cast<std::int64_t>(slot_free) - static_cast<std::int64_t>(last);
    row_push_ = std::max(row_push_, push);
    column_push_ = std::max(column_push_, push);
  }
}

template <class D, bool kScaled>
void chunk_kernel<D, kScaled>::wait_for_memory(cycle ready) {
  const auto& tile = batch_.tiles.front();
  const auto floor = static_cast<std::int64_t>(ready + late_) - static_cast<std::int64_t>(next_step_ + base_.front());
  if (next_step_ == 0) {
    memory_ += std::uint64_t{tile.rows} * tile.cols * (std::max(ready + 1, start_) - start_);
  } else if (floor > 0) {
    memory_ += waiting_below(static_cast<std::uint64_t>(floor));
  }
  if (floor <= late_) {
    return;
  }
  // With D = 1 a push adds the last cycle.
  const auto raised = static_cast<std::uint64_t>(floor) - late_;
  record_step_ends();
  take_off(hn::Set(D(), static_cast<lane_value>(std::min<std::uint64_t>(raised, base::largest_lane))));
  base_.front() += raised;
  latest_ = std::max(latest_, raised) - raised;
}

/// What the PEs' last ends lack to `floor`.
template <class D, bool kScaled>
std::uint64_t chunk_kernel<D, kScaled>::waiting_below(std::uint64_t floor) const {
  const auto& tile = batch_.tiles.front();
  std::uint64_t sum = 0;
  for (std::size_t r = 0; r < tile.rows; ++r) {
    const auto* const ends = ends_ + r * flat_;
    for (std::size_t c = 0; c < tile.cols; ++c) {
      sum += std::max<std::uint64_t>(floor, ends[c]) - ends[c];
    }
  }
  return sum;
}

/// Reads the latest ends from the ring, before anything can raise them.
template <class D, bool kScaled>
void chunk_kernel<D, kScaled>::record_step_ends() {
  const std::size_t slots = step_ends_.size();
  for (auto k = std::max(recorded_, next_step_ - std::min<std::uint64_t>(next_step_, slots)); k < next_step_; ++k) {
    const auto* const ends = row_ring_ + (k % slots) * batch_.rows * width_;
    lane_value latest = 0;
    for (std::size_t r = 0; r < batch_.rows; ++r) {
      latest = std::max(latest, ends[r * width_]);
    }
    step_ends_[k % slots] = absolute(0, latest, k);
  }
  recorded_ = next_step_;
}

template <class D, bool kScaled>
tile_stream chunk_kernel<D, kScaled>::finish() {
  tile_stream result;
  base::read_results(&result);
  result.memory = memory_;
  result.neighbour -= memory_;
  return result;
}

}  // namespace dlac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
