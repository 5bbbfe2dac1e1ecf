#include "sim/timing/stream_simd.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <memory>
#include <vector>

// Everything between foreach_target.h and HWY_ONCE is compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/timing/stream_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sim/timing/stream_chunk-inl.h"
#include "sim/timing/stream_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dlac::HWY_NAMESPACE {

/// Instructions per vector of PEs, per halving of a vector's lanes down to the period, and per grid row.
constexpr std::uint64_t pe_effort = 8;
constexpr std::uint64_t fold_effort = 3;
constexpr std::uint64_t row_effort = 6;
constexpr std::uint64_t largest_state = std::uint64_t{1} << 17U;  ///< bytes: well inside the second-level cache

/// Lanes of the narrowest and of the widest vector.
struct vector_widths {
  std::uint64_t narrowest = 1;
  std::uint64_t widest = 1;

  /// Of the narrowest vector that holds `lanes`, or the widest.
  [[nodiscard]] std::uint64_t fitting(std::uint64_t lanes) const {
    return std::clamp(std::bit_ceil(lanes), narrowest, widest);
  }
};

#if HWY_HAVE_SCALABLE || HWY_TARGET == HWY_SCALAR

template <typename Lane>
vector_widths widths() {
  const auto width = hn::Lanes(hn::ScalableTag<Lane>());
  return {width, width};
}

template <typename Lane, class Run>
auto with_vector(std::size_t /*width*/, const Run& run) {
  return run(hn::ScalableTag<Lane>());
}

#else

template <typename Lane>
vector_widths widths() {
  return {16 / sizeof(Lane), hn::MaxLanes(hn::ScalableTag<Lane>())};
}

/// Runs with a vector of `width` lanes.
template <typename Lane, class Run>
auto with_vector(std::size_t width, const Run& run) {
  const hn::CappedTag<Lane, 16 / sizeof(Lane)> d16;
  const hn::CappedTag<Lane, 32 / sizeof(Lane)> d32;
  const hn::ScalableTag<Lane> widest;
  if (width <= hn::MaxLanes(d16)) {
    return run(d16);
  }
  return width <= hn::MaxLanes(d32) ? run(d32) : run(widest);
}

#endif

/// What a step of a batch costs.
std::uint64_t effort(std::uint64_t rows, std::uint64_t cols, std::uint64_t period, const vector_widths& widths) {
  const auto width = widths.fitting(cols * period);
  const auto vectors = (cols * period + width - 1) / width;
  const auto folds = static_cast<std::uint64_t>(std::bit_width(width) - std::bit_width(period));
  return rows * (vectors * pe_effort + folds * fold_effort + row_effort);
}

/// Which periods to cut `tiles` tiles into, for the least effort.
class period_choice {
 public:
  period_choice(std::uint64_t rows, std::uint64_t cols, const vector_widths& widths, std::size_t lane_bytes)
      : largest_(static_cast<std::size_t>(std::clamp<std::uint64_t>(
            std::bit_floor(std::max<std::uint64_t>(1, largest_state / (rows * cols * lane_bytes))), 1,
            widths.widest))) {
    best_.push_back({0, 1});
    for (std::size_t tiles = 1; tiles <= largest_; ++tiles) {
      choice best{~std::uint64_t{0}, 1};
      for (std::size_t period = 1; period < 2 * tiles && period <= largest_; period *= 2) {
        const auto rest = best_[tiles - std::min(tiles, period)].effort;
        best = std::min(best, choice{effort(rows, cols, period, widths) + rest, static_cast<std::uint32_t>(period)},
                        [](const choice& a, const choice& b) { return a.effort < b.effort; });
      }
      best_.push_back(best);
    }
  }

  /// The period of the next batch, when `tiles` are left.
  [[nodiscard]] std::uint32_t period(std::size_t tiles) const { return best_[std::min(tiles, largest_)].period; }
  [[nodiscard]] std::uint64_t effort_of(std::size_t tiles) const {
    return tiles / largest_ * best_[largest_].effort + best_[tiles % largest_].effort;
  }

