// Transposed convolutions and matmuls, all passes, on random machines: every mmOp by the contract's table (section 2),
// every counter by both engines and by the contract's definition, the bytes of every chunk by counting its elements,
// and every value by a model of its own, which scatters where the simulator gathers.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/engine/program_choice.h"
#include "sim/reference/backward.h"
#include "sim/reference/comparison.h"
#include "tests/engines/contract_oracle.h"
#include "tests/engines/run_engines.h"
#include "tests/engines/test_scale.h"
#include "tests/engines/training_case.h"

namespace dlac::test {
namespace {

using index = std::uint64_t;

/// A layer with the numbers of its tensors, in the simulator's order.
struct typed_case {
  accelerator_config config;
  layer shape;
  std::uint32_t batch = 1;
  layer_values values;
  layer_masks masks;
};

std::vector<float> draw_numbers(draws& random, index count, double density) {
  std::vector<float> values(count);
  for (float& value : values) {
    const double size = std::ldexp(1 + random.fraction(), static_cast<int>(random.below(5)) - 2);
    value = random.chance(density) ? static_cast<float>(random.chance(0.5) ? size : -size) : 0.0F;
  }
  return values;
}

tensor_mask mask_of(const std::vector<float>& values, const shape_4d& shape) {
  const auto image = shape.elements() / shape.n;
  tensor_mask mask{shape, bit_matrix(shape.n, image)};
  for (index i = 0; i < values.size(); ++i) {
    if (values[i] != 0) {
      mask.bits.set(i / image, i % image);
    }
  }
  return mask;
}

typed_case draw_typed_case(std::uint64_t seed) {
  typed_case c;
  auto machine_seed = seed * 1000;
  do {
    c.config = draw_case(machine_seed++).config;
  } while (c.config.mode != machine_mode::fp32_training);
  draws random(seed);
  if (random.chance(0.6)) {
    draw_memory(random, c.config);
  }
  c.config.skip_outputs = random.chance(0.4);
  c.batch = random.between(1, 2);
  c.shape = random.chance(0.6) ? draw_transposed(random) : draw_matmul(random);
  layer& l = c.shape;
  l.name = "random";
  if (!l.is_matmul() && random.chance(0.5)) {
    l.weights = weight_format::full;
  }
  l.epilogue = {
      pt_wise_op{.kind = pt_wise_kind::select, .streams_feature_map = false, .tensor = "", .threshold = 0.25}};
  auto& v = c.values;
  v.activations = draw_numbers(random, l.activation_shape(c.batch).elements(), random.fraction());
  v.gradients = draw_numbers(random, l.output_shape(c.batch).elements(), random.fraction());
  v.weights = draw_numbers(random, l.column_shape(c.batch).elements(), random.fraction());
  if (l.weights == weight_format::ternary) {
    for (float& weight : v.weights) {
      weight = weight == 0 ? 0 : std::copysign(1.0F, weight);
    }
  }
  v.velocity = draw_numbers(random, l.weight_shape().elements(), 0.8);
  v.master_weights = draw_numbers(random, l.weight_shape().elements(), 0.9);
  v.momentum = 0.5F;
  v.learning_rate = 0.25F;
  v.ternary_threshold = l.is_matmul() ? 0 : ternary_threshold(v.master_weights);
  c.masks = {mask_of(v.activations, l.activation_shape(c.batch)), mask_of(v.weights, l.column_shape(c.batch)),
             mask_of(v.gradients, l.output_shape(c.batch))};
  return c;
}

std::string describe_layer(const typed_case& c) {
  const auto& l = c.shape;
  return fmt::format(
      "{} batch {} x {}, {} -> {} of {}x{}, groups {}, kernel {}x{}, stride {}x{}, dilation {}x{}, "
      "padding {},{},{},{}, output padding {}x{}, {}; {}",
      to_string(l.type), c.batch, l.products, l.in_channels, l.out_channels, l.input_size.h, l.input_size.w, l.groups,
      l.kernel.h, l.kernel.w, l.stride.h, l.stride.w, l.dilation.h, l.dilation.w, l.padding.top, l.padding.left,
      l.padding.bottom, l.padding.right, l.output_padding.h, l.output_padding.w, to_string(l.weights),
      describe_memory(c.config));
}

/// A mmOp as the contract's table has it: which elements of the tensors its matrices are of.
struct expected_op {
  index m = 0;
  index n = 0;
  index k = 0;
  index group_steps = 1;
  const std::vector<float>* rows = nullptr;
  const std::vector<float>* columns = nullptr;
  std::function<std::optional<index>(index m, index k)> row = {};  ///< nothing: padding
  std::function<index(index k, index n)> column = {};
  std::function<index(index m, index n)> output = {};
};

/// [n, c, y, x] in a tensor, where it is inside.
std::optional<index> at(const shape_4d& shape, index n, index c, std::int64_t y, std::int64_t x) {
  if (y < 0 || x < 0 || y >= static_cast<std::int64_t>(shape.h) || x >= static_cast<std::int64_t>(shape.w)) {
    return std::nullopt;
  }
  return ((n * shape.c + c) * shape.h + static_cast<index>(y)) * shape.w + static_cast<index>(x);
}

/// Every output pixel that input pixel p reaches through kernel position k: p * stride + k * dilation - padding.
struct place_2d {
  std::int64_t y = 0;
  std::int64_t x = 0;
};
place_2d reached_output(const layer& l, place_2d input, place_2d kernel) {
  return {input.y * l.stride.h + kernel.y * l.dilation.h - l.padding.top,
          input.x * l.stride.w + kernel.x * l.dilation.w - l.padding.left};
}

std::vector<expected_op> transposed_ops(const typed_case& c, pass_kind pass) {
  const layer& l = c.shape;
  const shape_4d input = l.activation_shape(c.batch);
  const shape_4d output = l.output_shape(c.batch);
  const index inputs = l.in_channels / l.groups;
  const index outputs = l.out_channels / l.groups;
  const index kernel = index{l.kernel.h} * l.kernel.w;
  const auto weight = [=, &l](index cout, index cin, place_2d k) {
    return ((cout * inputs + cin) * l.kernel.h + static_cast<index>(k.y)) * l.kernel.w + static_cast<index>(k.x);
  };
  const auto position = [&l](index k) {
    return place_2d{static_cast<std::int64_t>(k / l.kernel.w), static_cast<std::int64_t>(k % l.kernel.w)};
  };
  std::vector<expected_op> ops;
  for (index g = 0; g < l.groups; ++g) {
    if (pass == pass_kind::forward) {
      for (std::uint32_t py = 0; py < l.stride.h; ++py) {
        for (std::uint32_t px = 0; px < l.stride.w; ++px) {
          std::vector<place_2d> reaching;
          for (index k = 0; k < kernel; ++k) {
            const auto place = reached_output(l, {64, 64}, position(k));
            if (place.y % l.stride.h == py && place.x % l.stride.w == px) {
              reaching.push_back(position(k));
            }
          }
          std::vector<std::array<index, 3>> pixels;
          for (index image = 0; image < output.n; ++image) {
            for (index y = py; y < output.h; y += l.stride.h) {
              for (index x = px; x < output.w; x += l.stride.w) {
                pixels.push_back({image, y, x});
              }
            }
          }
          if (reaching.empty() || pixels.empty()) {
            continue;
          }
          expected_op op{
              .m = pixels.size(), .n = outputs, .k = inputs * reaching.size(), .group_steps = reaching.size()};
          op.rows = &c.values.activations;
          op.columns = &c.values.weights;
          op.row = [=, &l](index m, index k) {
            const auto& [image, y, x] = pixels[m];
            const auto zero = reached_output(l, {0, 0}, reaching[k % reaching.size()]);
            return at(input, image, g * inputs + k / reaching.size(),
                      (static_cast<std::int64_t>(y) - zero.y) / l.stride.h,
                      (static_cast<std::int64_t>(x) - zero.x) / l.stride.w);
          };
          op.column = [=](index k, index n) {
            return weight(g * outputs + n, k / reaching.size(), reaching[k % reaching.size()]);
          };
          op.output = [=](index m, index n) {
            const auto& [image, y, x] = pixels[m];
            return *at(output, image, g * outputs + n, static_cast<std::int64_t>(y), static_cast<std::int64_t>(x));
          };
          ops.push_back(op);
        }
      }
      continue;
    }
    const auto pixel = [=](index i) {
      return place_2d{static_cast<std::int64_t>(i / input.w % input.h), static_cast<std::int64_t>(i % input.w)};
    };
    const index pixels = input.n * input.h * input.w;
    const auto gradient = [=, &l](index i, index cout, index k) {
      const auto place = reached_output(l, pixel(i), position(k));
      return at(output, i / input.w / input.h, g * outputs + cout, place.y, place.x);
    };
    const auto activation = [=](index i, index cin) {
      return *at(input, i / input.w / input.h, g * inputs + cin, pixel(i).y, pixel(i).x);
    };
    expected_op op;
    op.rows = &c.values.gradients;
    op.n = inputs;
    if (pass == pass_kind::backward_data) {
      op.m = pixels;
      op.k = outputs * kernel;
      op.group_steps = kernel;
      op.columns = &c.values.weights;
      op.row = [=](index m, index k) { return gradient(m, k / kernel, k % kernel); };
      op.column = [=](index k, index n) { return weight(g * outputs + k / kernel, n, position(k % kernel)); };
      op.output = activation;
    } else {
      op.m = outputs * kernel;
      op.k = pixels;
      op.group_steps = input.w;
      op.columns = &c.values.activations;
      op.row = [=](index m, index k) { return gradient(k, m / kernel, m % kernel); };
      op.column = activation;
      op.output = [=](index m, index n) { return weight(g * outputs + m / kernel, n, position(m % kernel)); };
    }
    ops.push_back(op);
  }
  return ops;
}

std::vector<expected_op> matmul_ops(const typed_case& c, pass_kind pass) {
  const layer& l = c.shape;
  const index m = l.input_size.w;
  const index k = l.in_channels;
  const index n = l.out_channels;
  std::vector<expected_op> ops;
  for (index b = 0; b < index{c.batch} * l.products; ++b) {
    // Feature maps have their pixels behind their channels.
    const auto x = [=](index row, index inner) { return (b * k + inner) * m + row; };
    const auto y = [=](index inner, index column) { return (b * k + inner) * n + column; };
    const auto o = [=](index row, index column) { return (b * n + column) * m + row; };
    switch (pass) {
      case pass_kind::forward:
        ops.push_back({m, n, k, 1, &c.values.activations, &c.values.weights, x, y, o});
        break;
      case pass_kind::backward_data:
        ops.push_back({m, k, n, 1, &c.values.gradients, &c.values.weights, o,
                       [=](index step, index column) { return y(column, step); }, x});
        break;
      case pass_kind::backward_weight:
        ops.push_back({k, n, m, 1, &c.values.activations, &c.values.gradients,
                       [=](index row, index step) { return x(step, row); }, o, y});
        break;
    }
  }
  return ops;
}

oracle_operands masks_of(const expected_op& op) {
  oracle_operands result;
  result.m = op.m;
  result.n = op.n;
  result.k = op.k;
  for (index k = 0; k < op.k; ++k) {
    result.row.emplace_back();
    result.column.emplace_back();
    for (index m = 0; m < op.m; ++m) {
      const auto element = op.row(m, k);
      result.row.back().push_back(element && (*op.rows)[*element] != 0 ? 1 : 0);
    }
    for (index n = 0; n < op.n; ++n) {
      result.column.back().push_back((*op.columns)[op.column(k, n)] != 0 ? 1 : 0);
    }
  }
  return result;
}

bool has_bits_of(const bit_matrix& mask, const std::vector<std::vector<char>>& bits) {
  bool is_equal = mask.rows() == bits.size() && mask.cols() == bits[0].size();
  for (index r = 0; is_equal && r < mask.rows(); ++r) {
    for (index i = 0; i < mask.cols(); ++i) {
      is_equal = is_equal && mask.test(r, i) == (bits[r][i] != 0);
    }
  }
  return is_equal;
}

/// Bytes of the chunks of a plan: what their elements are, one by one. Backward-weight of a convolution has whole
/// channels, over the whole kernel.
void check_chunks(const typed_case& c, pass_kind pass, const expected_op& op, const mm_op_program& program) {
  const bool is_bitmap = c.config.memory->feature_map_compression == compression::bitmap;
  const auto bits = pass != pass_kind::backward_weight && c.shape.weights == weight_format::ternary ? 2U : 32U;
  const index plane = pass == pass_kind::backward_weight ? index{c.shape.kernel.h} * c.shape.kernel.w : 1;
  for (index i = 0; i < program.tiles.tiles(); ++i) {
    const auto position = program.tiles.at(i);
    const auto first = program.tiles.rows.first(position.mt) / plane * plane;
    const auto end =
        (program.tiles.rows.first(position.mt) + program.tiles.rows.valid(position.mt) + plane - 1) / plane * plane;
    for (auto u = program.memory->first_use[i]; u < program.memory->first_use[i + 1]; ++u) {
      const auto& use = program.memory->uses[u];
      std::set<index> elements;
      index nonzeros = 0;
      for (auto k = use.first_step; k < use.first_step + use.steps; ++k) {
        for (auto m = first; m < end; ++m) {
          const auto element = op.row(m, k);
          nonzeros += element && elements.insert(*element).second && (*op.rows)[*element] != 0 ? 1 : 0;
        }
      }
      CHECK(use.steps % op.group_steps == 0);
      CHECK(use.row.bytes == (is_bitmap ? (elements.size() + 7) / 8 + nonzeros * 4 : elements.size() * 4));
      CHECK(use.column.bytes == (program.tiles.cols.valid(position.nt) * use.steps * bits + 7) / 8);
    }
  }
}

/// O[n, cout, y s + ky d - p, x s + kx d - p] += X[n, cin, y, x] W[cout, cin, ky, kx], and its derivatives: cin, ky
/// and kx outermost, so that an output's products come in the contract's order.
std::vector<float> scattered(const typed_case& c, pass_kind pass) {
  const layer& l = c.shape;
  const auto& v = c.values;
  std::vector<float> sums(output_shape(l, pass, c.batch).elements());
  const auto add = [&](index to, float row, float column) { sums[to] = std::fma(row, column, sums[to]); };
  if (l.is_matmul()) {
    const index m = l.input_size.w;
    const index k = l.in_channels;
    const index n = l.out_channels;
    const index products = index{c.batch} * l.products;
    for (index i = 0; i < products * m * k * n; ++i) {
      // The reduced index is outermost of a product's, whichever it is.
      const index b = i / (m * k * n);
      const index rest = i % (m * k * n);
      const index mi =
          pass == pass_kind::backward_weight ? rest / (k * n) : rest / (pass == pass_kind::forward ? n : k) % m;
      const index ki = pass == pass_kind::forward         ? rest / (m * n)
                       : pass == pass_kind::backward_data ? rest % k
                                                          : rest / n % k;
      const index ni = pass == pass_kind::backward_data ? rest / (m * k) : rest % n;
      const index x = (b * k + ki) * m + mi;
      const index y = (b * k + ki) * n + ni;
      const index o = (b * n + ni) * m + mi;
      switch (pass) {
        case pass_kind::forward:
          add(o, v.activations[x], v.weights[y]);
          break;
        case pass_kind::backward_data:
          add(x, v.gradients[o], v.weights[y]);
          break;
        case pass_kind::backward_weight:
          add(y, v.activations[x], v.gradients[o]);
          break;
      }
    }
    return sums;
  }
  const shape_4d input = l.activation_shape(c.batch);
  const shape_4d output = l.output_shape(c.batch);
  const index inputs = l.in_channels / l.groups;
  const index outputs = l.out_channels / l.groups;
  const auto scatter = [&](index cout, index cin, place_2d k) {
    const index w =
        ((cout * inputs + cin % inputs) * l.kernel.h + static_cast<index>(k.y)) * l.kernel.w + static_cast<index>(k.x);
    for (index n = 0; n < input.n; ++n) {
      for (index y = 0; y < input.h; ++y) {
        for (index x = 0; x < input.w; ++x) {
          const auto place = reached_output(l, {static_cast<std::int64_t>(y), static_cast<std::int64_t>(x)}, k);
          const auto o = at(output, n, cout, place.y, place.x);
          const index i = ((n * input.c + cin) * input.h + y) * input.w + x;
          if (!o) {
            continue;
          }
          switch (pass) {
            case pass_kind::forward:
              add(*o, v.activations[i], v.weights[w]);
              break;
            case pass_kind::backward_data:
              add(i, v.gradients[*o], v.weights[w]);
              break;
            case pass_kind::backward_weight:
              add(w, v.gradients[*o], v.activations[i]);
              break;
          }
        }
      }
    }
  };
  const bool is_forward = pass == pass_kind::forward;
  for (index outer = 0; outer < (is_forward ? inputs : outputs); ++outer) {
    for (std::int64_t ky = 0; ky < l.kernel.h; ++ky) {
      for (std::int64_t kx = 0; kx < l.kernel.w; ++kx) {
        for (index g = 0; g < l.groups; ++g) {
          for (index inner = 0; inner < (is_forward ? outputs : inputs); ++inner) {
            const index cout = g * outputs + (is_forward ? inner : outer);
            const index cin = g * inputs + (is_forward ? outer : inner);
            scatter(cout, cin, {ky, kx});
          }
        }
      }
    }
  }
  return sums;
}

std::vector<float> expected_output(const typed_case& c, pass_kind pass) {
  auto output = scattered(c, pass);
  const auto& v = c.values;
  for (float& x : output) {
    x += 0.0F;
  }
  switch (pass) {
    case pass_kind::forward:
      for (float& x : output) {
        x = x > 0.25F ? x : 0.0F;
      }
      break;
    case pass_kind::backward_data:
      for (index i = 0; !c.shape.is_matmul() && i < output.size(); ++i) {
        output[i] = v.activations[i] != 0 ? output[i] : 0.0F;
      }
      break;
    case pass_kind::backward_weight:
      if (!c.shape.is_matmul()) {
        apply_reference_update({c.shape.weights, v.momentum, v.learning_rate, v.velocity, v.master_weights}, output);
      }
      break;
  }
  return output;
}

struct reached_types {
  index chunks = 0;
  index mm_ops = 0;
  index refused = 0;
  index unreached = 0;  ///< phases without a mmOp
};

void check_pass(typed_case& c, pass_kind pass, both_engines& engines, reached_types& sum) {
  const layer& l = c.shape;
  c.values.formats = formats_of(c.config.numbers(), pass, l);
  const auto shapes = mm_op_shapes(l, pass, c.batch);
  const auto expected = l.is_matmul() ? matmul_ops(c, pass) : transposed_ops(c, pass);
  REQUIRE(shapes.size() == expected.size());
  const auto epilogue = pass_epilogue(l, c.values.formats, pass);
  CHECK(epilogue.size() == (pass == pass_kind::forward            ? 1
                            : l.is_matmul()                       ? 0
                            : pass == pass_kind::backward_data    ? 1
                            : l.weights == weight_format::ternary ? 4
                                                                  : 2));
  layer seen = l;
  seen.epilogue = epilogue;
  seen.weights = pass == pass_kind::backward_weight ? weight_format::full : l.weights;
  std::vector<float> output(output_shape(l, pass, c.batch).elements());
  program_choice choice;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    auto op = make_mm_op(shapes[i], c.masks);
    auto operands = masks_of(expected[i]);
    CHECK(op.m == expected[i].m);
    CHECK(op.n == expected[i].n);
    CHECK(op.k == expected[i].k);
    CHECK(k_group_of(op).steps == expected[i].group_steps);
    CHECK(has_bits_of(op.row_mask, operands.row));
    CHECK(has_bits_of(op.column_mask, operands.column));
    if (skips_outputs(c.config, l, pass)) {
      op.needed = outputs_kept_by_relu(op, c.masks.activations);
      operands.needed.assign(op.m, std::vector<char>(op.n));
      for (index m = 0; m < op.m; ++m) {
        for (index n = 0; n < op.n; ++n) {
          operands.needed[m][n] = c.values.activations[expected[i].output(m, n)] != 0 ? 1 : 0;
        }
      }
    }
    if (i == 0) {
      try {
        choice = choose_program(c.config, l, op, shapes, c.masks);
      } catch (const input_error&) {
        ++sum.refused;
        return;
      }
    }
    const auto values = make_mm_op_values(c.values, op);
    mm_op_program program(c.config, op, choice.block, choice.order, epilogue, values.get());
    program.memory = plan_mm_op(c.config, op, c.masks, choice);
    const auto counted = engines.run(program);
    CHECK(counted.clocked == counted.fast);
    CHECK(effectual_macs(op) == effectual_macs_of(operands));
    if (program.memory) {
      check_chunks(c, pass, expected[i], program);
      sum.chunks += program.memory->uses.size();
    } else {
      CHECK(counted.clocked == counters_by_contract(c.config, seen, operands, choice.block, choice.order));
    }
    for (index m = 0; m < op.m; ++m) {
      for (index n = 0; n < op.n; ++n) {
        CHECK(values->output_index(m, n) == expected[i].output(m, n));
      }
    }
    place_outputs(op, *values, counted.outputs, output);
    ++sum.mm_ops;
  }
  const auto mismatch = first_bit_difference(output, expected_output(c, pass));
  CHECK_MESSAGE(!mismatch, (mismatch ? to_string(*mismatch, output_shape(l, pass, c.batch)) : ""));
  sum.unreached +=
      pass == pass_kind::forward && !l.is_matmul() && shapes.size() < index{l.groups} * l.stride.h * l.stride.w ? 1 : 0;
}

}  // namespace

TEST_CASE("random transposed convolutions and matmuls: every mmOp, counter, chunk and bit of all passes") {
  const auto cases = scaled(2000);
  reached_types sum;
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    auto c = draw_typed_case(seed);
    INFO(fmt::format("seed {} of DLAC_TEST_SEED={}", seed, test_seed()));
    INFO(describe_layer(c));
    both_engines engines(c.config);
    for (const auto pass : {pass_kind::forward, pass_kind::backward_data, pass_kind::backward_weight}) {
      INFO(to_string(pass));
      check_pass(c, pass, engines, sum);
    }
  }
  CHECK(sum.mm_ops > 3 * cases);
  if (cases >= 200) {
    CHECK(sum.chunks > cases);
    CHECK(sum.refused > 0);
    CHECK(sum.unreached > 0);
  }
}

}  // namespace dlac::test
