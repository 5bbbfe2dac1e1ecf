#include "tests/engines/contract_oracle.h"

#include <algorithm>
#include <functional>

namespace dlac::test {
namespace {

using time = std::int64_t;

time round_up(std::uint64_t a, std::uint64_t b) {
  return static_cast<time>(a / b + (a % b != 0 ? 1 : 0));
}

/// One grid line's part of a tile: the elements that exist, and how many of them each step looks at.
struct line {
  std::vector<std::uint64_t> elements;
  std::vector<std::uint64_t> counts;  ///< [k]: na or nw
};

struct oracle_tile {
  std::vector<line> rows;     ///< all R of them
  std::vector<line> columns;  ///< all C
  [[nodiscard]] static bool active(const line& l) { return !l.elements.empty(); }
  [[nodiscard]] static std::uint64_t valid(const std::vector<line>& lines) {
    std::uint64_t sum = 0;
    for (const auto& l : lines) {
      sum += l.elements.size();
    }
    return sum;
  }
};

/// Contract sections 3 and 4 for all lines of one side.
std::vector<line> cut_lines(std::uint64_t tile, std::uint32_t lines, std::uint32_t block, std::uint64_t extent,
                            const std::vector<std::vector<char>>& operand, bool skips_zeros) {
  std::vector<line> result(lines);
  for (std::uint32_t r = 0; r < lines; ++r) {
    for (std::uint32_t i = 0; i < block; ++i) {
      const auto element = (tile * lines + r) * block + i;
      if (element < extent) {
        result[r].elements.push_back(element);
      }
    }
    for (const auto& step : operand) {
      std::uint64_t count = 0;
      for (const auto element : result[r].elements) {
        count += !skips_zeros || step[element] != 0 ? 1 : 0;
      }
      result[r].counts.push_back(count);
    }
  }
  return result;
}

/// Contract section 5, with T = 0. Everything is kept, nothing is reused.
class streaming {
 public:
  /// Products of step k in PE(r, c).
  using issued_function = std::function<std::uint64_t(std::uint64_t k, std::size_t r, std::size_t c)>;

  /// Cycles that a step takes longer in a PE with so many outputs.
  using longer_function = std::function<time(std::uint64_t k, std::uint64_t outputs)>;

  streaming(const oracle_tile& tile, std::uint64_t steps, std::uint64_t lanes, std::uint32_t depth,
            const issued_function& issued_in, const longer_function& longer)
      : tile_(tile), depth_(depth), end_(steps), row_push_(steps), column_push_(steps) {
    for (std::uint64_t k = 0; k < steps; ++k) {
      push(k);
      execute(k, lanes, issued_in, longer);
    }
  }

  time mm_end = 0;
  std::uint64_t busy = 0;
  std::uint64_t neighbour = 0;
  std::uint64_t products = 0;
  std::uint64_t pe_steps = 0;

  [[nodiscard]] std::uint64_t barrier() const {
    std::uint64_t sum = 0;
    for (const auto end : end_.back()) {
      sum += end < 0 ? 0 : static_cast<std::uint64_t>(mm_end - end);
    }
    return sum;
  }

 private:
  [[nodiscard]] std::size_t pe(std::size_t r, std::size_t c) const { return r * tile_.columns.size() + c; }

  // A_r(k) and W_c(k). The end of an inactive PE is -1: it holds nobody back.
  void push(std::uint64_t k) {
    row_push_[k].assign(tile_.rows.size(), 0);
    column_push_[k].assign(tile_.columns.size(), 0);
    if (k > 0) {
      for (std::size_t r = 0; r < tile_.rows.size(); ++r) {
        row_push_[k][r] = row_push_[k - 1][r] + 1;
      }
      for (std::size_t c = 0; c < tile_.columns.size(); ++c) {
        column_push_[k][c] = column_push_[k - 1][c] + 1;
      }
    }
    if (k >= depth_) {
      for (std::size_t r = 0; r < tile_.rows.size(); ++r) {
        for (std::size_t c = 0; c < tile_.columns.size(); ++c) {
          row_push_[k][r] = std::max(row_push_[k][r], end_[k - depth_][pe(r, c)]);
          column_push_[k][c] = std::max(column_push_[k][c], end_[k - depth_][pe(r, c)]);
        }
      }
    }
  }

