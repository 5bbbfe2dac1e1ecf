#pragma once
// Tiles and blocks (contract section 3): tile (mt, nt) gives PE(r, c) the outputs m = (mt*R + r)*Bm + i,
// n = (nt*C + c)*Bn + j that lie inside the M x N result.

#include <algorithm>
#include <cstdint>

#include "sim/core/types.h"

namespace dlac {

/// One of the two result dimensions cut into tiles of `lines` grid lines (rows or columns) of `block` elements each.
struct tiled_dimension {
  std::uint64_t extent = 0;  ///< M or N
  std::uint32_t lines = 1;   ///< R or C
  std::uint32_t block = 1;   ///< Bm or Bn

  [[nodiscard]] std::uint64_t tile_extent() const { return std::uint64_t{lines} * block; }
  [[nodiscard]] std::uint64_t tiles() const { return (extent + tile_extent() - 1) / tile_extent(); }
  /// First element of a tile.
  [[nodiscard]] std::uint64_t first(std::uint64_t tile) const { return tile * tile_extent(); }
  /// Elements of the tile that exist.
  [[nodiscard]] std::uint64_t valid(std::uint64_t tile) const { return std::min(tile_extent(), extent - first(tile)); }
  /// vm(r) or vn(c): elements of one line that exist; the line is inactive when it has none.
  [[nodiscard]] std::uint32_t valid(std::uint64_t tile, std::uint32_t line) const {
    const auto skipped = std::uint64_t{line} * block;
    const auto in_tile = valid(tile);
    return in_tile <= skipped ? 0 : static_cast<std::uint32_t>(std::min<std::uint64_t>(block, in_tile - skipped));
  }
  /// Active lines are always the first ones.
  [[nodiscard]] std::uint32_t active_lines(std::uint64_t tile) const {
    return static_cast<std::uint32_t>((valid(tile) + block - 1) / block);
  }
};

struct tile {
  std::uint64_t mt = 0;
  std::uint64_t nt = 0;
};

/// The tile program of a mmOp: how the result is cut, and in which order the tiles run.
struct tiling {
  tiling(std::uint64_t m, std::uint64_t n, grid_shape grid, block_shape block, tile_order tile_order)
      : rows{m, grid.rows, block.m}, cols{n, grid.cols, block.n}, order(tile_order) {}

  tiled_dimension rows;
  tiled_dimension cols;
  tile_order order;

  [[nodiscard]] std::uint64_t tiles() const { return rows.tiles() * cols.tiles(); }
  [[nodiscard]] tile at(std::uint64_t index) const {
    return order == tile_order::nt_outer ? tile{index % rows.tiles(), index / rows.tiles()}
                                         : tile{index / cols.tiles(), index % cols.tiles()};
  }
  [[nodiscard]] block_shape block() const { return {rows.block, cols.block}; }
};

}  // namespace dlac
