// Counts of several tiles, side by side: from one array per tile, where the line varies fastest, to one array where the
// tile does. Compiled once per instruction set, see stream_simd.cpp.

#if defined(DLAC_STREAM_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DLAC_STREAM_PACK_INL_H_
#undef DLAC_STREAM_PACK_INL_H_
#else
#define DLAC_STREAM_PACK_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/mapping/step_counts.h"

HWY_BEFORE_NAMESPACE();
namespace dlac::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Where packed counts go: line l of step k begins at data + k * stride + l * period and holds a lane per tile. Lanes
/// without a tile are those of another tile; from the last line up to `stride` all is zero. A vector's length and
/// packed_overrun lanes behind the last step are scratch.
template <typename Lane>
struct packed_counts {
  Lane* data = nullptr;
  std::size_t stride = 0;
  std::uint32_t lines = 0;
  std::uint32_t period = 1;
};

inline constexpr std::size_t packed_overrun = 8;
inline constexpr std::size_t fewest_sources = 8;

/// The counts of one side of a batch's tiles, all with the same stride: see count_padding.
struct count_sources {
  std::vector<const std::uint16_t*> tiles;  ///< step 0, of `period` tiles and at least fewest_sources
  std::size_t stride = 0;
};

/// Zeros behind the last line of a step; may reach into the next one.
template <class D, typename Lane = hn::TFromD<D>>
HWY_INLINE void clear_behind(D d, const packed_counts<Lane>& packed, Lane* step) {
  for (auto i = std::size_t{packed.lines} * packed.period; i < packed.stride; i += hn::Lanes(d)) {
    hn::StoreU(hn::Zero(d), d, step + i);
  }
}

/// All tiles have the same counts: each is stored a whole vector wide, the next line overwrites what is too much.
template <class D, typename Lane = hn::TFromD<D>>
HWY_INLINE void pack_shared_step(D d, const std::uint16_t* counts, const packed_counts<Lane>& packed, Lane* out) {
  for (std::uint32_t l = 0; l < packed.lines; ++l) {
    hn::StoreU(hn::Set(d, static_cast<Lane>(counts[l])), d, out + l * packed.period);
  }
  clear_behind(d, packed, out);
}

#if HWY_TARGET == HWY_SCALAR

template <typename Lane>
void pack_each(const count_sources& sources, std::uint64_t first_step, std::size_t steps,
               const packed_counts<Lane>& packed) {
  for (std::size_t k = 0; k < steps; ++k) {
    for (std::uint32_t l = 0; l < packed.lines; ++l) {
      for (std::size_t t = 0; t < packed.period; ++t) {
        packed.data[k * packed.stride + l * packed.period + t] =
            sources.tiles[t][(first_step + k) * sources.stride + l];
      }
    }
  }
}

#else

template <class D>
HWY_INLINE void store_tiles(D d, hn::Vec<D> counts, std::uint16_t* out) {
  hn::StoreU(counts, d, out);
}
template <class D>
HWY_INLINE void store_tiles(D /*d*/, hn::Vec<D> counts, std::uint32_t* out) {
  const hn::Rebind<std::uint32_t, hn::Half<D>> wide;
  hn::StoreU(hn::PromoteTo(wide, hn::LowerHalf(counts)), wide, out);
  hn::StoreU(hn::PromoteTo(wide, hn::UpperHalf(hn::Half<D>(), counts)), wide, out + hn::Lanes(wide));
}

/// Eight lines of tiles t, t + 8, t + 16...: eight lanes each.
template <class D>
HWY_INLINE hn::Vec<D> load_lines(D d, const std::uint16_t* const* tiles, std::size_t offset) {
  if constexpr (hn::MaxLanes(d) == 8) {
    return hn::LoadU(d, *tiles + offset);
  } else {
    const hn::Half<D> half;
    const auto low = load_lines(half, tiles, offset);
    return hn::Combine(d, load_lines(half, tiles + hn::MaxLanes(half), offset), low);
  }
}