  void execute(std::uint64_t k, std::uint64_t lanes, const issued_function& issued_in, const longer_function& longer) {
    end_[k].assign(tile_.rows.size() * tile_.columns.size(), -1);
    for (std::size_t r = 0; r < tile_.rows.size(); ++r) {
      for (std::size_t c = 0; c < tile_.columns.size(); ++c) {
        if (!oracle_tile::active(tile_.rows[r]) || !oracle_tile::active(tile_.columns[c])) {
          continue;
        }
        const auto before = k == 0 ? 0 : end_[k - 1][pe(r, c)];
        const auto start = std::max({row_push_[k][r] + 1, column_push_[k][c] + 1, before});
        const auto issued = issued_in(k, r, c);
        const auto outputs = tile_.rows[r].elements.size() * tile_.columns[c].elements.size();
        const auto cost = (issued == 0 ? 1 : round_up(issued, lanes)) + longer(k, outputs);
        end_[k][pe(r, c)] = start + cost;
        mm_end = std::max(mm_end, start + cost);
        busy += static_cast<std::uint64_t>(cost);
        neighbour += static_cast<std::uint64_t>(start - before);
        products += issued;
        ++pe_steps;
      }
    }
  }

  const oracle_tile& tile_;
  std::uint32_t depth_;
  std::vector<std::vector<time>> end_;  ///< [k][PE]
  std::vector<std::vector<time>> row_push_;
  std::vector<std::vector<time>> column_push_;
};

/// Contract section 4 where outputs are skipped.
std::uint64_t needed_pairs(const oracle_operands& operands, std::uint64_t k, const line& row, bool skips_rows,
                           const line& column, bool skips_columns) {
  std::uint64_t pairs = 0;
  for (const auto m : row.elements) {
    for (const auto n : column.elements) {
      const bool takes_part =
          (!skips_rows || operands.row[k][m] != 0) && (!skips_columns || operands.column[k][n] != 0);
      pairs += takes_part && operands.needed[m][n] != 0 ? 1 : 0;
    }
  }
  return pairs;
}

/// Contract section 6: sum of the cycles of all operations.
time pt_wise_time(const accelerator_config& config, const layer& l, const oracle_tile& tile) {
  std::uint64_t most = 0;
  for (const auto& row : tile.rows) {
    for (const auto& column : tile.columns) {
      most = std::max<std::uint64_t>(most, row.elements.size() * column.elements.size());
    }
  }
  time sum = 0;
  for (const auto& op : l.epilogue) {
    const bool multiplies = op.kind == pt_wise_kind::mul_add || op.kind == pt_wise_kind::mul;
    const auto lanes = config.pe.fma_units + (multiplies ? 0 : config.pe.adders);
    const auto streaming_time = op.streams_feature_map ? static_cast<time>(oracle_tile::valid(tile.columns)) : 0;
    sum += std::max(round_up(most, lanes), streaming_time);
  }
  return sum;
}

time drain_time(const accelerator_config& config, const oracle_tile& tile) {
  time longest = 0;
  for (const auto& row : tile.rows) {
    longest = std::max(
        longest, round_up(row.elements.size() * oracle_tile::valid(tile.columns), config.drain_elements_per_cycle));
  }
  return longest;
}

std::uint64_t active_lines(const std::vector<line>& lines) {
  return static_cast<std::uint64_t>(std::count_if(lines.begin(), lines.end(), oracle_tile::active));
}

/// One by one, what a tile's buses, queues, pointwise operations and drain move.
void add_activity(const layer& l, const oracle_tile& tile, const oracle_operands& operands, activity_counters& moved) {
  const auto steps = operands.k;
  for (const auto& row : tile.rows) {
    moved.row_elements_read += steps * row.elements.size();
    for (const auto& column : tile.columns) {
      const auto outputs = row.elements.size() * column.elements.size();
      moved.row_elements_queued += column.elements.empty() ? 0 : steps * row.elements.size();
      moved.column_elements_queued += row.elements.empty() ? 0 : steps * column.elements.size();
      moved.outputs_drained += outputs;
      for (std::uint64_t k = 0; k < steps; ++k) {
        const bool ends = operands.slice != 0 && k % operands.slice == operands.slice - 1;
        moved.slice_adds += ends ? outputs * operands.slice_adds : 0;
        moved.slice_mul_adds += ends ? outputs * operands.slice_mul_adds : 0;
      }
      for (const auto& op : l.epilogue) {
        const bool multiplies = op.kind == pt_wise_kind::mul_add || op.kind == pt_wise_kind::mul;
        moved.pt_mul_adds += multiplies ? outputs : 0;
        moved.pt_adds += multiplies ? 0 : outputs;
        moved.pt_elements_streamed += op.streams_feature_map ? outputs : 0;
      }
    }
  }
  for (const auto& column : tile.columns) {
    moved.column_elements_read += steps * column.elements.size();
  }
}

/// (mt, nt) of every tile, in program order.
std::vector<std::pair<std::uint64_t, std::uint64_t>> program_order(std::uint64_t row_tiles, std::uint64_t column_tiles,
                                                                   tile_order order) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> tiles;
  const bool nt_outer = order == tile_order::nt_outer;
  for (std::uint64_t outer = 0; outer < (nt_outer ? column_tiles : row_tiles); ++outer) {
    for (std::uint64_t inner = 0; inner < (nt_outer ? row_tiles : column_tiles); ++inner) {
      tiles.emplace_back(nt_outer ? inner : outer, nt_outer ? outer : inner);
    }
  }
  return tiles;
}

}  // namespace

