// A training step of random layers, all three passes, with ideal and finite memory: both engines have to agree on every
// counter, with ideal memory with the contract's definition, too, the clocked core's values with the references on
// every bit, and the bytes of every chunk with a count of the elements that it holds.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "sim/core/error.h"
#include "sim/engine/program_choice.h"
#include "sim/mapping/buffer_fit.h"
#include "sim/reference/backward.h"
#include "sim/reference/comparison.h"
#include "sim/reference/convolution.h"
#include "sim/reference/epilogue.h"
#include "sim/stats/layer_result.h"
#include "tests/engines/contract_oracle.h"
#include "tests/engines/run_engines.h"
#include "tests/engines/test_scale.h"
#include "tests/engines/training_case.h"

namespace dlac::test {
namespace {

constexpr std::array all_passes{pass_kind::forward, pass_kind::backward_data, pass_kind::backward_weight};

/// A place in the source of the row operand: image, channel, y, x.
using element = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;

/// What row m of a forward pass or backward-data reads in step k, by the contract's formulas; it may lie outside.
element element_read(const layer& l, const mm_op_shape& shape, std::uint64_t m, std::uint64_t k) {
  const auto output = l.output_size();
  if (shape.pass == pass_kind::backward_data) {
    // Steps are those (cout, ky, kx) that reach the phase.
    std::vector<std::pair<std::int64_t, std::int64_t>> kernel;
    for (std::int64_t ky = 0; ky < l.kernel.h; ++ky) {
      for (std::int64_t kx = 0; kx < l.kernel.w; ++kx) {
        const auto top = std::int64_t{shape.phase.h} + l.padding.top - ky * l.dilation.h;
        const auto left = std::int64_t{shape.phase.w} + l.padding.left - kx * l.dilation.w;
        if (top % l.stride.h == 0 && left % l.stride.w == 0) {
          kernel.emplace_back(top / l.stride.h, left / l.stride.w);
        }
      }
    }
    const auto width = (l.input_size.w - shape.phase.w + l.stride.w - 1) / l.stride.w;
    const auto height = (l.input_size.h - shape.phase.h + l.stride.h - 1) / l.stride.h;
    const auto [dy, dx] = kernel[k % kernel.size()];
    return {m / width / height, shape.group * (l.out_channels / l.groups) + k / kernel.size(),
            static_cast<std::int64_t>(m / width % height) + dy, static_cast<std::int64_t>(m % width) + dx};
  }
  const auto ky = static_cast<std::int64_t>(k / l.kernel.w % l.kernel.h);
  const auto kx = static_cast<std::int64_t>(k % l.kernel.w);
  const auto oy = static_cast<std::int64_t>(m / output.w % output.h);
  const auto ox = static_cast<std::int64_t>(m % output.w);
  return {m / output.w / output.h, shape.group * (l.in_channels / l.groups) + k / l.kernel.w / l.kernel.h,
          oy * l.stride.h + ky * l.dilation.h - l.padding.top, ox * l.stride.w + kx * l.dilation.w - l.padding.left};
}

/// The distinct elements of a row chunk (contract section 7).
std::set<element> chunk_elements_of(const layer& l, const mm_op_shape& shape, const tiled_dimension& rows,
                                    std::uint64_t mt, const chunk_use& use) {
  std::set<element> elements;
  const auto first = rows.first(mt);
  const auto end = first + rows.valid(mt);
  if (shape.pass != pass_kind::backward_weight) {
    for (auto m = first; m < end; ++m) {
      for (auto k = use.first_step; k < use.first_step + use.steps; ++k) {
        elements.insert(element_read(l, shape, m, k));
      }
    }
    return elements;
  }
  // Distinct channels of the tile times distinct pixels that the chunk's outputs read, over the whole kernel. Position
  // m and step k have changed places with the forward pass.
  std::set<std::uint64_t> channels;
  for (auto m = first; m < end; ++m) {
    channels.insert(shape.group * (l.in_channels / l.groups) + m / l.kernel.w / l.kernel.h);
  }
  for (auto k = use.first_step; k < use.first_step + use.steps; ++k) {
    for (std::uint64_t place = 0; place < std::uint64_t{l.kernel.h} * l.kernel.w; ++place) {
      const auto [image, ignored, y, x] = element_read(l, shape, k, place);
      for (const auto channel : channels) {
        elements.emplace(image, channel, y, x);
      }
    }
  }
  return elements;
}

std::uint64_t row_chunk_bytes(const accelerator_config& config, const tensor_mask& source,
                              const std::set<element>& elements) {
  std::uint64_t count = 0;
  std::uint64_t nonzeros = 0;
  for (const auto& [image, channel, y, x] : elements) {
    if (y >= 0 && x >= 0 && y < static_cast<std::int64_t>(source.shape.h) &&
        x < static_cast<std::int64_t>(source.shape.w)) {
      ++count;
      const auto bit = source.first_bit(channel, static_cast<std::uint64_t>(y)) + static_cast<std::uint64_t>(x);
      nonzeros += source.bits.test(image, bit) ? 1 : 0;
    }
  }
  return config.memory->feature_map_compression == compression::none ? count * 4 : (count + 7) / 8 + nonzeros * 4;
}

/// One buffer as the contract describes it: two slots, the least recently used one gives way.
class slots_by_definition {
 public:
  /// Whether the chunk has to be fetched; it then holds a slot.
  bool wants(const std::array<std::uint64_t, 3>& chunk) {
    const auto found = std::find(held_.begin(), held_.end(), chunk);
    const bool fetched = found == held_.end();
    if (!fetched) {
      held_.erase(found);
    } else if (held_.size() == 2) {
      held_.erase(held_.begin());
    }
    held_.push_back(chunk);  // the most recently used one is the last
    return fetched;
  }

