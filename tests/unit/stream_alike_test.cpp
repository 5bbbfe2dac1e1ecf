// Steps that are all alike, against the plain recurrence: random tiles, cut into chunks that arrive at random times.

#include "sim/timing/stream_alike.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

namespace dlac {
namespace {

bool is_less(std::uint16_t a, std::uint16_t b) {
  return a > b;
}

/// Full lines first, as in a tile.
std::vector<std::uint16_t> draw_lines(std::mt19937& random, std::uint32_t lines) {
  std::vector<std::uint16_t> counts(lines, static_cast<std::uint16_t>(1 + random() % 8));
  counts.back() = static_cast<std::uint16_t>(1 + random() % counts.back());
  REQUIRE(std::is_sorted(counts.begin(), counts.end(), is_less));
  return counts;
}

}  // namespace

TEST_CASE("steps that are alike: the plain recurrence, by counting") {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    const auto rows = draw_lines(random, static_cast<std::uint32_t>(1 + random() % 5));
    const auto columns = draw_lines(random, static_cast<std::uint32_t>(1 + random() % 5));
    stream_operands operands;
    operands.rows = static_cast<std::uint32_t>(rows.size());
    operands.cols = static_cast<std::uint32_t>(columns.size());
    operands.row_counts = rows.data();  // strides are 0: every step is the first
    operands.column_counts = columns.data();
    const auto lanes = static_cast<std::uint32_t>(1 + random() % 6);
    const auto depth = static_cast<std::uint32_t>(1 + random() % 9);
    const cycle start = random() % 100;
    tile_streamer plain(operands, lanes, depth, start);
    alike_streamer counted(operands, lanes, depth, start);
    cycle arrival = 0;
    for (auto chunks = 1 + random() % 6; chunks > 0; --chunks) {
      const auto steps = 1 + random() % (random() % 4 == 0 ? 400 : 20);
      arrival += random() % (random() % 2 == 0 ? 2000 : 30);
      const operand_readiness ready{arrival, arrival + random() % 40, random() % 4 != 0};
      plain.advance(steps, ready);
      counted.advance(steps, ready);
      REQUIRE(counted.last_row_push() == plain.last_row_push());
      REQUIRE(counted.last_column_push() == plain.last_column_push());
    }
    REQUIRE(counted.finish() == plain.finish());
  }
}

}  // namespace dlac