/// Transposes 8 tiles x 8 lines in every eight lanes of D.
template <class D, typename Lane>
HWY_INLINE void pack_block(D d, const std::uint16_t* const* tiles, std::size_t offset, std::size_t lines,
                           std::size_t period, Lane* out) {
  const hn::Repartition<std::uint32_t, D> d32;
  const hn::Repartition<std::uint64_t, D> d64;
  const auto v0 = load_lines(d, tiles + 0, offset);
  const auto v1 = load_lines(d, tiles + 1, offset);
  const auto v2 = load_lines(d, tiles + 2, offset);
  const auto v3 = load_lines(d, tiles + 3, offset);
  const auto v4 = load_lines(d, tiles + 4, offset);
  const auto v5 = load_lines(d, tiles + 5, offset);
  const auto v6 = load_lines(d, tiles + 6, offset);
  const auto v7 = load_lines(d, tiles + 7, offset);
  // Pairs of tiles, then fours, then eights: lines 0 to 3 from the lower halves, 4 to 7 from the upper ones.
  const auto p0 = hn::BitCast(d32, hn::InterleaveLower(d, v0, v1));
  const auto p1 = hn::BitCast(d32, hn::InterleaveLower(d, v2, v3));
  const auto p2 = hn::BitCast(d32, hn::InterleaveLower(d, v4, v5));
  const auto p3 = hn::BitCast(d32, hn::InterleaveLower(d, v6, v7));
  const auto q0 = hn::BitCast(d64, hn::InterleaveLower(d32, p0, p1));
  const auto q1 = hn::BitCast(d64, hn::InterleaveLower(d32, p2, p3));
  store_tiles(d, hn::BitCast(d, hn::InterleaveLower(d64, q0, q1)), out);
  if (lines > 1) store_tiles(d, hn::BitCast(d, hn::InterleaveUpper(d64, q0, q1)), out + period);
  const auto q2 = hn::BitCast(d64, hn::InterleaveUpper(d32, p0, p1));
  const auto q3 = hn::BitCast(d64, hn::InterleaveUpper(d32, p2, p3));
  if (lines > 2) store_tiles(d, hn::BitCast(d, hn::InterleaveLower(d64, q2, q3)), out + 2 * period);
  if (lines > 3) store_tiles(d, hn::BitCast(d, hn::InterleaveUpper(d64, q2, q3)), out + 3 * period);
  if (lines <= 4) return;
  const auto p4 = hn::BitCast(d32, hn::InterleaveUpper(d, v0, v1));
  const auto p5 = hn::BitCast(d32, hn::InterleaveUpper(d, v2, v3));
  const auto p6 = hn::BitCast(d32, hn::InterleaveUpper(d, v4, v5));
  const auto p7 = hn::BitCast(d32, hn::InterleaveUpper(d, v6, v7));
  const auto q4 = hn::BitCast(d64, hn::InterleaveLower(d32, p4, p5));
  const auto q5 = hn::BitCast(d64, hn::InterleaveLower(d32, p6, p7));
  store_tiles(d, hn::BitCast(d, hn::InterleaveLower(d64, q4, q5)), out + 4 * period);
  if (lines > 5) store_tiles(d, hn::BitCast(d, hn::InterleaveUpper(d64, q4, q5)), out + 5 * period);
  const auto q6 = hn::BitCast(d64, hn::InterleaveUpper(d32, p4, p5));
  const auto q7 = hn::BitCast(d64, hn::InterleaveUpper(d32, p6, p7));
  if (lines > 6) store_tiles(d, hn::BitCast(d, hn::InterleaveLower(d64, q6, q7)), out + 6 * period);
  if (lines > 7) store_tiles(d, hn::BitCast(d, hn::InterleaveUpper(d64, q6, q7)), out + 7 * period);
}

/// D has no more lanes than the period, or eight: then a line's vector may reach into the next lines, which come later.
template <class D, typename Lane>
void pack_in_blocks(D d, const count_sources& sources, std::uint64_t first_step, std::size_t steps,
                    const packed_counts<Lane>& packed) {
  for (std::size_t k = 0; k < steps; ++k) {
    auto* const out = packed.data + k * packed.stride;
    for (std::size_t line = 0; line < packed.lines; line += count_padding) {
      const auto offset = (first_step + k) * sources.stride + line;
      for (std::size_t tile = 0; tile < packed.period; tile += hn::MaxLanes(d)) {
        pack_block(d, sources.tiles.data() + tile, offset, packed.lines - line, packed.period,
                   out + line * packed.period + tile);
      }
    }
    if (packed.period < 8) {
      clear_behind(hn::CappedTag<Lane, 16 / sizeof(Lane)>(), packed, out);
    }
  }
}

template <typename Lane>
void pack_each(const count_sources& sources, std::uint64_t first_step, std::size_t steps,
               const packed_counts<Lane>& packed) {
  const hn::CappedTag<std::uint16_t, 8> d8;
#if HWY_HAVE_SCALABLE  // the number of eights in a vector is not known
  pack_in_blocks(d8, sources, first_step, steps, packed);
#else
  const hn::CappedTag<std::uint16_t, 16> d16;
  const hn::CappedTag<std::uint16_t, 32> d32;
  if (packed.period >= hn::MaxLanes(d32)) {
    pack_in_blocks(d32, sources, first_step, steps, packed);
  } else if (packed.period >= hn::MaxLanes(d16)) {
    pack_in_blocks(d16, sources, first_step, steps, packed);
  } else {
    pack_in_blocks(d8, sources, first_step, steps, packed);
  }
#endif
}

#endif  // HWY_TARGET == HWY_SCALAR

/// A single tile's counts are in order already; whole groups of lines are there to be read.
template <typename Lane>
void copy_counts(const count_sources& sources, std::uint64_t first_step, std::size_t steps,
                 const packed_counts<Lane>& packed) {
  for (std::size_t k = 0; k < steps; ++k) {
    const auto* const counts = sources.tiles.front() + (first_step + k) * sources.stride;
    auto* const out = packed.data + k * packed.stride;
    for (std::size_t line = 0; line < packed.lines; line += count_padding) {
      std::copy_n(counts + line, count_padding, out + line);
    }
  }
}

/// Packs steps [first_step, first_step + steps) for vectors of type D. What lies behind the last line must be zero
/// already, or hold what an earlier call left there.
template <class D, typename Lane = hn::TFromD<D>>
void pack_counts(D d, const count_sources& sources, std::uint64_t first_step, std::size_t steps,
                 const packed_counts<Lane>& packed) {
  const auto* const first = sources.tiles.front();
  if (packed.period == 1) {
    copy_counts(sources, first_step, steps, packed);
  } else if (std::all_of(sources.tiles.begin(), sources.tiles.end(), [=](const auto* tile) { return tile == first; })) {
    for (std::size_t k = 0; k < steps; ++k) {
      pack_shared_step(d, first + (first_step + k) * sources.stride, packed, packed.data + k * packed.stride);
    }
  } else {
    pack_each(sources, first_step, steps, packed);
  }
}

}  // namespace dlac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
