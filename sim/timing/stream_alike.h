#pragma once
// The streaming recurrence of stream.h for a tile whose steps are all alike, as on a machine that skips nothing. Lines
// with the same count behave the same, so one of each kind stands for all; and once every time rises by the same from
// step to step, it goes on doing so: the rest is multiplied, not streamed. The results are exactly those of stream.h.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/timing/stream.h"

namespace dlac {

/// Takes the place of tile_streamer.
class alike_streamer {
 public:
  /// Every step of `operands` is its first one.
  alike_streamer(const stream_operands& operands, std::uint32_t lanes, std::uint32_t queue_depth, cycle start);

  void advance(std::uint64_t steps, const operand_readiness& ready);
  [[nodiscard]] cycle last_row_push() const { return latest_push(rows_); }
  [[nodiscard]] cycle last_column_push() const { return latest_push(columns_); }
  [[nodiscard]] tile_stream finish() const;

 private:
  /// Lines of the grid with the same count.
  struct line_kind {
    std::uint16_t count = 0;
    std::uint64_t lines = 0;
    cycle push = 0;  ///< of the last step
  };
  /// The PEs where lines of two kinds meet.
  struct pe_kind {
    std::uint64_t pes = 0;
    std::uint32_t products = 0;
    std::uint32_t cost = 0;
    std::vector<cycle> ends;  ///< of the last D steps, by step modulo D
    cycle last_end = 0;
    std::uint64_t waited = 0;  ///< before the last step
    std::uint64_t waited_for_memory = 0;
  };

  static std::vector<line_kind> kinds_of(std::span<const std::uint16_t> counts, cycle start);
  [[nodiscard]] static cycle latest_push(const std::vector<line_kind>& lines);
  void push_step(const operand_readiness& ready);
  void execute_step(const operand_readiness& ready);
  void count(const pe_kind& pe, std::uint64_t steps);
  /// Remembers by how much the times have risen.
  void compare(const std::vector<cycle>& before);
  [[nodiscard]] std::vector<cycle> times() const;
  void repeat_last_step(std::uint64_t times);

  std::uint32_t queue_depth_;
  std::vector<line_kind> rows_;
  std::vector<line_kind> columns_;
  std::vector<pe_kind> pes_;  ///< by row and column
  std::uint64_t next_step_ = 0;
  cycle rise_ = 0;                ///< of all times, in the last step
  std::uint64_t same_rises_ = 0;  ///< steps in a row with that rise; 0 when the times rose differently
  tile_stream counts_;
};

}  // namespace dlac
