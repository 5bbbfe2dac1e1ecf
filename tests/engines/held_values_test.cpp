// Outputs of the clocked core in number formats, against each other: neither skipping nor block, grid, queues, banks
// and buffers change a bit, whatever is rounded by chance and wherever slices end; and padding is a zero like another
// where a format has one.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sim/engine/program_choice.h"
#include "sim/mapping/values.h"
#include "sim/numbers/operand_formats_json.h"
#include "sim/reference/comparison.h"
#include "tests/engines/random_case.h"
#include "tests/engines/run_engines.h"
#include "tests/engines/test_scale.h"
#include "tests/engines/training_case.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;

given_numbers numbers_of(const json& operands, const std::string& accumulator) {
  const json numbers = {{"activations", operands},
                        {"weights", operands},
                        {"gradients", operands},
                        {"accumulator", accumulator},
                        {"output", accumulator == "fp16" ? "fp16" : "fp32"}};
  const json_document document("test", numbers);
  return numbers_json().read(document.root());
}

/// What the clocked core makes of a layer, before its epilogue.
std::vector<float> outputs_of(const accelerator_config& config, const network& net, pass_kind pass) {
  const layer& l = net.layers.back();
  const operand_provider operands(net, std::nullopt, config.numbers());
  const auto values = load_values(net, l, pass, operands);
  layer_masks masks;
  const auto load = [&](tensor_role operand, tensor_mask& mask, part_masks& parts) {
    auto held = operands.operand_mask(l, operand, pass);
    mask = std::move(held.mask);
    parts = std::move(held.parts);
  };
  load(tensor_role::activations, masks.activations, masks.activation_parts);
  load(tensor_role::weights, masks.weights, masks.weight_parts);
  load(tensor_role::gradients, masks.gradients, masks.gradient_parts);
  std::vector<float> output(output_shape(l, pass, net.batch).elements());
  both_engines engines(config);
  const auto shapes = mm_op_shapes(l, pass, net.batch);
  for (const auto& shape : shapes) {
    const auto op = make_mm_op(shape, masks);
    const auto of_op = make_mm_op_values(values, op);
    const auto choice = choose_program(config, l, op, {shape}, masks);
    mm_op_program program(config, op, choice.block, choice.order, {}, of_op.get());
    program.memory = plan_mm_op(config, op, masks, choice);
    const auto counted = engines.run(program);
    CHECK(counted.clocked == counted.fast);
    place_outputs(op, *of_op, counted.outputs, output);
  }
  return output;
}

network drawn_network(draws& random, const random_case& c) {
  network net;
  net.name = "n";
  net.file = "n.json";
  net.batch = c.batch;
  layer l = c.shape;
  l.epilogue.clear();
  l.operands = {synthetic_source{.density = 0.6, .seed = random.below(100)},
                synthetic_source{.density = 0.5, .seed = random.below(100)},
                synthetic_source{.density = 0.7, .seed = random.below(100)}};
  net.layers = {std::move(l)};
  return net;
}

/// Another machine for the same layer.
void redraw(draws& random, accelerator_config& config, skip_mode skip) {
  config.skip = skip;
  config.pe.output_banks = random.between(1, 2);
  config.pe.operand_queue_depth = random.between(1, 9);
  config.grid = {random.between(1, 5), random.between(1, 7)};
  const auto rows = random.between(1, config.pe.output_buffers);
  config.mapping.block = block_shape{rows, random.between(1, config.pe.output_buffers / rows)};
  config.mapping.order = random.chance(0.5) ? tile_order::nt_outer : tile_order::mt_outer;
  config.memory.reset();
  if (random.chance(0.5)) {
    config.memory = memory_config{random.between(1, 64), random.between(0, 50), compression::none};
    config.weight_buffer_bytes = config.feature_map_buffer_bytes = random.between(1U << 14U, 1U << 18U);
  }
}

