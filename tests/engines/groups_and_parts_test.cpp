// Scales of groups and parts of operands against their definitions: what slices end with and steps of parts, counted by
// both engines and by the contract's definition; and the scales that come with chunks, element by element.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "sim/engine/program_choice.h"
#include "sim/mapping/chunk_sizes.h"
#include "sim/mapping/mm_op.h"
#include "sim/numbers/number_format_json.h"
#include "sim/timing/block_choice.h"
#include "sim/timing/tile_sequence.h"
#include "tests/engines/contract_oracle.h"
#include "tests/engines/random_case.h"
#include "tests/engines/run_engines.h"
#include "tests/engines/test_scale.h"
#include "tests/engines/training_case.h"

namespace dlac::test {
namespace {

/// An operand format, and what the end of a slice takes because of it.
struct drawn_format {
  number_format format;
  bool has_slices = false;
  bool has_parts = false;
  std::uint64_t adds = 0;
  std::uint64_t mul_adds = 0;
};

drawn_format draw_codes(draws& random) {
  static const std::vector<std::tuple<std::string, std::uint64_t, std::uint64_t>> scales = {
      {"float", 0, 1}, {"power", 1, 0}, {"same-mantissa", 1, 0}, {"simple-mantissa", 2, 0}};
  const auto& [scale, adds, mul_adds] = scales[random.below(scales.size())];
  const bool has_slices = random.chance(0.7);
  const bool has_parts = random.chance(0.4);
  const std::string codes = fmt::format(R"({{"grouped": {{"bits": 8, "group": "{}", "scale": "{}"}}}})",
                                        has_slices ? "slice" : "tensor", scale);
  return {parse_number_format(has_parts ? fmt::format(R"({{"parts": {{"of": {}}}}})", codes) : codes, "test"),
          has_slices, has_parts, adds, mul_adds};
}

/// A part is any share of an element that is not zero.
struct random_parts {
  random_case low;
  random_case high;
  part_masks activations;
  part_masks weights;
};

random_parts draw_parts(draws& random, random_case& c, bool of_rows, bool of_columns) {
  random_parts parts{c, c, {}, {}};
  const auto split = [&](std::vector<float>& whole, std::vector<float>& low, std::vector<float>& high) {
    for (std::size_t i = 0; i < whole.size(); ++i) {
      const auto which = random.below(3);
      low[i] = which == 0 ? 0 : whole[i];
      high[i] = which == 1 ? 0 : whole[i];
    }
  };
  if (of_rows) {
    split(c.values.activations, parts.low.values.activations, parts.high.values.activations);
    parts.activations = {activation_mask_of(parts.low), activation_mask_of(parts.high)};
  }
  if (of_columns) {
    split(c.values.weights, parts.low.values.weights, parts.high.values.weights);
    parts.weights = {weight_mask_of(parts.low), weight_mask_of(parts.high)};
  }
  return parts;
}

/// For every k (low, low), (low, high), (high, low), (high, high), without those of an operand that has no parts.
oracle_operands steps_by_definition(const oracle_operands& low, const oracle_operands& high, bool of_rows,
                                    bool of_columns) {
  oracle_operands steps;
  steps.m = low.m;
  steps.n = low.n;
  for (std::uint64_t k = 0; k < low.k; ++k) {
    for (const auto* const rows : {&low, &high}) {
      for (const auto* const columns : {&low, &high}) {
        if ((rows == &low || of_rows) && (columns == &low || of_columns)) {
          steps.row.push_back(rows->row[k]);
          steps.column.push_back(columns->column[k]);
        }
      }
    }
  }
  steps.k = steps.row.size();
  return steps;
}

struct reached_steps {
  std::uint64_t slice_ends = 0;
  std::uint64_t whole_sums = 0;
  std::uint64_t pairs = 0;
};

void check_case(std::uint64_t seed, reached_steps& sum) {
  auto c = draw_case(seed);
  draws random(seed + 7);
  c.shape.weights = weight_format::full;
  const drawn_format rows = draw_codes(random);
  const drawn_format columns = draw_codes(random);
  c.config.given = given_numbers{.activations = rows.format,
                                 .weights = columns.format,
                                 .gradients = rows.format,
                                 .accumulator = ieee_float::fp32,
                                 .output = ieee_float::fp32};
  INFO(describe(c));
  INFO(fmt::format("{} x {}", name_of(rows.format), name_of(columns.format)));
  const random_parts parts = draw_parts(random, c, rows.has_parts, columns.has_parts);
  const layer_masks masks{activation_mask_of(c), weight_mask_of(c), {}, parts.activations, parts.weights, {}};
  const layer& l = c.shape;
  both_engines engines(c.config);
  for (const auto& shape : mm_op_shapes(l, pass_kind::forward, c.batch)) {
    const auto op = make_mm_op(shape, masks);
    const auto block = choose_block(c.config, op, l.epilogue);
    const auto order = c.config.mapping.order.value_or(tile_order::nt_outer);
    const mm_op_program program(c.config, op, block, order, l.epilogue);
    auto steps = steps_by_definition(operands_by_index(parts.low, shape.group),
                                     operands_by_index(parts.high, shape.group), rows.has_parts, columns.has_parts);
    // A scale of a slice belongs to a channel where the tensor has more than a number in it; then it changes with every
    // channel of the sum.
    const bool changes = (rows.has_slices && std::uint64_t{l.input_size.h} * l.input_size.w > 1) ||
                         (columns.has_slices && std::uint64_t{l.kernel.h} * l.kernel.w > 1);
    if (changes && shape.window.channels > 1) {
      steps.slice = steps.k / shape.window.channels;
      steps.slice_mul_adds = std::max(rows.mul_adds, columns.mul_adds);
      steps.slice_adds = steps.slice_mul_adds > 0 ? 0 : std::max(rows.adds, columns.adds);
    }
    const auto expected = counters_by_contract(c.config, l, steps, block, order);
    const auto counted = engines.run(program);
    CHECK(counted.clocked == expected);
    CHECK(counted.fast == expected);
    CHECK(count_mm_op(c.config, program) == expected);
    CHECK(effectual_macs(op) == effectual_macs_of(operands_by_index(c, shape.group)));
    sum.slice_ends += steps.slice > 0 ? 1 : 0;
    sum.whole_sums += steps.slice == 0 ? 1 : 0;
    sum.pairs += steps.k > op.k ? 1 : 0;
  }
}

/// An element [n, c, h, w] of a tensor.
using element = std::array<std::uint64_t, 4>;

/// By which elements share a scale.
element group_of(const scale_groups& scales, const element& e) {
  switch (scales.sharing) {
    case scale_sharing::tensor:
      return {};
    case scale_sharing::filter:
      return {e[0], 0, 0, 0};
    case scale_sharing::plane:
      return {e[0], e[1], 0, 0};
    case scale_sharing::channel_block:
      break;
  }
  return {e[0], e[1] / scales.block, e[2], e[3]};
}

std::uint64_t distinct_groups(const scale_groups& scales, const std::set<element>& elements) {
  std::set<element> groups;
  for (const auto& e : elements) {
    groups.insert(group_of(scales, e));
  }
  return scales.sharing == scale_sharing::tensor ? 0 : groups.size();
}

/// The operands' elements of a K-group, by the contract's formulas (section 2).
class elements_by_index {
 public:
  elements_by_index(const layer& l, const mm_op_shape& shape) : l_(l), shape_(shape) {}