oracle_operands operands_by_index(const random_case& c, std::uint32_t group) {
  const auto& l = c.shape;
  const std::int64_t height = l.input_size.h;
  const std::int64_t width = l.input_size.w;
  const auto output = l.output_size();
  const std::uint64_t inputs = l.in_channels / l.groups;
  oracle_operands result;
  result.n = l.out_channels / l.groups;
  for (std::uint64_t cin = 0; cin < inputs; ++cin) {
    for (std::uint32_t ky = 0; ky < l.kernel.h; ++ky) {
      for (std::uint32_t kx = 0; kx < l.kernel.w; ++kx) {
        std::vector<char> row;
        for (std::uint64_t position = 0; position < std::uint64_t{c.batch} * output.h * output.w; ++position) {
          const auto image = position / output.w / output.h;
          const auto y = std::int64_t{l.stride.h} * static_cast<std::int64_t>(position / output.w % output.h) +
                         std::int64_t{ky} * l.dilation.h - std::int64_t{l.padding.top};
          const auto x = std::int64_t{l.stride.w} * static_cast<std::int64_t>(position % output.w) +
                         std::int64_t{kx} * l.dilation.w - std::int64_t{l.padding.left};
          const bool inside = y >= 0 && y < height && x >= 0 && x < width;
          const auto plane = static_cast<std::int64_t>(image * l.in_channels + group * inputs + cin);
          row.push_back(inside &&
                        c.values.activations[static_cast<std::size_t>((plane * height + y) * width + x)] != 0);
        }
        std::vector<char> column;
        for (std::uint64_t n = 0; n < result.n; ++n) {
          const auto filter = (group * result.n + n) * inputs + cin;
          column.push_back(c.values.weights[(filter * l.kernel.h + ky) * l.kernel.w + kx] != 0);
        }
        result.row.push_back(row);
        result.column.push_back(column);
      }
    }
  }
  result.m = result.row[0].size();
  result.k = result.row.size();
  return result;
}

std::uint64_t effectual_macs_of(const oracle_operands& operands) {
  std::uint64_t sum = 0;
  for (std::uint64_t k = 0; k < operands.k; ++k) {
    for (std::uint64_t m = 0; m < operands.m; ++m) {
      for (std::uint64_t n = 0; n < operands.n; ++n) {
        const bool effectual = operands.row[k][m] != 0 && operands.column[k][n] != 0;
        sum += effectual && (operands.needed.empty() || operands.needed[m][n] != 0) ? 1 : 0;
      }
    }
  }
  return sum;
}

