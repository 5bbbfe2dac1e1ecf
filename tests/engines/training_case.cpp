#include "tests/engines/training_case.h"

#include <fmt/format.h>

#include <cmath>

namespace dlac::test {
namespace {

/// Zeros of both signs, and numbers with all bits in use.
std::vector<float> draw_floats(draws& random, std::uint64_t count, double density) {
  std::vector<float> values(count);
  for (auto& value : values) {
    const double size = std::ldexp(1 + random.fraction(), static_cast<int>(random.below(9)) - 4);
    const double number = random.chance(density) ? size : 0;
    value = static_cast<float>(random.chance(0.5) ? number : -number);
  }
  return values;
}

tensor_mask mask_of(const std::vector<float>& values, const shape_4d& shape) {
  const auto image = shape.elements() / shape.n;
  tensor_mask mask{shape, bit_matrix(shape.n, image)};
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    if (values[i] != 0) {
      mask.bits.set(i / image, i % image);
    }
  }
  return mask;
}

}  // namespace

/// Buffers from hardly enough to more than a layer, so that chunks are many, few or one.
void draw_memory(draws& random, accelerator_config& config) {
  const auto bytes_per_cycle =
      random.chance(0.5) ? bandwidth(1 + random.below(256)) : bandwidth::of_thousandths(1 + random.below(100'000));
  config.memory =
      memory_config{bytes_per_cycle, random.below(501), random.chance(0.5) ? compression::none : compression::bitmap};
  const auto bytes = [&] { return std::uint64_t{64} << random.below(12); };
  config.weight_buffer_bytes = bytes() + random.below(64);
  config.feature_map_buffer_bytes = bytes() + random.below(64);
}

training_case draw_training_case(std::uint64_t seed) {
  // draw_case() draws the mode: another seed, until it is the one that trains.
  training_case c;
  auto case_seed = seed * 1000;
  do {
    static_cast<random_case&>(c) = draw_case(case_seed++);
  } while (c.config.mode != machine_mode::fp32_training);
  draws random(seed);
  if (random.chance(0.6)) {
    draw_memory(random, c.config);
  }
  c.config.skip_outputs = random.chance(0.4);
  auto& values = c.values;
  const auto weights = c.shape.weight_shape().elements();
  const auto gradients = c.shape.output_shape(c.batch);
  values.gradients =
      draw_floats(random, gradients.elements(), random.chance(0.2) ? double(random.chance(0.5)) : random.fraction());
  values.velocity = draw_floats(random, weights, 0.8);
  values.master_weights = c.shape.weights == weight_format::full ? values.weights : draw_floats(random, weights, 0.9);
  values.momentum = static_cast<float>(random.fraction());
  values.learning_rate = static_cast<float>(random.fraction());
  values.ternary_threshold = ternary_threshold(values.master_weights);
  c.masks = {activation_mask_of(c), weight_mask_of(c), mask_of(values.gradients, gradients)};
  return c;
}

std::vector<std::vector<char>> outputs_kept_by_index(const training_case& c, const mm_op_shape& shape) {
  const auto& l = c.shape;
  const auto width = (l.input_size.w - shape.phase.w + l.stride.w - 1) / l.stride.w;
  const auto height = (l.input_size.h - shape.phase.h + l.stride.h - 1) / l.stride.h;
  std::vector<std::vector<char>> kept(shape.m, std::vector<char>(shape.n));
  for (std::uint64_t m = 0; m < shape.m; ++m) {
    const auto y = m / width % height * l.stride.h + shape.phase.h;
    const auto x = m % width * l.stride.w + shape.phase.w;
    for (std::uint64_t n = 0; n < shape.n; ++n) {
      const auto plane = m / width / height * l.in_channels + shape.group * (l.in_channels / l.groups) + n;
      kept[m][n] = c.values.activations[(plane * l.input_size.h + y) * l.input_size.w + x] != 0 ? 1 : 0;
    }
  }
  return kept;
}

std::string describe_memory(const accelerator_config& config) {
  const auto* const outputs = config.skip_outputs ? "outputs skipped, " : "";
  if (!config.memory) {
    return fmt::format("{}ideal memory", outputs);
  }
  return fmt::format("{}memory {} bytes per cycle, latency {}, {}, buffers {} (weights) and {} (feature maps)", outputs,
                     config.memory->bytes_per_cycle.value(), config.memory->latency_cycles,
                     to_string(config.memory->feature_map_compression), config.weight_buffer_bytes,
                     config.feature_map_buffer_bytes);
}

}  // namespace dlac::test