 private:
  std::vector<std::array<std::uint64_t, 3>> held_;
};

/// Every chunk of the plan: its steps, its bytes, whether it is fetched; and the sums.
void check_plan(const accelerator_config& config, const layer& l, const mm_op_program& program,
                const mm_op_shape& shape, const tensor_mask& source) {
  const auto& plan = *program.memory;
  const std::uint64_t group_steps =
      shape.pass == pass_kind::backward_weight ? l.output_size().w : shape.window.offsets();
  const std::uint64_t column_bits =
      shape.pass != pass_kind::backward_weight && shape.of->weights == weight_format::ternary ? 2 : 32;
  slots_by_definition row_slots;
  slots_by_definition column_slots;
  memory_traffic sum;
  for (std::uint64_t i = 0; i < program.tiles.tiles(); ++i) {
    const auto position = program.tiles.at(i);
    std::uint64_t step = 0;
    for (auto u = plan.first_use[i]; u < plan.first_use[i + 1]; ++u) {
      const auto& use = plan.uses[u];
      CHECK(use.first_step == step);
      CHECK(use.steps > 0);
      CHECK(use.steps % group_steps == 0);
      step += use.steps;
      CHECK(use.row.bytes ==
            row_chunk_bytes(config, source, chunk_elements_of(l, shape, program.tiles.rows, position.mt, use)));
      CHECK(use.column.bytes == (program.tiles.cols.valid(position.nt) * use.steps * column_bits + 7) / 8);
      CHECK(2 * use.row.bytes <= config.feature_map_buffer_bytes);
      CHECK(2 * use.column.bytes <= config.weight_buffer_bytes);
      CHECK(use.row.begins_fetch == row_slots.wants({position.mt, use.first_step, use.steps}));
      CHECK(use.column.begins_fetch == column_slots.wants({position.nt, use.first_step, use.steps}));
      sum.rows += use.row.begins_fetch ? use.row.bytes : 0;
      sum.columns += use.column.begins_fetch ? use.column.bytes : 0;
    }
    CHECK(step == shape.k);
    sum.outputs += program.tiles.rows.valid(position.mt) * program.tiles.cols.valid(position.nt) * 4;
  }
  CHECK(plan.traffic == sum);
}

oracle_operands operands_of_masks(const mm_op& op) {
  const auto rows_of = [](const bit_matrix& mask) {
    std::vector<std::vector<char>> rows(mask.rows(), std::vector<char>(mask.cols()));
    for (std::uint64_t r = 0; r < mask.rows(); ++r) {
      for (std::uint64_t c = 0; c < mask.cols(); ++c) {
        rows[r][c] = mask.test(r, c) ? 1 : 0;
      }
    }
    return rows;
  };
  return {op.m, op.n, op.k, rows_of(op.row_mask), rows_of(op.column_mask), {}};
}

/// The layer as the contract's definition has to see it in a pass.
layer as_seen_in(const layer& l, pass_kind pass) {
  layer seen = l;
  seen.epilogue = pass_epilogue(l, formats_of(uniform_formats(ieee_float::fp32), pass, l.weights), pass);
  seen.weights = pass == pass_kind::backward_weight ? weight_format::full : l.weights;
  return seen;
}

std::vector<float> reference_output(const training_case& c, pass_kind pass) {
  const auto& l = c.shape;
  const auto& v = c.values;
  const reference_layer shape{c.config.formats(pass, l.weights),
                              l.activation_shape(c.batch),
                              l.weight_shape(),
                              l.stride,
                              l.padding,
                              l.groups,
                              {},
                              l.dilation};
  std::vector<float> output;
  switch (pass) {
    case pass_kind::forward:
      output = reference_convolution(shape, v.activations, v.weights);
      apply_reference_epilogue(l, c.config.numbers().accumulator.pointwise(), output, v.scale, v.bias, v.tensors);
      break;
    case pass_kind::backward_data:
      output = reference_backward_data(shape, v.gradients, v.weights);
      apply_reference_relu_derivative(output, v.activations);
      break;
    case pass_kind::backward_weight:
      output = reference_backward_weight(shape, v.activations, v.gradients);
      apply_reference_update({l.weights, v.momentum, v.learning_rate, v.velocity, v.master_weights}, output);
      break;
  }
  return output;
}

/// What a run over many cases has reached.
struct reached {
  layer_counters counters;
  std::uint64_t passes = 0;
  std::uint64_t refused = 0;
  std::uint64_t chunks = 0;
  std::uint64_t kept = 0;      ///< chunks that were not fetched again
  std::uint64_t unneeded = 0;  ///< outputs that were skipped
  std::array<std::uint64_t, 2> orders{};
};

/// Runs a pass's mmOps and checks all that there is to check about them.
void check_pass(training_case& c, pass_kind pass, bool with_values, both_engines& engines, reached& sum) {
  const auto shapes = mm_op_shapes(c.shape, pass, c.batch);
  std::vector<float> output(output_shape(c.shape, pass, c.batch).elements());
  layer_result result;
  result.pass = pass;
  result.dense_macs = c.shape.dense_macs(c.batch);
  program_choice choice;
  c.values.formats = c.config.formats(pass, c.shape.weights);
  for (const auto& op_name : pass_epilogue(c.shape, c.values.formats, pass)) {
    result.epilogue.emplace_back(to_string(op_name.kind));
  }
  for (const auto& shape : shapes) {
    auto op = make_mm_op(shape, c.masks);
    auto operands = operands_of_masks(op);
    if (skips_outputs(c.config, c.shape, pass)) {
      op.needed = outputs_kept_by_relu(op, c.masks.activations);
      operands.needed = outputs_kept_by_index(c, op);
    }
    if (result.mm_ops++ == 0) {
      try {
        choice = choose_program(c.config, c.shape, op, shapes, c.masks);
      } catch (const input_error&) {
        ++sum.refused;  // the error's own test is below
        return;
      }
    }
    const auto values = with_values ? make_mm_op_values(c.values, op) : nullptr;
    mm_op_program program(c.config, op, choice.block, choice.order, pass_epilogue(c.shape, c.values.formats, pass),
                          values.get());
    program.memory = plan_mm_op(c.config, op, c.masks, choice);
    const auto counted = engines.run(program);
    CHECK(counted.clocked == counted.fast);
    CHECK(counted.outputs.size() == (values ? op.m * op.n : 0));
    if (values) {
      place_outputs(op, *values, counted.outputs, output);
    }
    if (program.memory) {
      check_plan(c.config, c.shape, program, op, c.masks.of(op.rows));
      result.traffic += program.memory->traffic;
      sum.chunks += program.memory->uses.size();
      sum.kept += 2 * program.memory->uses.size() - program.memory->row_fetches - program.memory->column_fetches;
      ++sum.orders[static_cast<std::size_t>(choice.order)];
    } else {
      CHECK(counted.clocked ==
            counters_by_contract(c.config, as_seen_in(c.shape, pass), operands, choice.block, choice.order));
    }
    result.products += all_products(op);
    result.outputs += op.m * op.n;
    CHECK(effectual_macs(op) == effectual_macs_of(operands));
    result.effectual_macs += effectual_macs(op);
    sum.unneeded += op.needed ? op.m * op.n - op.needed->count() : 0;
    result.lanes = program.lanes;
    result.counters += counted.clocked;
  }
  CHECK_NOTHROW(check_invariants(result, c.config));
  if (with_values) {
    const auto mismatch = first_bit_difference(output, reference_output(c, pass));
    CHECK_MESSAGE(!mismatch, (mismatch ? to_string(*mismatch, output_shape(c.shape, pass, c.batch)) : ""));
  }
  sum.counters += result.counters;
  ++sum.passes;
}

reached check_cases(std::uint64_t first_seed, std::uint64_t cases, bool with_values) {
  reached sum;
  for (std::uint64_t seed = first_seed; seed < first_seed + cases; ++seed) {
    auto c = draw_training_case(seed);
    INFO(describe(c));
    INFO(describe_memory(c.config));
    both_engines engines(c.config);
    for (const auto pass : all_passes) {
      INFO(to_string(pass));
      check_pass(c, pass, with_values, engines, sum);
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("random training steps: both engines, every counter and every chunk") {
  const auto cases = scaled(2000);
  const auto sum = check_cases(1, cases, false);
  CHECK(sum.passes > 2 * cases);
  // The cases reach all that is counted and decided.
  CHECK(sum.counters.pe_parts.memory > 0);
  CHECK(sum.refused > 0);
  CHECK(sum.kept > 0);
  CHECK(sum.unneeded > 0);
  CHECK(sum.chunks > cases);
  CHECK(sum.orders[0] > 0);
  CHECK(sum.orders[1] > 0);
}

TEST_CASE("random training steps with values: every counter and every bit") {
  check_cases(1'000'001, scaled(2000), true);
}

TEST_CASE("the order that reads fewer bytes is chosen, and nt-outer when they tie") {
  const auto cases = scaled(200);
  std::array<std::uint64_t, 3> seen{};
  for (std::uint64_t seed = 2'000'001; seed <= 2'000'000 + cases; ++seed) {
    auto c = draw_training_case(seed);
    INFO(describe(c));
    c.config.memory = memory_config{16, 10, compression::none};
    c.config.weight_buffer_bytes = c.config.feature_map_buffer_bytes = 1U << 14U;
    c.config.mapping.order.reset();
    for (const auto pass : all_passes) {
      const auto shapes = mm_op_shapes(c.shape, pass, c.batch);
      if (shapes.empty()) {
        continue;
      }
      const auto op = make_mm_op(shapes.front(), c.masks);
      const auto choice = choose_program(c.config, c.shape, op, shapes, c.masks);
      const auto read = [&](tile_order order) {
        return plan_mm_op(c.config, op, c.masks, {choice.block, order})->traffic.read();
      };
      const auto nt = read(tile_order::nt_outer);
      const auto mt = read(tile_order::mt_outer);
      CHECK(choice.order == (mt < nt ? tile_order::mt_outer : tile_order::nt_outer));
      ++seen[mt < nt ? 0 : (mt == nt ? 1 : 2)];
    }
  }
  for (const auto times : seen) {
    CHECK(times > 0);
  }
}

namespace {

/// Whether all mmOps of a pass can be planned with this block.
bool can_be_planned(const training_case& c, const std::vector<mm_op_shape>& shapes, block_shape block) {
  const bool compressed = c.config.memory->feature_map_compression == compression::bitmap;
  return std::all_of(shapes.begin(), shapes.end(), [&](const mm_op_shape& shape) {
    const tiling tiles(shape.m, shape.n, c.config.grid, block, tile_order::nt_outer);
    const auto meter = make_chunk_meter(shape, compressed ? &c.masks.of(shape.rows) : nullptr, tiles.rows,
                                        row_groups(shape, formats_of(c.config, shape)));
    buffer_shortage ignored;
    return plan_memory(c.config, shape, tiles, *meter, formats_of(c.config, shape), ignored).has_value();
  });
}

/// The bytes that a buffer is told to need are enough, and there is none too many.
void check_needed_bytes(training_case& c, const std::vector<mm_op_shape>& shapes, block_shape block,
                        std::uint64_t& buffer, bool column) {
  const auto given = std::exchange(buffer, 1);
  const auto shortage = buffer_fit(c.config, shapes, c.masks.of(shapes.front().rows)).shortage(block);
  if (shortage) {  // a chunk of padding alone needs nothing
    CHECK(shortage->column == column);
    buffer = shortage->needed_bytes;
    CHECK(can_be_planned(c, shapes, block));
    CHECK_FALSE(buffer_fit(c.config, shapes, c.masks.of(shapes.front().rows)).shortage(block));
    buffer = shortage->needed_bytes - 1;
    CHECK_FALSE(can_be_planned(c, shapes, block));
    CHECK(buffer_fit(c.config, shapes, c.masks.of(shapes.front().rows)).shortage(block));
  }
  buffer = given;
}

}  // namespace

TEST_CASE("a block fits exactly when all mmOps can be planned") {
  const auto cases = scaled(300);
  for (std::uint64_t seed = 3'000'001; seed <= 3'000'000 + cases; ++seed) {
    auto c = draw_training_case(seed);
    draws random(seed);
    c.config.memory = memory_config{16, 10, random.chance(0.5) ? compression::none : compression::bitmap};
    c.config.weight_buffer_bytes = c.config.feature_map_buffer_bytes = 1U << 24U;
    const auto rows = random.between(1, c.config.pe.output_buffers);
    const block_shape block{rows, random.between(1, c.config.pe.output_buffers / rows)};
    for (const auto pass : all_passes) {
      const auto shapes = mm_op_shapes(c.shape, pass, c.batch);
      if (!shapes.empty()) {
        INFO(describe(c));
        INFO(describe_memory(c.config));
        INFO(to_string(pass));
        check_needed_bytes(c, shapes, block, c.config.weight_buffer_bytes, true);
        check_needed_bytes(c, shapes, block, c.config.feature_map_buffer_bytes, false);
      }
    }
  }
}

}  // namespace dlac::test