  /// Those of the row operand that outputs [first, first + count) meet; backward-weight has whole channels, over the
  /// whole kernel (section 7).
  void add_rows(std::uint64_t group, std::uint64_t first, std::uint64_t count, std::set<element>& found) const {
    const std::uint64_t kernel = shape_.pass == pass_kind::backward_weight ? l_.kernel.h * l_.kernel.w : 1;
    const auto end = (first + count + kernel - 1) / kernel * kernel;
    for (auto m = first / kernel * kernel; m < end; ++m) {
      for (std::uint64_t step = 0; step < steps(); ++step) {
        const auto [place, y, x] = row_of(m, group, step);
        const auto height = static_cast<std::int64_t>(shape_.window.source.h);
        const auto width = static_cast<std::int64_t>(shape_.window.source.w);
        if (y >= 0 && x >= 0 && y < height && x < width) {
          found.insert({place.image, place.channel, static_cast<std::uint64_t>(y), static_cast<std::uint64_t>(x)});
        }
      }
    }
  }
  void add_columns(std::uint64_t group, std::uint64_t first, std::uint64_t count, std::set<element>& found) const {
    for (auto n = first; n < first + count; ++n) {
      for (std::uint64_t step = 0; step < steps(); ++step) {
        found.insert(column_of(n, group, step));
      }
    }
  }
  [[nodiscard]] std::uint64_t steps() const {
    return shape_.pass == pass_kind::forward         ? std::uint64_t{l_.kernel.h} * l_.kernel.w
           : shape_.pass == pass_kind::backward_data ? ys().size() * xs().size()
                                                     : l_.output_size().w;
  }
  [[nodiscard]] std::uint64_t groups(std::uint32_t batch) const {
    return shape_.pass == pass_kind::forward         ? l_.in_channels / l_.groups
           : shape_.pass == pass_kind::backward_data ? l_.out_channels / l_.groups
                                                     : std::uint64_t{batch} * l_.output_size().h;
  }

