// The memory plan of a product small enough to lay out by hand: its chunks, their bytes, who gives way to whom.

#include "sim/mapping/memory_plan.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/mapping/chunk_sizes.h"

namespace dlac::test {
namespace {

/// A 1x1 convolution of three channels of 1 x 4 pixels into two: K has three groups of one step.
const row_window pixels{{1, 3, 1, 4}, 0, 3, {1, 4}, {1, 1}, {0}, {0}};

mm_op_shape forward_of(const row_window& window, std::uint64_t n) {
  mm_op_shape shape;
  shape.m = window.all_positions();
  shape.n = n;
  shape.k = window.channels * window.offsets();
  static const layer full = [] {
    layer l;
    l.weights = weight_format::full;
    return l;
  }();
  shape.of = &full;
  shape.window = window;
  return shape;
}

/// Half precision; slots of eight bytes.
accelerator_config small_buffers() {
  accelerator_config config;
  config.mode = machine_mode::fp16_inference;
  config.memory = memory_config{4, 10, compression::none};
  config.weight_buffer_bytes = 16;
  config.feature_map_buffer_bytes = 16;
  return config;
}

/// Tiles of two positions and one channel: two by two of them, nt outer.
const tiling two_by_two(4, 2, {1, 1}, {2, 1}, tile_order::nt_outer);

std::optional<memory_plan> plan(const accelerator_config& config, buffer_shortage& shortage,
                                const tiling& tiles = two_by_two) {
  const auto shape = forward_of(pixels, 2);
  const auto meter = make_chunk_meter(shape, nullptr, tiles.rows, {});
  return plan_memory(config, shape, tiles, *meter, formats_of(config, shape), shortage);
}

memory_plan plan_that_fits(const accelerator_config& config, const tiling& tiles = two_by_two) {
  buffer_shortage shortage;
  auto planned = plan(config, shortage, tiles);
  REQUIRE(planned.has_value());
  return std::move(*planned);
}

using numbers = std::vector<std::uint64_t>;

template <typename Number>
numbers of_uses(const memory_plan& plan, Number number) {
  numbers list;
  for (const auto& use : plan.uses) {
    list.push_back(number(use));
  }
  return list;
}

}  // namespace

TEST_CASE("a memory plan by hand: the chunks of four tiles") {
  // A group's row chunk has 2 positions x 2 bytes, its column chunk 2 bytes: two groups fill a slot of the row buffer
  // to the brim, a third begins the next chunk.
  const auto planned = plan_that_fits(small_buffers());
  CHECK(planned.first_use == numbers{0, 2, 4, 6, 8});
  CHECK(of_uses(planned, [](const auto& use) { return use.first_step; }) == numbers{0, 2, 0, 2, 0, 2, 0, 2});
  CHECK(of_uses(planned, [](const auto& use) { return use.steps; }) == numbers{2, 1, 2, 1, 2, 1, 2, 1});
  CHECK(of_uses(planned, [](const auto& use) { return use.row.bytes; }) == numbers{8, 4, 8, 4, 8, 4, 8, 4});
  CHECK(of_uses(planned, [](const auto& use) { return use.column.bytes; }) == numbers{4, 2, 4, 2, 4, 2, 4, 2});
  // Two positions x one channel x 2 bytes a tile.
  CHECK(planned.output_bytes == numbers{4, 4, 4, 4});
  CHECK(planned.traffic == memory_traffic{2 * (4 + 2), 4 * (8 + 4), 4 * 4});
  CHECK(planned.bytes_per_cycle == 4);
  CHECK(planned.latency == 10);
}

TEST_CASE("a memory plan by hand: slots and their last uses") {
  const auto planned = plan_that_fits(small_buffers());
  // Every use brings other rows, into the slot of the use before the last.
  CHECK(of_uses(planned, [](const auto& use) { return use.row.fetch; }) == numbers{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(of_uses(planned, [](const auto& use) { return use.row.free_after; }) == numbers{0, 0, 1, 2, 3, 4, 5, 6});
  CHECK(planned.row_fetches == 8);
  // The second tile finds both column chunks in their slots; the third takes them after those second uses.
  CHECK(of_uses(planned, [](const auto& use) { return use.column.fetch; }) == numbers{0, 1, 0, 1, 2, 3, 2, 3});
  CHECK(of_uses(planned, [](const auto& use) { return std::uint64_t{use.column.begins_fetch}; }) ==
        numbers{1, 1, 0, 0, 1, 1, 0, 0});
  CHECK(of_uses(planned, [](const auto& use) { return use.column.free_after; }) == numbers{0, 0, 0, 0, 3, 4, 0, 0});
  CHECK(planned.column_fetches == 4);
}

TEST_CASE("a chunk that is used again stays, the one that is not gives way") {
  // One group a tile row, rows A B of one tile; mt outer keeps A for both columns.
  auto config = small_buffers();
  config.feature_map_buffer_bytes = 24;  // all three groups in a slot
  const auto planned = plan_that_fits(config, tiling(4, 2, {1, 1}, {2, 1}, tile_order::mt_outer));
  CHECK(of_uses(planned, [](const auto& use) { return use.row.fetch; }) == numbers{0, 0, 1, 1});
  CHECK(of_uses(planned, [](const auto& use) { return use.row.free_after; }) == numbers{0, 0, 0, 0});
  CHECK(of_uses(planned, [](const auto& use) { return use.column.fetch; }) == numbers{0, 1, 0, 1});
  CHECK(of_uses(planned, [](const auto& use) { return use.row.bytes; }) == numbers{12, 12, 12, 12});
}

TEST_CASE("a plan that does not fit tells which buffer is short of what") {
  auto config = small_buffers();
  buffer_shortage shortage;
  config.feature_map_buffer_bytes = 7;
  REQUIRE_FALSE(plan(config, shortage));
  CHECK_FALSE(shortage.column);
  CHECK(shortage.needed_bytes == 2 * 4);
  config.feature_map_buffer_bytes = 8;
  CHECK(plan_that_fits(config).uses.size() == 4 * 3);
  config.weight_buffer_bytes = 3;
  REQUIRE_FALSE(plan(config, shortage));
  CHECK(shortage.column);
  CHECK(shortage.needed_bytes == 2 * 2);
}

TEST_CASE("the bytes of chunks") {
  auto config = small_buffers();
  const auto shape = forward_of(pixels, 3);
  const chunk_sizes half(config, config.formats(pass_kind::forward, weight_format::ternary), shape);
  CHECK(half.rows({9, 1}) == 18);
  CHECK(half.columns({0, 3}, {0, 3}) == 3);  // 18 bits
  config.memory->feature_map_compression = compression::bitmap;
  const chunk_sizes compressed(config, config.formats(pass_kind::forward, weight_format::full), shape);
  CHECK(compressed.rows({9, 1}) == 2 + 2);
  CHECK(compressed.rows({8, 0}) == 1);
  CHECK(compressed.columns({0, 3}, {0, 3}) == 18);
  config.mode = machine_mode::fp32_training;
  CHECK(chunk_sizes(config, config.formats(pass_kind::forward, weight_format::full), shape).rows({9, 1}) == 2 + 4);
}

}  // namespace dlac::test
