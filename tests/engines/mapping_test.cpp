// The way from a layer to a tile program against its definition, element by element.

#include <doctest/doctest.h>

#include "sim/mapping/bit_transpose.h"
#include "sim/mapping/mm_op.h"
#include "sim/mapping/program.h"
#include "sim/mapping/step_counts.h"
#include "sim/mapping/tiling.h"
#include "tests/engines/contract_oracle.h"
#include "tests/engines/random_case.h"
#include "tests/engines/test_scale.h"

namespace dlac::test {
namespace {

bit_matrix matrix_of(const std::vector<std::vector<char>>& rows) {
  bit_matrix matrix(rows.size(), rows[0].size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      if (rows[r][c] != 0) {
        matrix.set(r, c);
      }
    }
  }
  return matrix;
}

bit_matrix draw_matrix(draws& random, std::uint64_t rows, std::uint64_t cols) {
  bit_matrix matrix(rows, cols);
  const auto density = random.fraction();
  for (std::uint64_t r = 0; r < rows; ++r) {
    for (std::uint64_t c = 0; c < cols; ++c) {
      if (random.chance(density)) {
        matrix.set(r, c);
      }
    }
  }
  return matrix;
}

// Whole matrices are compared, the bits past the end of each row with them: they have to be zero.
void check_masks(const random_case& c) {
  INFO(describe(c));
  const auto activations = activation_mask_of(c);
  const auto weights = weight_mask_of(c);
  for (std::uint32_t group = 0; group < c.shape.groups; ++group) {
    const auto op = forward_mm_op(c.shape, activations, weights, group);
    const auto expected = operands_by_index(c, group);
    CHECK(op.pass == pass_kind::forward);
    CHECK(op.group == group);
    CHECK(op.of == &c.shape);
    CHECK(op.m == expected.m);
    CHECK(op.n == expected.n);
    CHECK(op.k == expected.k);
    CHECK(op.row_mask == matrix_of(expected.row));
    CHECK(op.column_mask == matrix_of(expected.column));
    CHECK(effectual_macs(op) == effectual_macs_of(expected));
  }
}

/// Every step, tile and line counted by hand: vm(r) or na of contract sections 3 and 4.
void check_counts(const bit_matrix& mask, const tiled_dimension& dimension, bool skip_zeros) {
  const step_counts counts(mask, dimension, skip_zeros);
  REQUIRE(counts.steps() == mask.rows());
  for (std::uint64_t tile = 0; tile < dimension.tiles(); ++tile) {
    for (std::uint64_t k = 0; k < mask.rows(); ++k) {
      REQUIRE(counts.step(tile, k).size() == dimension.lines);
      for (std::uint32_t line = 0; line < dimension.lines; ++line) {
        std::uint64_t expected = 0;
        for (std::uint32_t i = 0; i < dimension.block; ++i) {
          const auto element = (tile * dimension.lines + line) * dimension.block + i;
          expected += element < dimension.extent && (!skip_zeros || mask.test(k, element)) ? 1 : 0;
        }
        REQUIRE(counts.step(tile, k)[line] == expected);
      }
    }
  }
}

}  // namespace

TEST_CASE("masks of random layers are those of direct indexing") {
  const auto cases = scaled(300);
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    check_masks(draw_case(3'000'000 + seed));
  }
}

TEST_CASE("masks of layers wider than a word are those of direct indexing") {
  const auto cases = scaled(60);
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    check_masks(draw_wide_case(seed));
  }
}

TEST_CASE("a transposed range of rows, around the edges of words") {
  draws random(1);
  for (const std::uint64_t rows : {1, 63, 64, 65, 130}) {
    for (const std::uint64_t cols : {1, 63, 64, 65, 129, 200}) {
      const auto matrix = draw_matrix(random, rows, cols);
      const auto first = random.below(rows);
      const auto count = 1 + random.below(rows - first);
      CAPTURE(rows);
      CAPTURE(cols);
      CAPTURE(first);
      CAPTURE(count);
      bit_matrix expected(cols, count);
      for (std::uint64_t r = 0; r < count; ++r) {
        for (std::uint64_t c = 0; c < cols; ++c) {
          if (matrix.test(first + r, c)) {
            expected.set(c, r);
          }
        }
      }
      CHECK(transposed(matrix, {first, 1, count}) == expected);
    }
  }
}

