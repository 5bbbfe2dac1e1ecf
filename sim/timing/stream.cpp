#include "sim/timing/stream.h"

#include <algorithm>
#include <vector>

#include "sim/timing/step_cost.h"

namespace dlac {
namespace {

/// E_rc(k) of the last D steps; the slot of step k - D is where step k goes.
class step_ends {
 public:
  step_ends(std::uint32_t depth, std::uint32_t rows, std::uint32_t cols)
      : depth_(depth), cols_(cols), pes_(std::uint64_t{rows} * cols), ends_(depth * pes_) {}

  cycle& at(std::uint64_t k, std::uint32_t r, std::uint32_t c) {
    return ends_[(k % depth_) * pes_ + std::uint64_t{r} * cols_ + c];
  }

 private:
  std::uint32_t depth_;
  std::uint32_t cols_;
  std::uint64_t pes_;
  std::vector<cycle> ends_;
};

/// Push times A_r(k) of all row feeders, or W_c(k) of all column feeders; before step 0 they are absent.
struct feeders {
  explicit feeders(std::uint32_t count) : push(count, 0) {}
  std::vector<cycle> push;

  void advance(std::uint32_t line, bool first_step, cycle slot_free) {
    push[line] = std::max(first_step ? 0 : push[line] + 1, slot_free);
  }
};

}  // namespace

stream_operands operands_of(const mm_op_program& program, tile position) {
  const auto row_counts = program.row_counts.step(position.mt, 0);
  const auto column_counts = program.column_counts.step(position.nt, 0);
  return {program.tiles.rows.active_lines(position.mt),
          program.tiles.cols.active_lines(position.nt),
          program.steps,
          row_counts.data(),
          row_counts.size(),
          column_counts.data(),
          column_counts.size()};
}

tile_stream stream_tile(const stream_operands& operands, std::uint32_t lanes, std::uint32_t queue_depth) {
  const auto rows = operands.rows;
  const auto cols = operands.cols;
  step_ends ends(queue_depth, rows, cols);
  feeders row_feeders(rows);
  feeders column_feeders(cols);
  tile_stream result;
  for (std::uint64_t k = 0; k < operands.steps; ++k) {
    std::vector<cycle> row_slot_free(rows, 0);
    std::vector<cycle> column_slot_free(cols, 0);
    if (k >= queue_depth) {
      for (std::uint32_t r = 0; r < rows; ++r) {
        for (std::uint32_t c = 0; c < cols; ++c) {
          row_slot_free[r] = std::max(row_slot_free[r], ends.at(k - queue_depth, r, c));
          column_slot_free[c] = std::max(column_slot_free[c], ends.at(k - queue_depth, r, c));
        }
      }
    }
    for (std::uint32_t r = 0; r < rows; ++r) {
      row_feeders.advance(r, k == 0, row_slot_free[r]);
    }
    for (std::uint32_t c = 0; c < cols; ++c) {
      column_feeders.advance(c, k == 0, column_slot_free[c]);
    }
    const auto* na = operands.row_counts + k * operands.row_stride;
    const auto* nw = operands.column_counts + k * operands.column_stride;
    for (std::uint32_t r = 0; r < rows; ++r) {
      for (std::uint32_t c = 0; c < cols; ++c) {
        const auto previous_end = k == 0 ? 0 : ends.at(k - 1, r, c);
        const auto start = std::max({row_feeders.push[r] + 1, column_feeders.push[c] + 1, previous_end});
        const auto cost = step_cost(std::uint32_t{na[r]} * nw[c], lanes);
        ends.at(k, r, c) = start + cost;
        result.busy += cost;
        result.neighbour += start - previous_end;
        result.products += std::uint64_t{na[r]} * nw[c];
        result.mm_end = std::max(result.mm_end, start + cost);
      }
    }
  }
  for (std::uint32_t r = 0; r < rows; ++r) {
    for (std::uint32_t c = 0; c < cols; ++c) {
      result.barrier += result.mm_end - ends.at(operands.steps - 1, r, c);
    }
  }
  return result;
}

}  // namespace dlac