 private:
  struct plane_of {
    std::uint64_t image;
    std::uint64_t channel;
  };
  using pixel = std::tuple<plane_of, std::int64_t, std::int64_t>;

  [[nodiscard]] static std::vector<std::uint64_t> reaching(std::uint32_t kernel, std::uint32_t stride,
                                                           std::uint32_t dilation, std::uint32_t padding,
                                                           std::uint32_t phase) {
    std::vector<std::uint64_t> positions;
    for (std::uint64_t k = 0; k < kernel; ++k) {
      if ((std::uint64_t{phase} + padding + std::uint64_t{kernel} * stride * dilation - k * dilation) % stride == 0) {
        positions.push_back(k);
      }
    }
    return positions;
  }
  [[nodiscard]] std::vector<std::uint64_t> ys() const {
    return reaching(l_.kernel.h, l_.stride.h, l_.dilation.h, l_.padding.top, shape_.phase.h);
  }
  [[nodiscard]] std::vector<std::uint64_t> xs() const {
    return reaching(l_.kernel.w, l_.stride.w, l_.dilation.w, l_.padding.left, shape_.phase.w);
  }

  /// The input pixel that output (oy, ox) meets at kernel position (ky, kx).
  [[nodiscard]] pixel met(plane_of plane, std::uint64_t oy, std::uint64_t ox, std::uint64_t ky,
                          std::uint64_t kx) const {
    return {plane, static_cast<std::int64_t>(oy * l_.stride.h + ky * l_.dilation.h) - std::int64_t{l_.padding.top},
            static_cast<std::int64_t>(ox * l_.stride.w + kx * l_.dilation.w) - std::int64_t{l_.padding.left}};
  }

  [[nodiscard]] pixel row_of(std::uint64_t m, std::uint64_t group, std::uint64_t step) const {
    const auto out = l_.output_size();
    const std::uint64_t inputs = l_.in_channels / l_.groups;
    const std::uint64_t outputs = l_.out_channels / l_.groups;
    switch (shape_.pass) {
      case pass_kind::forward:
        return met({m / out.w / out.h, shape_.group * inputs + group}, m / out.w % out.h, m % out.w, step / l_.kernel.w,
                   step % l_.kernel.w);
      case pass_kind::backward_weight: {
        const std::uint64_t position = m % (std::uint64_t{l_.kernel.h} * l_.kernel.w);
        const std::uint64_t cin = m / l_.kernel.h / l_.kernel.w;
        return met({group / out.h, shape_.group * inputs + cin}, group % out.h, step, position / l_.kernel.w,
                   position % l_.kernel.w);
      }
      case pass_kind::backward_data:
        break;
    }
    const auto height = (l_.input_size.h - shape_.phase.h + l_.stride.h - 1) / l_.stride.h;
    const auto width = (l_.input_size.w - shape_.phase.w + l_.stride.w - 1) / l_.stride.w;
    const auto y = static_cast<std::int64_t>(m / width % height * l_.stride.h + shape_.phase.h + l_.padding.top);
    const auto x = static_cast<std::int64_t>(m % width * l_.stride.w + shape_.phase.w + l_.padding.left);
    const auto ky = static_cast<std::int64_t>(ys()[step / xs().size()]);
    const auto kx = static_cast<std::int64_t>(xs()[step % xs().size()]);
    return {{m / width / height, shape_.group * outputs + group},
            (y - ky * l_.dilation.h) / l_.stride.h,
            (x - kx * l_.dilation.w) / l_.stride.w};
  }