 private:
  struct choice {
    std::uint64_t effort;
    std::uint32_t period;
  };
  std::size_t largest_;
  std::vector<choice> best_;  ///< by tiles
};

/// The recurrence is the same with rows and columns exchanged.
stream_operands exchange_sides(const stream_operands& tile) {
  auto slices = tile.slices;
  std::swap(slices.rows, slices.columns);
  return {tile.cols,       tile.rows, tile.steps, tile.column_counts, tile.column_stride, tile.row_counts,
          tile.row_stride, nullptr,   slices};
}

bool scales_cost(const stream_machine& machine) {
  return reciprocal_of(machine.lanes, machine.most_products).shift > 16;
}

template <class D, bool kScaled>
void run_batch(const stream_machine& machine, const stream_batch& batch, stream_scratch& scratch, tile_stream* results,
               std::uint64_t checkpoint, cycle* checkpoint_ends) {
  batch_kernel<D, kScaled> kernel(machine, batch, {}, scratch);
  if (checkpoint != 0) {
    kernel.stream_until(checkpoint);
    kernel.read_ends(checkpoint_ends);
  }
  kernel.stream_until(batch.tiles.front().steps);
  kernel.read_results(results);
}

template <typename Lane>
void stream_in_lanes(const stream_machine& machine, std::span<const stream_operands> tiles, std::uint32_t rows,
                     std::uint32_t cols, tile_stream* results, const stream_checkpoint& checkpoint) {
  const auto vectors = widths<Lane>();
  const period_choice as_is(rows, cols, vectors, sizeof(Lane));
  const period_choice turned(cols, rows, vectors, sizeof(Lane));
  const bool turn = turned.effort_of(tiles.size()) < as_is.effort_of(tiles.size());
  std::vector<stream_operands> exchanged;
  if (turn) {
    std::transform(tiles.begin(), tiles.end(), std::back_inserter(exchanged), exchange_sides);
    tiles = exchanged;
    std::swap(rows, cols);
  }
  stream_scratch scratch;
  for (std::size_t first = 0; first < tiles.size();) {
    const auto period = (turn ? turned : as_is).period(tiles.size() - first);
    const auto count = std::min<std::size_t>(period, tiles.size() - first);
    const auto run = with_vector<Lane>(vectors.fitting(std::uint64_t{cols} * period), [&](auto d) HWY_ATTR {
      return scales_cost(machine) ? run_batch<decltype(d), true> : run_batch<decltype(d), false>;
    });
    const auto ends = checkpoint.step == 0 ? checkpoint.mm_ends : checkpoint.mm_ends.subspan(first, count);
    run(machine, {tiles.subspan(first, count), rows, cols, period}, scratch, results + first, checkpoint.step,
        ends.data());
    first += count;
  }
}

void stream_all(const stream_machine& machine, std::span<const stream_operands> tiles, tile_stream* results,
                const stream_checkpoint& checkpoint) {
  std::uint32_t rows = 0;
  std::uint32_t cols = 0;
  for (const auto& tile : tiles) {
    rows = std::max(rows, tile.rows);
    cols = std::max(cols, tile.cols);
  }
  if (fits_lane<std::uint16_t>(machine, std::max(rows, cols))) {
    stream_in_lanes<std::uint16_t>(machine, tiles, rows, cols, results, checkpoint);
  } else {
    stream_in_lanes<std::uint32_t>(machine, tiles, rows, cols, results, checkpoint);
  }
}

template <class D, bool kScaled>
class chunk_streamer_of final : public chunk_streamer {
 public:
  chunk_streamer_of(const stream_machine& machine, std::span<const stream_operands> tiles, bool turned,
                    std::uint32_t period, std::span<const cycle> starts)
      : tiles_(tiles.begin(), tiles.end()), turned_(turned), period_(period) {
    if (turned) {
      std::transform(tiles_.begin(), tiles_.end(), tiles_.begin(), exchange_sides);
    }
    const auto& size = tiles_.front();
    parts_.reserve((tiles.size() + period - 1) / period);
    for (std::size_t first = 0; first < tiles.size(); first += period) {
      const auto count = std::min<std::size_t>(period, tiles.size() - first);
      parts_.push_back(std::make_unique<part>(
          machine, stream_batch{std::span(tiles_).subspan(first, count), size.rows, size.cols, period},
          starts.subspan(first, count)));
    }
  }