layer_counters counters_by_contract(const accelerator_config& config, const layer& l, const oracle_operands& operands,
                                    block_shape block, tile_order order) {
  const bool skips_rows = config.skip == skip_mode::activations || config.skip == skip_mode::both;
  const bool skips_columns = config.skip == skip_mode::weights || config.skip == skip_mode::both;
  const auto lanes = config.pe.fma_units + (l.weights == weight_format::ternary ? config.pe.adders : 0);
  const std::uint64_t grid_pes = std::uint64_t{config.grid.rows} * config.grid.cols;
  const auto row_tiles = round_up(operands.m, std::uint64_t{config.grid.rows} * block.m);
  const auto column_tiles = round_up(operands.n, std::uint64_t{config.grid.cols} * block.n);
  layer_counters sum;
  time start = 0;
  std::vector<time> pt_end;
  std::vector<time> drain_end;
  for (const auto& [mt, nt] :
       program_order(static_cast<std::uint64_t>(row_tiles), static_cast<std::uint64_t>(column_tiles), order)) {
    if (!pt_end.empty()) {
      const auto previous = pt_end.size() - 1;
      const auto before_previous = previous == 0 ? 0 : drain_end[previous - 1];
      start = std::max(pt_end[previous], config.pe.output_banks == 2 ? before_previous : drain_end[previous]);
      sum.parts.drain_stall += static_cast<std::uint64_t>(start - pt_end[previous]);
    }
    const oracle_tile tile{cut_lines(mt, config.grid.rows, block.m, operands.m, operands.row, skips_rows),
                           cut_lines(nt, config.grid.cols, block.n, operands.n, operands.column, skips_columns)};
    const auto issued = [&](std::uint64_t k, std::size_t r, std::size_t c) {
      return operands.needed.empty()
                 ? tile.rows[r].counts[k] * tile.columns[c].counts[k]
                 : needed_pairs(operands, k, tile.rows[r], skips_rows, tile.columns[c], skips_columns);
    };
    const auto longer = [&](std::uint64_t k, std::uint64_t outputs) -> time {
      if (operands.slice == 0 || k % operands.slice != operands.slice - 1) {
        return 0;
      }
      return static_cast<time>(operands.slice_adds) * round_up(outputs, config.pe.fma_units + config.pe.adders) +
             static_cast<time>(operands.slice_mul_adds) * round_up(outputs, config.pe.fma_units);
    };
    const streaming stream(tile, operands.k, lanes, config.pe.operand_queue_depth, issued, longer);
    const auto pt = static_cast<std::uint64_t>(pt_wise_time(config, l, tile));
    const auto mm = static_cast<std::uint64_t>(stream.mm_end);
    const auto active = active_lines(tile.rows) * active_lines(tile.columns);
    pt_end.push_back(start + stream.mm_end + static_cast<time>(pt));
    drain_end.push_back(std::max(pt_end.back(), drain_end.empty() ? 0 : drain_end.back()) + drain_time(config, tile));
    sum.parts.mm += mm;
    sum.parts.pt += pt;
    sum.pe_parts.busy += stream.busy;
    sum.pe_parts.neighbour += stream.neighbour;
    sum.pe_parts.barrier += stream.barrier();
    sum.pe_parts.pt += active * pt;
    sum.pe_parts.inactive += (grid_pes - active) * (mm + pt);
    sum.tiles += 1;
    sum.pe_steps += stream.pe_steps;
    sum.issued_products += stream.products;
    add_activity(l, tile, operands, sum.activity);
  }
  sum.parts.drain_tail = static_cast<std::uint64_t>(drain_end.back() - pt_end.back());
  sum.pe_parts.drain = grid_pes * (sum.parts.drain_stall + sum.parts.drain_tail);
  sum.cycles = static_cast<std::uint64_t>(drain_end.back());
  return sum;
}

}  // namespace dlac::test