/// A layer of one channel whose 3 x 3 kernel looks beyond the edges of 2 x 2 pixels, or at those with the edges in
/// them.
std::vector<float> padded_outputs(const std::string& format, bool explicitly) {
  const temporary_folder folder;
  const std::vector<float> pixels = {1.5F, -2.25F, 3, 0.125F};
  std::vector<float> framed(16);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    framed[5 + i + (i / 2) * 2] = pixels[i];
  }
  trace_builder trace;
  trace.add("l.activations", "F32", explicitly ? "1, 1, 4, 4" : "1, 1, 2, 2", raw(explicitly ? framed : pixels))
      .add("l.weights", "F32", "1, 1, 3, 3", raw(std::vector<float>{0.5F, -1, 2, 1, 0.75F, -0.5F, 1.25F, 2, -2}));
  network net;
  net.name = "n";
  net.file = "n.json";
  net.trace_path = folder.file("t.safetensors", trace.bytes());
  net.trace = net.trace_path;
  layer l;
  l.name = "l";
  l.type = layer_type::conv2d;
  l.in_channels = l.out_channels = 1;
  l.kernel = {3, 3};
  l.stride = {1, 1};
  l.input_size = explicitly ? size_2d{4, 4} : size_2d{2, 2};
  l.padding = explicitly ? padding_2d(0, 0) : padding_2d(1, 1);
  l.weights = weight_format::full;
  l.operands = {trace_source{}, trace_source{}, dense_source{}};
  net.layers = {l};
  auto c = draw_case(1);
  c.config.given = numbers_of(json::parse(format), "fp32");
  return outputs_of(c.config, net, pass_kind::forward);
}

}  // namespace

TEST_CASE("held values depend on neither skipping nor block, grid, queues, banks or buffers") {
  const std::vector<std::pair<std::string, std::string>> sets = {
      {R"({"grouped": {"bits": 6, "scale": "simple-mantissa", "shift": 1}, "rounding": "stochastic", "seed": 3})",
       "fp32"},
      {R"({"grouped": {"bits": 8, "scale": "same-mantissa"}, "rounding": "stochastic"})", "fp16"},
      {R"({"parts": {"of": {"grouped": {"bits": 8, "scale": "float"}}}, "rounding": "stochastic"})", "fp32"},
      {R"({"parts": {"of": {"fixed": {"bits": 8}}}})", "int32"},
      {R"({"parts": {"of": {"fixed": {"bits": 6}}, "split": "floor"}})", "bf16"},
      {R"({"mx": {"of": "fp8-e4m3", "block": 4}, "rounding": "stochastic"})", "fp32"}};
  const auto cases = scaled(60);
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    auto c = draw_case(6'000'000 + seed);
    draws random(seed);
    const auto& [operands, accumulator] = sets[seed % sets.size()];
    c.config.given = numbers_of(json::parse(operands), accumulator);
    c.shape.weights = weight_format::full;
    const network net = drawn_network(random, c);
    INFO(describe(c));
    INFO(operands);
    for (const auto pass : {pass_kind::forward, pass_kind::backward_data, pass_kind::backward_weight}) {
      std::vector<float> first;
      for (const auto skip : skip_modes) {
        redraw(random, c.config, skip);
        const auto output = outputs_of(c.config, net, pass);
        first = first.empty() ? output : first;
        const auto mismatch = first_bit_difference(output, first);
        CHECK_MESSAGE(!mismatch, (mismatch ? to_string(*mismatch, output_shape(net.layers[0], pass, net.batch)) : ""));
      }
    }
  }
}

TEST_CASE("padding is a zero of the tensor where the format has one") {
  for (const char* const format :
       {R"({"fixed": {"bits": 6}})", R"({"affine": {"bits": 8}})", R"({"affine": {"bits": 5, "rule": "absmax"}})",
        R"("fp8-e4m3")", R"({"grouped": {"bits": 4}})", R"({"mx": {"of": "fp4-e2m1"}})"}) {
    INFO(format);
    CHECK(padded_outputs(format, true) == padded_outputs(format, false));
  }
  // Held as another number it takes part.
  for (const char* const format : {R"({"affine": {"bits": 8, "rule": "tf-min-combined"}})",
                                   R"({"power_of_two": {"zero": false}})", R"({"binary": {"scale": "none"}})"}) {
    INFO(format);
    CHECK_FALSE(padded_outputs(format, true) == padded_outputs(format, false));
  }
}

}  // namespace dlac::test
