// The vectorised streaming of tiles against the plain recurrences.

#include "sim/timing/stream_simd.h"

#include <doctest/doctest.h>
#include <hwy/targets.h>

#include <random>
#include <string>
#include <vector>

#include "sim/contract/step_cost.h"
#include "sim/mapping/step_counts.h"

namespace dlac {
namespace {

/// Runs the rest of a test case with one instruction set.
class chosen_target {
 public:
  explicit chosen_target(std::int64_t target) { choose(target); }
  chosen_target(const chosen_target&) = delete;
  chosen_target& operator=(const chosen_target&) = delete;
  ~chosen_target() { choose(0); }

 private:
  static void choose(std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

/// Every instruction set of this machine, with plain scalars as the last.
std::vector<std::int64_t> available_targets() {
  std::vector<std::int64_t> targets;
  for (auto left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
    targets.push_back(left & -left);
  }
  return targets;
}

struct tile_shape {
  std::uint32_t rows = 1;
  std::uint32_t cols = 1;
};

/// Tiles with random counts of up to `block` each way.
class random_tiles {
 public:
  random_tiles(std::mt19937_64& random, grid_shape grid, block_shape block, double row_density, double column_density,
               const std::vector<tile_shape>& shapes, std::uint64_t steps)
      : random_(random) {
    for (const auto& [rows, cols] : shapes) {
      const auto row_counts = draw(grid.rows, rows, block.m, row_density, steps);
      const auto column_counts = draw(grid.cols, cols, block.n, column_density, steps);
      operands_.push_back(
          {rows, cols, steps, row_counts, padded_lines(grid.rows), column_counts, padded_lines(grid.cols)});
    }
  }
  [[nodiscard]] const std::vector<stream_operands>& operands() const { return operands_; }
  /// All end slices of `steps` so, with blocks of which the last may not be full.
  void cut(std::uint64_t steps, const slice_ends& ends, block_shape block) {
    for (auto& tile : operands_) {
      const auto valid = [&](std::uint32_t lines, std::uint32_t size) {
        return (lines - 1) * size + std::uniform_int_distribution<std::uint32_t>(1, size)(random_);
      };
      tile.slices = {steps, ends, {valid(tile.rows, block.m), block.m}, {valid(tile.cols, block.n), block.n}};
    }
  }
  /// The first tile's rows for all of them.
  void share_rows() {
    for (auto& tile : operands_) {
      tile.rows = operands_.front().rows;
      tile.row_counts = operands_.front().row_counts;
    }
  }

 private:
  const std::uint16_t* draw(std::uint32_t lines, std::uint32_t active, std::uint32_t block, double density,
                            std::uint64_t steps) {
    auto& counts = counts_.emplace_back(steps * padded_lines(lines), std::uint16_t{0});
    std::binomial_distribution<int> count(static_cast<int>(block), density);
    for (std::uint64_t k = 0; k < steps; ++k) {
      for (std::uint32_t line = 0; line < active; ++line) {
        counts[k * padded_lines(lines) + line] = static_cast<std::uint16_t>(count(random_));
      }
    }
    return counts.data();
  }

  std::mt19937_64& random_;
  std::vector<std::vector<std::uint16_t>> counts_;
  std::vector<stream_operands> operands_;
};

/// Everything equal to the plain recurrence, at the checkpoint as well.
void check_tiles(const stream_machine& machine, const std::vector<stream_operands>& tiles, std::uint64_t checkpoint) {
  std::vector<tile_stream> results(tiles.size());
  std::vector<cycle> early(tiles.size());
  stream_tiles(machine, tiles, results, {checkpoint, early});
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    CAPTURE(i);
    const auto expected = stream_tile(tiles[i], machine.lanes, machine.queue_depth);
    REQUIRE(results[i].mm_end == expected.mm_end);
    REQUIRE(results[i] == expected);
    if (checkpoint != 0) {
      auto beginning = tiles[i];
      beginning.steps = checkpoint;
      REQUIRE(early[i] == stream_tile(beginning, machine.lanes, machine.queue_depth).mm_end);
    }
  }
}

class dice {
 public:
  explicit dice(std::uint64_t seed) : random(seed) {}
  std::uint32_t roll(std::uint32_t least, std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(least, most)(random);
  }
  /// 0 and 1 are as likely as all in between.
  double density() {
    const auto kind = roll(0, 3);
    return kind == 0 ? 0.0 : kind == 1 ? 1.0 : std::uniform_real_distribution<double>(0, 1)(random);
  }
  std::mt19937_64 random;
};

/// Half of the time there are slices; `machine` is told.
void maybe_cut(dice& d, block_shape block, std::uint32_t steps, stream_machine& machine, random_tiles& tiles) {
  if (d.roll(0, 1) == 0) {
    const slice_ends ends{.operations = d.roll(1, 2), .lanes = d.roll(1, 9)};
    machine.slice_end = ends.cost(block.outputs());
    tiles.cut(d.roll(1, steps), ends, block);
  }
}

void check_random_case(dice& d, std::uint32_t most_lines, std::uint32_t most_steps, std::uint32_t most_block) {
  const grid_shape grid{d.roll(1, most_lines), d.roll(1, most_lines)};
  const block_shape block{d.roll(1, most_block), d.roll(1, most_block)};
  stream_machine machine{d.roll(1, 9), d.roll(1, 20), block.m * block.n};
  const auto steps = d.roll(1, most_steps);
  std::vector<tile_shape> shapes(d.roll(1, 3) == 3 ? d.roll(1, 70) : d.roll(1, 6), {grid.rows, grid.cols});
  for (auto& [rows, cols] : shapes) {
    if (d.roll(0, 3) == 0) {
      rows = d.roll(1, grid.rows);
      cols = d.roll(1, grid.cols);
    }
  }
  random_tiles tiles(d.random, grid, block, d.density(), d.density(), shapes, steps);
  if (d.roll(0, 3) == 0) {
    tiles.share_rows();
  }
  maybe_cut(d, block, steps, machine, tiles);
  CAPTURE(grid.rows);
  CAPTURE(grid.cols);
  CAPTURE(block.m);
  CAPTURE(block.n);
  CAPTURE(machine.lanes);
  CAPTURE(machine.queue_depth);
  CAPTURE(steps);
  CAPTURE(shapes.size());
  check_tiles(machine, tiles.operands(), d.roll(0, steps));
}

/// Chunks of random tiles, which start when they like, become ready at random, early, just in time or after a long
/// wait.
void check_random_chunks(dice& d, std::uint32_t most_lines, std::uint32_t most_steps, std::uint32_t most_tiles) {
  const grid_shape grid{d.roll(1, most_lines), d.roll(1, most_lines)};
  const block_shape block{d.roll(1, 6), d.roll(1, 6)};
  stream_machine machine{d.roll(1, 9), d.roll(1, 20), block.m * block.n};
  const std::uint32_t steps = d.roll(1, most_steps);
  const std::vector<tile_shape> shapes(d.roll(1, most_tiles), {d.roll(1, grid.rows), d.roll(1, grid.cols)});
  random_tiles tiles(d.random, grid, block, d.density(), d.density(), shapes, steps);
  maybe_cut(d, block, steps, machine, tiles);
  std::vector<cycle> starts;
  std::vector<tile_streamer> plain;
  const bool all_start_together = d.roll(0, 1) == 0;
  for (const auto& tile : tiles.operands()) {
    starts.push_back(all_start_together ? 0 : d.roll(0, 1000000));
    plain.emplace_back(tile, machine.lanes, machine.queue_depth, starts.back());
  }
  const auto fast = make_chunk_streamer(machine, tiles.operands(), starts);
  const auto slowness = d.roll(0, 8);
  const auto longest_chunk = d.roll(1, most_steps);
  CAPTURE(machine.queue_depth);
  CAPTURE(shapes.size());
  for (std::uint64_t k = 0; k < steps;) {
    const auto chunk = std::min<std::uint64_t>(steps - k, d.roll(1, longest_chunk));
    std::vector<operand_readiness> ready;
    for (std::size_t t = 0; t < plain.size(); ++t) {
      const auto around = starts[t] + k * slowness / 2;
      const auto late = d.roll(0, 9) == 0 ? 200000U : 40U;
      ready.push_back({around + d.roll(0, late), around + d.roll(0, late), true});
      plain[t].advance(chunk, ready.back());
    }
    fast->advance(chunk, ready);
    k += chunk;
    CAPTURE(k);
    for (std::size_t t = 0; t < plain.size(); ++t) {
      REQUIRE(fast->last_row_push(t) == plain[t].last_row_push());
      REQUIRE(fast->last_column_push(t) == plain[t].last_column_push());
    }
  }
  std::vector<tile_stream> results(plain.size());
  fast->finish(results);
  for (std::size_t t = 0; t < plain.size(); ++t) {
    CAPTURE(t);
    const auto expected = plain[t].finish();
    REQUIRE(results[t].mm_end == expected.mm_end);
    REQUIRE(results[t].memory == expected.memory);
    REQUIRE(results[t] == expected);
  }
}

}  // namespace

TEST_CASE("the reciprocal gives every step's cost exactly") {
  for (std::uint32_t lanes = 1; lanes <= 2048; ++lanes) {
    for (const std::uint32_t most_products : {1U, 32U, 1024U}) {
      const auto reciprocal = reciprocal_of(lanes, most_products);
      REQUIRE(reciprocal.multiplier < 65536);
      bool exact = true;
      for (std::uint32_t products = 0; products <= most_products; ++products) {
        const auto extra = (std::uint64_t{products} * reciprocal.multiplier) >> reciprocal.shift;
        exact = exact && extra + 1 == step_cost(products, lanes);
      }
      CAPTURE(lanes);
      CAPTURE(most_products);
      CHECK(exact);
    }
  }
}

TEST_CASE("the vectorised recurrence equals the plain one on random tiles") {
  for (const auto target : available_targets()) {
    const chosen_target chosen(target);
    const std::string name = hwy::TargetName(target);
    CAPTURE(name);
    dice d(7);
    for (int i = 0; i < 500; ++i) {
      CAPTURE(i);
      check_random_case(d, 9, 60, 6);
    }
    for (int i = 0; i < 100; ++i) {
      CAPTURE(i);
      check_random_case(d, 40, 25, 5);
    }
    for (int i = 0; i < 10; ++i) {
      CAPTURE(i);
      check_random_case(d, 5, 600, 8);
    }
  }
}

TEST_CASE("times stay exact however long a tile takes") {
  for (const auto target : available_targets()) {
    const chosen_target chosen(target);
    const std::string name = hwy::TargetName(target);
    CAPTURE(name);
    dice d(11);
    // The costliest steps of blocks up to the largest: 16-bit times are taken off their base again and again.
    for (const auto& [block, lanes] : {std::pair{block_shape{8, 4}, 1U},
                                       {block_shape{16, 16}, 1U},
                                       {block_shape{32, 32}, 1U},
                                       {block_shape{32, 32}, 700U}}) {
      for (const std::uint32_t depth : {1U, 4U, 30U, 1024U}) {
        CAPTURE(block.m);
        CAPTURE(depth);
        random_tiles tiles(d.random, {3, 5}, block, 0.9, 1.0, {{3, 5}, {3, 5}, {2, 5}}, 3000);
        check_tiles({lanes, depth, block.m * block.n}, tiles.operands(), 1700);
        const slice_ends ends{.operations = 2, .lanes = 3};
        tiles.cut(7, ends, block);
        check_tiles({lanes, depth, block.m * block.n, ends.cost(block.outputs())}, tiles.operands(), 1700);
      }
    }
    const random_tiles tiles(d.random, {2, 3}, {4, 8}, 0.5, 0.5, {{2, 3}}, 60000);
    check_tiles({4, 4, 32}, tiles.operands(), 0);
  }
}

TEST_CASE("tiles whose operands come in chunks equal the plain recurrence") {
  for (const auto target : available_targets()) {
    const chosen_target chosen(target);
    const std::string name = hwy::TargetName(target);
    CAPTURE(name);
    dice d(17);
    for (int i = 0; i < 800; ++i) {
      CAPTURE(i);
      check_random_chunks(d, 7, 50, 1);
    }
    for (int i = 0; i < 300; ++i) {  // tiles of hundreds of groups: up to several vectors of them
      CAPTURE(i);
      check_random_chunks(d, d.roll(0, 1) == 0 ? 8 : 3, 20, 70);
    }
    for (int i = 0; i < 20; ++i) {
      CAPTURE(i);
      check_random_chunks(d, 40, 60, 2);
    }
    for (int i = 0; i < 3; ++i) {
      CAPTURE(i);
      check_random_chunks(d, 3, 40000, 2);
    }
  }
}

TEST_CASE("times stay exact of a tile beside one that waits for memory all the time") {
  for (const auto target : available_targets()) {
    const chosen_target chosen(target);
    dice d(19);
    const stream_machine machine{1, 4, 256};
    const random_tiles tiles(d.random, {3, 2}, {16, 16}, 0.9, 1.0, {{3, 2}, {3, 2}}, 2000);
    const std::vector<cycle> starts = {0, 0};
    std::vector<tile_streamer> plain;
    for (const auto& tile : tiles.operands()) {
      plain.emplace_back(tile, machine.lanes, machine.queue_depth, 0);
    }
    const auto fast = make_chunk_streamer(machine, tiles.operands(), starts);
    for (std::uint64_t k = 0; k < 2000; k += 20) {
      const std::vector<operand_readiness> ready = {{0, 0, true}, {1000 * k, 0, true}};
      plain[0].advance(20, ready[0]);
      plain[1].advance(20, ready[1]);
      fast->advance(20, ready);
    }
    std::vector<tile_stream> results(2);
    fast->finish(results);
    CHECK(results[0] == plain[0].finish());
    CHECK(results[1] == plain[1].finish());
  }
}

TEST_CASE("grids as large as they come") {
  dice d(13);
  for (const grid_shape grid : {grid_shape{1, 1024}, {1024, 1}, {1024, 7}, {130, 257}, {1024, 1024}}) {
    CAPTURE(grid.rows);
    CAPTURE(grid.cols);
    const random_tiles tiles(d.random, grid, {4, 8}, 0.4, 0.6, {{grid.rows, grid.cols}, {1, 1}}, 6);
    check_tiles({1, 2, 32}, tiles.operands(), 0);
    check_tiles({1, 2, 1024}, tiles.operands(), 0);
  }
}

TEST_CASE("no tiles are no work") {
  stream_tiles({}, {}, {});
}

}  // namespace dlac
