#include "tests/engines/random_case.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>

#include "sim/numbers/half.h"

namespace dlac::test {
namespace {

accelerator_config draw_config(draws& random) {
  accelerator_config config;
  config.name = "random";
  config.mode = random.chance(0.5) ? machine_mode::fp16_inference : machine_mode::fp32_training;
  config.clock_mhz = 500;
  config.grid = {random.between(1, 5), random.between(1, 7)};
  config.pe = {random.between(1, 4), random.between(0, 3), random.between(1, 32), random.between(1, 2),
               random.between(1, 9)};
  config.skip = skip_modes[random.below(skip_modes.size())];
  config.drain_elements_per_cycle = random.between(1, 9);
  if (random.chance(0.75)) {
    const auto rows = random.between(1, config.pe.output_buffers);
    config.mapping.block = block_shape{rows, random.between(1, config.pe.output_buffers / rows)};
  }
  if (random.chance(0.7)) {
    config.mapping.order = random.chance(0.5) ? tile_order::nt_outer : tile_order::mt_outer;
  }
  return config;
}

std::vector<pt_wise_op> draw_epilogue(draws& random) {
  std::vector<pt_wise_op> epilogue(random.below(4));
  for (auto& op : epilogue) {
    op.kind = pt_wise_kinds[random.below(pt_wise_kinds.size())];
    const bool adds = op.kind == pt_wise_kind::add || op.kind == pt_wise_kind::sub;
    const bool multiplies = op.kind == pt_wise_kind::mul;
    op.streams_feature_map = (adds && random.chance(0.6)) || (multiplies && random.chance(0.5));
    op.is_per_channel = multiplies && !op.streams_feature_map;
    op.minimum = 4 * random.fraction() - 3;
    op.maximum = op.minimum + 4 * random.fraction();
    // Every other threshold is a number that sums of short numbers reach.
    op.threshold = random.chance(0.5) ? 0.25 * random.between(0, 8) : 4 * random.fraction() - 2;
  }
  return epilogue;
}

layer draw_convolution(draws& random) {
  layer l;
  constexpr std::array group_counts{1U, 1U, 1U, 2U, 3U};
  l.groups = group_counts[random.below(group_counts.size())];
  l.in_channels = l.groups * random.between(1, 5);
  l.out_channels = l.groups * random.between(1, 20);
  l.kernel = {random.between(1, 5), random.between(1, 5)};
  l.stride = {random.between(1, 3), random.between(1, 3)};
  l.padding = {random.between(0, 3), random.between(0, 3)};
  if (random.chance(0.4)) {
    l.padding = {random.between(0, 3), random.between(0, 3), random.between(0, 3), random.between(0, 3)};
    l.dilation = {random.between(1, 3), random.between(1, 3)};
  }
  const auto smallest = [](std::uint32_t kernel, std::uint32_t dilation, std::uint32_t padding) {
    const auto reach = dilation * (kernel - 1) + 1;
    return reach > padding ? reach - padding : 1;
  };
  const auto height = smallest(l.kernel.h, l.dilation.h, l.padding.top + l.padding.bottom);
  const auto width = smallest(l.kernel.w, l.dilation.w, l.padding.left + l.padding.right);
  l.input_size = {random.between(height, height + 11), random.between(width, width + 11)};
  return l;
}

layer draw_linear(draws& random) {
  layer l;
  l.type = layer_type::linear;
  l.in_channels = random.between(1, 150);
  l.out_channels = random.between(1, 150);
  l.input_size = l.kernel = l.stride = {1, 1};
  if (random.chance(0.3)) {
    l.input_size.w = random.between(2, 20);
  }
  return l;
}

double draw_density(draws& random) {
  if (random.chance(0.2)) {
    return static_cast<double>(random.below(2));
  }
  return random.fraction();
}

/// How the values of an operand are spread.
enum class spread { short_numbers, near_one, wide, tiny };

/// A non-zero float with `fraction_bits` random bits behind the point, an exponent of `lowest` to `highest`.
float draw_number(draws& random, int fraction_bits, int lowest, int highest) {
  const double fraction = std::floor(random.fraction() * std::ldexp(1, fraction_bits));
  const int exponent = lowest + static_cast<int>(random.below(static_cast<std::uint64_t>(highest - lowest + 1)));
  const double size = std::ldexp(1 + std::ldexp(fraction, -fraction_bits), exponent);
  return static_cast<float>(random.chance(0.5) ? size : -size);
}

float draw_nonzero(draws& random, machine_mode mode, spread kind) {
  const bool half = mode == machine_mode::fp16_inference;
  const int bits = half ? 10 : 23;
  switch (kind) {
    case spread::short_numbers:
      return draw_number(random, 2, -2, 2);
    case spread::near_one:
      return draw_number(random, bits, -3, 3);
    case spread::wide:
      return half ? draw_number(random, bits, -14, 15) : draw_number(random, bits, -60, 60);
    case spread::tiny:
      break;
  }
  // Down to the smallest subnormal, with as many bits as it has.
  const int smallest = half ? -24 : -149;
  const int exponent = smallest + static_cast<int>(random.below(24));
  return draw_number(random, std::min(bits, exponent - smallest), exponent, exponent);
}

/// `count` values, a fraction `density` of them not zero; some zeros are negative.
std::vector<float> draw_values(draws& random, machine_mode mode, std::uint64_t count, double density) {
  const auto kind = static_cast<spread>(random.below(4));
  std::vector<float> values(count);
  for (auto& value : values) {
    const bool odd_one = random.chance(0.05);
    value = random.chance(density) ? draw_nonzero(random, mode, odd_one ? spread::tiny : kind)
                                   : (random.chance(0.5) ? 0.0F : -0.0F);
  }
  return values;
}

std::vector<float> draw_weights(draws& random, const random_case& c) {
  const auto count = c.shape.weight_shape().elements();
  if (c.shape.weights == weight_format::full) {
    return draw_values(random, c.config.mode, count, c.column_density);
  }
  std::vector<float> values(count);
  for (auto& value : values) {
    value = random.chance(c.column_density) ? (random.chance(0.5) ? 1.0F : -1.0F) : 0.0F;
  }
  return values;
}

void draw_operands(draws& random, random_case& c) {
  const auto mode = c.config.mode;
  c.row_density = draw_density(random);
  c.column_density = draw_density(random);
  c.values.formats = c.config.formats(pass_kind::forward, c.shape.weights);
  c.values.activations = draw_values(random, mode, c.shape.activation_shape(c.batch).elements(), c.row_density);
  c.values.weights = draw_weights(random, c);
  c.values.scale = draw_values(random, mode, c.shape.out_channels, 0.95);
  c.values.bias = draw_values(random, mode, c.shape.out_channels, 0.95);
  for (const auto& op : c.shape.epilogue) {
    const auto elements = c.shape.operand_shape(op, c.batch).elements();
    c.values.tensors.push_back(op.reads_tensor() ? draw_values(random, mode, elements, 0.7) : std::vector<float>{});
  }
}

std::string list_epilogue(const layer& l) {
  std::string text;
  for (const auto& op : l.epilogue) {
    text += fmt::format("{}{}{}", text.empty() ? "" : ",", to_string(op.kind),
                        op.streams_feature_map            ? "(feature_map)"
                        : op.is_per_channel               ? "(channel)"
                        : op.kind == pt_wise_kind::clamp  ? fmt::format("({}, {})", op.minimum, op.maximum)
                        : op.kind == pt_wise_kind::select ? fmt::format("({})", op.threshold)
                                                          : "");
  }
  return "[" + text + "]";
}

}  // namespace

layer draw_transposed(draws& random) {
  layer l;
  l.type = layer_type::transposed_conv2d;
  l.groups = random.between(1, 2);
  l.in_channels = l.groups * random.between(1, 4);
  l.out_channels = l.groups * random.between(1, 6);
  l.input_size = {random.between(1, 5), random.between(1, 6)};
  l.kernel = {random.between(1, 4), random.between(1, 4)};
  l.stride = {random.between(1, 3), random.between(1, 4)};
  l.dilation = {random.between(1, 3), random.between(1, 2)};
  l.output_padding = {random.between(0, std::max(l.stride.h, l.dilation.h) - 1),
                      random.between(0, std::max(l.stride.w, l.dilation.w) - 1)};
  const size_2d uncut = l.output_size();
  const auto draw_cut = [&](std::uint32_t side) { return random.between(0, std::min(3U, (side - 1) / 2)); };
  l.padding = {draw_cut(uncut.h), draw_cut(uncut.w), draw_cut(uncut.h), draw_cut(uncut.w)};
  return l;
}

layer draw_matmul(draws& random) {
  layer l;
  l.type = layer_type::matmul;
  l.weights = weight_format::feature_map;
  l.products = random.between(1, 3);
  l.input_size = {1, random.between(1, 20)};
  l.in_channels = random.between(1, 20);
  l.out_channels = random.between(1, 20);
  return l;
}

random_case draw_case(std::uint64_t seed) {
  constexpr std::uint64_t most_macs = 40000;
  draws random(seed);
  random_case c;
  c.seed = seed;
  c.config = draw_config(random);
  do {
    c.shape = random.chance(0.15) ? draw_linear(random) : draw_convolution(random);
    c.batch = random.between(1, 2);
  } while (c.shape.dense_macs(c.batch) > most_macs);
  c.shape.name = "random";
  c.shape.weights = random.chance(0.5) ? weight_format::ternary : weight_format::full;
  c.shape.epilogue = draw_epilogue(random);
  draw_operands(random, c);
  return c;
}

random_case draw_wide_case(std::uint64_t seed) {
  draws random(seed);
  random_case c;
  c.seed = seed;
  c.config = draw_config(random);
  c.shape = draw_convolution(random);
  c.shape.name = "wide";
  c.shape.in_channels = c.shape.groups;
  c.shape.out_channels = c.shape.groups * random.between(50, 140);
  c.shape.dilation.h = 1;
  c.shape.input_size = {random.between(5, 9), random.between(50, 210)};
  c.batch = random.between(1, 2);
  draw_operands(random, c);
  return c;
}

std::string describe(const random_case& c) {
  const auto& pe = c.config.pe;
  const auto& l = c.shape;
  const auto pair = [](size_2d size) { return fmt::format("{}x{}", size.h, size.w); };
  const auto edges = [](const padding_2d& p) { return fmt::format("{},{},{},{}", p.top, p.left, p.bottom, p.right); };
  const auto block = c.config.mapping.block ? fmt::format("{}x{}", c.config.mapping.block->m, c.config.mapping.block->n)
                                            : std::string("auto");
  const auto order = c.config.mapping.order ? to_string(*c.config.mapping.order) : "auto";
  return fmt::format(
      "seed {} of DLAC_TEST_SEED={}: {} grid {}x{} F {} G {} B {} banks {} D {} skip {} P {} block {} order {}; {} "
      "batch {} groups {} "
      "channels {} -> {} input {} kernel {} stride {} padding {} dilation {} weights {} densities {:.3f} {:.3f} "
      "epilogue {}",
      c.seed, test_seed(), to_string(c.config.mode), c.config.grid.rows, c.config.grid.cols, pe.fma_units, pe.adders,
      pe.output_buffers, pe.output_banks, pe.operand_queue_depth, to_string(c.config.skip),
      c.config.drain_elements_per_cycle, block, order, to_string(l.type), c.batch, l.groups, l.in_channels,
      l.out_channels, pair(l.input_size), pair(l.kernel), pair(l.stride), edges(l.padding), pair(l.dilation),
      to_string(l.weights), c.row_density, c.column_density, list_epilogue(l));
}

tensor_mask activation_mask_of(const random_case& c) {
  const auto shape = c.shape.activation_shape(c.batch);
  const auto image = shape.elements() / shape.n;
  tensor_mask mask{shape, bit_matrix(shape.n, image)};
  for (std::uint64_t i = 0; i < shape.elements(); ++i) {
    if (c.values.activations[i] != 0) {
      mask.bits.set(i / image, i % image);
    }
  }
  return mask;
}

tensor_mask weight_mask_of(const random_case& c) {
  const auto shape = c.shape.weight_shape();
  const auto filter = shape.c * shape.h * shape.w;
  tensor_mask mask{shape, bit_matrix(shape.n, filter)};
  for (std::uint64_t i = 0; i < shape.elements(); ++i) {
    if (c.values.weights[i] != 0) {
      mask.bits.set(i / filter, i % filter);
    }
  }
  return mask;
}

}  // namespace dlac::test