  void advance(std::uint64_t steps, std::span<const operand_readiness> ready) override {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      const auto first = p * period_;
      parts_[p]->kernel.advance(steps, ready.subspan(first, std::min<std::size_t>(period_, ready.size() - first)),
                                turned_);
    }
  }
  [[nodiscard]] cycle last_row_push(std::size_t tile) const override {
    const auto& kernel = parts_[tile / period_]->kernel;
    return turned_ ? kernel.last_column_push(tile % period_) : kernel.last_row_push(tile % period_);
  }
  [[nodiscard]] cycle last_column_push(std::size_t tile) const override {
    const auto& kernel = parts_[tile / period_]->kernel;
    return turned_ ? kernel.last_row_push(tile % period_) : kernel.last_column_push(tile % period_);
  }
  void finish(std::span<tile_stream> results) override {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      parts_[p]->kernel.finish(results.data() + p * period_);
    }
  }

 private:
  /// As many tiles as there are lanes for.
  struct part {
    part(const stream_machine& machine, const stream_batch& batch, std::span<const cycle> starts)
        : kernel(machine, batch, starts, scratch) {}
    stream_scratch scratch;
    chunk_kernel<D, kScaled> kernel;
  };

  std::vector<stream_operands> tiles_;
  bool turned_;
  std::uint32_t period_;
  std::vector<std::unique_ptr<part>> parts_;
};

template <typename Lane>
std::unique_ptr<chunk_streamer> make_in_lanes(const stream_machine& machine, std::span<const stream_operands> tiles,
                                              std::span<const cycle> starts) {
  const auto& tile = tiles.front();
  const auto vectors = widths<Lane>();
  const auto period = static_cast<std::uint32_t>(std::min<std::uint64_t>(vectors.widest, std::bit_ceil(tiles.size())));
  const bool turned = effort(tile.cols, tile.rows, period, vectors) < effort(tile.rows, tile.cols, period, vectors);
  return with_vector<Lane>(
      vectors.fitting(std::uint64_t{turned ? tile.rows : tile.cols} * period),
      [&](auto d) HWY_ATTR -> std::unique_ptr<chunk_streamer> {
        using tag = decltype(d);
        if (scales_cost(machine)) {
          return std::make_unique<chunk_streamer_of<tag, true>>(machine, tiles, turned, period, starts);
        }
        return std::make_unique<chunk_streamer_of<tag, false>>(machine, tiles, turned, period, starts);
      });
}

std::unique_ptr<chunk_streamer> make_streamer(const stream_machine& machine, std::span<const stream_operands> tiles,
                                              std::span<const cycle> starts) {
  return fits_lane<std::uint16_t>(machine, std::max(tiles.front().rows, tiles.front().cols))
             ? make_in_lanes<std::uint16_t>(machine, tiles, starts)
             : make_in_lanes<std::uint32_t>(machine, tiles, starts);
}

}  // namespace dlac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dlac {

HWY_EXPORT(stream_all);
HWY_EXPORT(make_streamer);

void stream_tiles(const stream_machine& machine, std::span<const stream_operands> tiles, std::span<tile_stream> results,
                  stream_checkpoint checkpoint) {
  if (!tiles.empty()) {
    HWY_DYNAMIC_DISPATCH(stream_all)(machine, tiles, results.data(), checkpoint);
  }
}

std::unique_ptr<chunk_streamer> make_chunk_streamer(const stream_machine& machine,
                                                    std::span<const stream_operands> tiles,
                                                    std::span<const cycle> starts) {
  return HWY_DYNAMIC_DISPATCH(make_streamer)(machine, tiles, starts);
}

}  // namespace dlac
#endif  // HWY_ONCE