  [[nodiscard]] element column_of(std::uint64_t n, std::uint64_t group, std::uint64_t step) const {
    const auto out = l_.output_size();
    const std::uint64_t outputs = l_.out_channels / l_.groups;
    switch (shape_.pass) {
      case pass_kind::forward:
        return {shape_.group * outputs + n, group, step / l_.kernel.w, step % l_.kernel.w};
      case pass_kind::backward_data:
        return {shape_.group * outputs + group, n, ys()[step / xs().size()], xs()[step % xs().size()]};
      case pass_kind::backward_weight:
        break;
    }
    return {group / out.h, shape_.group * outputs + n, group % out.h, step};
  }

  const layer& l_;
  const mm_op_shape& shape_;
};

void check_scales(const training_case& c, const mm_op_shape& shape, draws& random) {
  const elements_by_index by_index(c.shape, shape);
  REQUIRE(by_index.steps() == k_group_of(shape).steps);
  REQUIRE(by_index.groups(c.batch) == k_group_of(shape).count);
  accelerator_config config = c.config;
  config.memory = memory_config{16, 10, compression::none};
  const std::array formats = {number_format(grouped()), number_format(microscaling{.element = {}, .block = 2}),
                              number_format(grouped{.group = group_kind::tensor})};
  config.given = given_numbers{};
  config.given->activations = formats[random.below(formats.size())];
  config.given->weights = formats[random.below(formats.size())];
  config.given->gradients = formats[random.below(formats.size())];
  const pass_formats used = config.formats(shape.pass, weight_format::full);
  const chunk_sizes sizes(config, used, shape);
  const tiling tiles(shape.m, shape.n, {random.between(1, 3), random.between(1, 3)},
                     {random.between(1, 3), random.between(1, 3)}, tile_order::nt_outer);
  const auto meter = make_chunk_meter(shape, nullptr, tiles.rows, sizes.row_scales());
  const auto mt = random.below(tiles.rows.tiles());
  const auto nt = random.below(tiles.cols.tiles());
  meter->open_tile(mt);
  const auto groups = k_group_of(shape).count;
  const auto first = random.below(groups);
  const auto count = 1 + random.below(groups - first);
  meter->begin_chunk();
  std::set<element> rows;
  std::set<element> columns;
  for (auto group = first; group < first + count; ++group) {
    by_index.add_rows(group, tiles.rows.first(mt), tiles.rows.valid(mt), rows);
    by_index.add_columns(group, tiles.cols.first(nt), tiles.cols.valid(nt), columns);
    const auto chunk = meter->with(group);
    CHECK(chunk.elements == rows.size());
    CHECK(chunk.scales == distinct_groups(sizes.row_scales(), rows));
    meter->add(group);
    const column_range range{tiles.cols.first(nt), tiles.cols.valid(nt)};
    const auto scales = distinct_groups(sizes.column_scales(), columns);
    CHECK(sizes.scales_of({first, group - first + 1}, range) == scales);
    CHECK(sizes.columns({first, group - first + 1}, range) ==
          (columns.size() * bits_of(used.columns) + scales * sizes.column_scales().bits + 7) / 8);
  }
}

}  // namespace

TEST_CASE("slices and parts on random machines: every counter, by both engines and by definition") {
  reached_steps sum;
  const auto cases = scaled(2000);
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    check_case(4'000'000 + seed, sum);
  }
  CHECK(sum.slice_ends > cases / 10);
  CHECK(sum.whole_sums > cases / 10);
  CHECK(sum.pairs > cases / 10);
}

TEST_CASE("the scales that come with chunks are those of the groups whose elements are in it") {
  const auto cases = scaled(1000);
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    const auto c = draw_training_case(5'000'000 + seed);
    draws random(seed);
    INFO(describe(c));
    for (const auto pass : {pass_kind::forward, pass_kind::backward_data, pass_kind::backward_weight}) {
      for (const auto& shape : mm_op_shapes(c.shape, pass, c.batch)) {
        check_scales(c, shape, random);
      }
    }
  }
}

}  // namespace dlac::test