TEST_CASE("tiles cover every element once, in the lines that the contract gives them") {
  draws random(2);
  const auto cases = scaled(400);
  for (std::uint64_t i = 0; i < cases; ++i) {
    const tiled_dimension dimension{1 + random.below(200), random.between(1, 9), random.between(1, 33)};
    CAPTURE(dimension.extent);
    CAPTURE(dimension.lines);
    CAPTURE(dimension.block);
    std::uint64_t next = 0;
    for (std::uint64_t tile = 0; tile < dimension.tiles(); ++tile) {
      CHECK(dimension.first(tile) == next);
      std::uint64_t valid_in_tile = 0;
      std::uint32_t active = 0;
      for (std::uint32_t line = 0; line < dimension.lines; ++line) {
        std::uint32_t valid = 0;
        for (std::uint32_t element = 0; element < dimension.block; ++element) {
          valid += (tile * dimension.lines + line) * dimension.block + element < dimension.extent ? 1 : 0;
        }
        REQUIRE(dimension.valid(tile, line) == valid);
        valid_in_tile += valid;
        active += valid > 0 ? 1 : 0;
      }
      REQUIRE(dimension.valid(tile) == valid_in_tile);
      REQUIRE(dimension.active_lines(tile) == active);
      REQUIRE(active > 0);
      next += valid_in_tile;
    }
    CHECK(next == dimension.extent);
  }
}

TEST_CASE("the order of tiles") {
  // M = 5 in tiles of 2: three of them; N = 4 in tiles of 3: two.
  const tiling nt_outer(5, 4, {2, 3}, {1, 1}, tile_order::nt_outer);
  const tiling mt_outer(5, 4, {2, 3}, {1, 1}, tile_order::mt_outer);
  REQUIRE(nt_outer.tiles() == 6);
  REQUIRE(mt_outer.tiles() == 6);
  for (std::uint64_t i = 0; i < 6; ++i) {
    CHECK(nt_outer.at(i).mt == i % 3);
    CHECK(nt_outer.at(i).nt == i / 3);
    CHECK(mt_outer.at(i).mt == i / 2);
    CHECK(mt_outer.at(i).nt == i % 2);
  }
}

TEST_CASE("what the schedulers count, element by element") {
  draws random(3);
  const auto cases = scaled(150);
  for (std::uint64_t i = 0; i < cases; ++i) {
    const tiled_dimension dimension{1 + random.below(300), random.between(1, 7), random.between(1, 32)};
    const auto mask = draw_matrix(random, 1 + random.below(6), dimension.extent);
    CAPTURE(dimension.extent);
    CAPTURE(dimension.lines);
    CAPTURE(dimension.block);
    check_counts(mask, dimension, true);
    check_counts(mask, dimension, false);
  }
}

TEST_CASE("blocks wider than a word are counted whole") {
  draws random(4);
  check_counts(draw_matrix(random, 3, 1000), {1000, 2, 64}, true);
  check_counts(draw_matrix(random, 3, 1000), {1000, 2, 150}, true);
  check_counts(draw_matrix(random, 3, 1000), {1000, 1, 256}, true);
}

TEST_CASE("a window of steps is a part of all of them") {
  draws random(5);
  const tiled_dimension dimension{150, 4, 9};
  const auto mask = draw_matrix(random, 20, 150);
  const step_counts all(mask, dimension, true);
  for (std::uint64_t tile = 0; tile < dimension.tiles(); ++tile) {
    std::vector<std::uint16_t> window(window_size(dimension, 11));
    count_window(mask, dimension, true, tile, 5, 11, window.data());
    for (std::uint64_t k = 0; k < 11; ++k) {
      for (std::uint32_t line = 0; line < 4; ++line) {
        CHECK(window[k * padded_lines(4) + line] == all.step(tile, 5 + k)[line]);
      }
    }
  }
}

TEST_CASE("skip modes say which operand's zeros are seen") {
  CHECK_FALSE(skips_rows(skip_mode::none));
  CHECK_FALSE(skips_columns(skip_mode::none));
  CHECK_FALSE(skips_rows(skip_mode::weights));
  CHECK(skips_columns(skip_mode::weights));
  CHECK(skips_rows(skip_mode::activations));
  CHECK_FALSE(skips_columns(skip_mode::activations));
  CHECK(skips_rows(skip_mode::both));
  CHECK(skips_columns(skip_mode::both));
}

TEST_CASE("pointwise operations run on the lanes that they can use") {
  pe_config pe;
  pe.fma_units = 3;
  pe.adders = 5;
  const std::vector<pt_wise_op> epilogue{{pt_wise_kind::mul_add, false, "", 0},
                                         {pt_wise_kind::add, true, "t", 0},
                                         {pt_wise_kind::sub, false, "", 0},
                                         {pt_wise_kind::select, false, "", 0}};
  const auto lowered = lower_epilogue(epilogue, pe);
  REQUIRE(lowered.size() == 4);
  CHECK(lowered[0].lanes == 3);
  CHECK(lowered[1].lanes == 8);
  CHECK(lowered[2].lanes == 8);
  CHECK(lowered[3].lanes == 8);
  CHECK_FALSE(lowered[0].streams_feature_map);
  CHECK(lowered[1].streams_feature_map);
}

}  // namespace dlac::test
