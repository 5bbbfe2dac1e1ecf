// Random layers over all number formats, roundings and passes: both engines on the same counts, and every value bit for
// bit that of the reference, which converts and adds up by itself.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/error.h"
#include "sim/engine/network_run.h"
#include "sim/engine/pass_run.h"
#include "sim/evaluation/value_path.h"
#include "sim/numbers/number_format_json.h"
#include "sim/numbers/operand_formats_json.h"
#include "sim/reference/comparison.h"
#include "sim/workload/tensor_layout.h"
#include "tests/engines/random_case.h"
#include "tests/engines/test_scale.h"
#include "tests/engines/training_case.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;

const std::vector<std::string> any_operand = {
    R"("fp32")",
    R"("fp16")",
    R"("bf16")",
    R"("fp8-e4m3")",
    R"("fp8-e5m2")",
    R"("fp4-e2m1")",
    R"({"float": {"exponent_bits": 4, "mantissa_bits": 3, "subnormals": false}})",
    R"({"float": {"exponent_bits": 5, "mantissa_bits": 7, "bias": 20}})",
    R"({"fixed": {"bits": 8}})",
    R"({"fixed": {"bits": 4}})",
    R"({"fixed": {"bits": 16, "fraction_bits": 9}})",
    R"({"fixed": {"bits": 7, "fraction_bits": 2, "signed": false}})",
    R"({"affine": {"bits": 8}})",
    R"({"affine": {"bits": 3}})",
    R"({"affine": {"bits": 8, "rule": "absmax"}})",
    R"({"affine": {"bits": 8, "rule": "tf-min-first"}})",
    R"({"affine": {"bits": 6, "rule": "tf-min-combined"}})",
    R"({"power_of_two": {"min_exponent": -6, "max_exponent": 3}})",
    R"({"power_of_two": {"min_exponent": -8, "max_exponent": -1, "zero": false}})",
    R"({"ternary": {"scale": "one"}})",
    R"({"binary": {"scale": "none"}})",
    R"({"truncated": {"mantissa_bits": 7}})",
    R"({"truncated": {"mantissa_bits": 0}})",
    R"({"codebook": {"values": [-1, -0.5, -0.1, 0, 0.08, 0.4, 1], "scale": "absmax"}})",
    R"({"codebook": {"values": [-3, 0.5, 2]}})",
    R"({"dorefa": {"bits": 4}})",
    R"({"pact": {"bits": 5, "alpha": 3}})",
    R"({"mx": {"of": "fp8-e4m3"}})",
    R"({"mx": {"of": "fp4-e2m1", "block": 3}})"};
const std::vector<std::string> codes_of_groups = {
    R"({"grouped": {"bits": 8, "scale": "float"}})",
    R"({"grouped": {"bits": 5, "scale": "power"}})",
    R"({"grouped": {"bits": 6, "scale": "same-mantissa"}})",
    R"({"grouped": {"bits": 4, "scale": "simple-mantissa"}})",
    R"({"grouped": {"bits": 3, "scale": "float", "shift": 2}})",
    R"({"grouped": {"bits": 4, "scale": "power", "shift": 3}})",
    R"({"grouped": {"bits": 8, "scale": "same-mantissa", "shift": 1}})",
    R"({"grouped": {"bits": 16, "scale": "simple-mantissa", "shift": 2}})",
    R"({"grouped": {"bits": 8, "group": "tensor", "scale": "float"}})",
    R"({"grouped": {"bits": 4, "group": "tensor", "scale": "same-mantissa", "shift": 2}})",
    R"({"parts": {"of": {"grouped": {"bits": 8, "group": "tensor", "scale": "float"}}}})",
    R"({"parts": {"of": {"grouped": {"bits": 6, "scale": "simple-mantissa"}}, "split": "floor"}})",
    R"({"parts": {"of": {"grouped": {"bits": 4, "scale": "power"}}}})",
    R"({"parts": {"of": {"fixed": {"bits": 8}}}})",
    R"({"parts": {"of": {"fixed": {"bits": 10, "fraction_bits": 4}}, "split": "floor"}})",
    R"({"parts": {"of": {"affine": {"bits": 12, "rule": "absmax"}}}})"};
const std::vector<std::string> only_weights = {
    R"({"parts": {"of": {"affine": {"bits": 8, "rule": "absmax", "per": "filter"}}}})",
    R"({"ternary": {}})",
    R"({"ternary": {"threshold": 0.5, "per": "filter"}})",
    R"({"binary": {}})",
    R"({"affine": {"bits": 8, "rule": "absmax", "per": "filter"}})",
    R"({"affine": {"bits": 4, "rule": "absmax", "per": "filter"}})"};
const std::vector<std::string> sums = {R"("fp32")",
                                       R"("fp16")",
                                       R"("bf16")",
                                       R"("int32")",
                                       R"({"fixed": {"bits": 16}})",
                                       R"({"fixed": {"bits": 9}})",
                                       R"({"truncated": {"mantissa_bits": 7}})",
                                       R"({"truncated": {"mantissa_bits": 2}})"};

const std::string& one_of(draws& random, const std::vector<std::string>& texts) {
  return texts[random.below(texts.size())];
}

/// With a rounding, and a range, where the format has such and chance says so.
json draw_format(draws& random, const std::string& text) {
  json format = json::parse(text);
  const number_format read = parse_number_format(format.is_string() ? format.get<std::string>() : text, "test");
  if (format.is_object() && takes_rounding(read) && random.chance(0.6)) {
    const std::vector<std::string> roundings = {"nearest-even", "nearest-away", "toward-zero", "stochastic"};
    format["rounding"] = one_of(random, roundings);
    if (format["rounding"] == "stochastic") {
      format["seed"] = random.below(1000);
    }
  }
  if (takes_range(read) && random.chance(0.2)) {
    format["range"] = {-1.5, 2.25};
  }
  return format;
}

/// Those that a machine can compute with.
json draw_numbers(draws& random, machine_mode mode) {
  // Sums of slices take two operands that are codes.
  std::vector<std::string> operands = codes_of_groups;
  if (random.chance(0.7)) {
    operands.insert(operands.end(), any_operand.begin(), any_operand.end());
  }
  std::vector<std::string> weights = operands;
  weights.insert(weights.end(), only_weights.begin(), only_weights.end());
  while (true) {
    json numbers = {{"activations", draw_format(random, one_of(random, operands))},
                    {"weights", draw_format(random, one_of(random, weights))},
                    {"gradients", draw_format(random, one_of(random, operands))},
                    {"accumulator", json::parse(one_of(random, sums))},
                    {"output", draw_format(random, one_of(random, operands))},
                    {"operation", random.chance(0.3) ? "separate" : "fused"}};
    const json_document document("test", numbers);
    const auto read = numbers_json().read(document.root());
    if (!misfit_of(with(formats_of(mode), read), trains(mode))) {
      return numbers;
    }
  }
}

/// Numbers of all sizes around 1, some of them far away.
std::vector<float> draw_floats(draws& random, std::uint64_t count, double density) {
  const int spread = static_cast<int>(random.between(1, 12));
  std::vector<float> values(count);
  for (float& value : values) {
    const double size = std::ldexp(1 + random.fraction(), static_cast<int>(random.below(spread)) - spread / 2);
    value = static_cast<float>(random.chance(density) ? (random.chance(0.5) ? size : -size) : 0);
  }
  return values;
}

struct format_case {
  random_case of;
  network net;
  run_kind kind = run_kind::forward;
  bool is_drawn = false;  ///< operands are synthetic
  std::string numbers;
};

/// One of those that a trace may have.
std::string one_of(draws& random, const std::vector<tensor_extents>& layouts) {
  return fmt::format("{}", fmt::join(layouts[random.below(layouts.size())], ", "));
}

/// All tensors that the layer reads, in fp32.
std::string trace_of(draws& random, const format_case& c) {
  const layer& l = c.net.layers.front();
  trace_builder trace;
  const auto add = [&](const std::string& name, const shape_4d& shape, double density) {
    trace.add(name, "F32", one_of(random, map_layouts(l, shape)), raw(draw_floats(random, shape.elements(), density)));
  };
  const shape_4d columns = l.column_shape(c.net.batch);
  const std::string column_layout = one_of(random, column_layouts(l, columns));
  add("random.activations", l.activation_shape(c.net.batch), c.of.row_density);
  add("random.gradients", l.output_shape(c.net.batch), random.fraction());
  if (l.weights != weight_format::ternary) {
    trace.add(l.is_matmul() ? "random.columns" : "random.weights", "F32", column_layout,
              raw(draw_floats(random, columns.elements(), c.of.column_density)));
  } else {
    std::vector<std::int8_t> codes(columns.elements());
    for (auto& code : codes) {
      code = static_cast<std::int8_t>(static_cast<int>(random.below(3)) - 1);
    }
    trace.add("random.weights", "I8", column_layout, raw(codes));
  }
  for (const char* const kind : {"scale", "bias"}) {
    trace.add(fmt::format("random.{}", kind), "F32", std::to_string(l.out_channels),
              raw(draw_floats(random, l.out_channels, 0.9)));
  }
  for (const auto& op : l.epilogue) {
    if (op.reads_tensor()) {
      add(op.tensor, l.operand_shape(op, c.net.batch), 0.7);
    }
  }
  return trace.bytes();
}

format_case draw_format_case(std::uint64_t seed) {
  format_case c;
  c.of = draw_case(seed);
  draws random(seed + 1);
  if (random.chance(0.5)) {
    draw_memory(random, c.of.config);
  }
  c.of.config.skip_outputs = random.chance(0.3);
  if (random.chance(0.35)) {
    const layer other = c.of.shape;
    c.of.shape = random.chance(0.6) ? draw_transposed(random) : draw_matmul(random);
    c.of.shape.name = other.name;
    c.of.shape.epilogue = other.epilogue;
    c.of.shape.weights = c.of.shape.is_matmul() ? weight_format::feature_map : other.weights;
  }
  layer l = c.of.shape;
  for (std::size_t place = 0; place < l.epilogue.size(); ++place) {
    l.epilogue[place].tensor = l.epilogue[place].reads_tensor() ? fmt::format("tensor{}", place) : "";
  }
  const json numbers = draw_numbers(random, c.of.config.mode);
  c.numbers = numbers.dump();
  const json_document document("test", numbers);
  const auto read = numbers_json().read(document.root());
  c.of.config.given = read;
  if (random.chance(0.25)) {  // the layer's own, of those that the config lists
    given_numbers listed;
    listed.accumulator = read.accumulator;
    listed.operation = read.operation;
    listed.formats = {*read.activations, *read.weights, *read.gradients, *read.output};
    l.numbers = layer_numbers_json().read(document.root());
    if (!misfit_of(with(formats_of(c.of.config.mode), listed), trains(c.of.config.mode))) {
      c.of.config.given = listed;
    }
  }
  c.kind = trains(c.of.config.mode) ? run_kind::training : run_kind::forward;
  c.is_drawn = random.chance(0.4);
  const auto source = [&](double density) {
    return c.is_drawn ? operand_source(synthetic_source{.density = density, .seed = random.below(100)})
                      : operand_source(trace_source{});
  };
  l.operands = {source(c.of.row_density), source(c.of.column_density), source(random.fraction())};
  c.net.name = "random";
  c.net.file = "random.json";
  c.net.batch = c.of.batch;
  // The network's first layer has no backward-data: another one stands before it.
  layer first;
  first.name = "first";
  first.type = layer_type::linear;
  first.in_channels = first.out_channels = 1;
  first.input_size = first.kernel = first.stride = {1, 1};
  first.operands = {dense_source{}, dense_source{}, dense_source{}};
  c.net.layers = {l, first};
  std::swap(c.net.layers[0], c.net.layers[1]);
  return c;
}

/// What a run over many cases has reached.
struct reached {
  std::uint64_t passes = 0;
  std::uint64_t refused = 0;
  std::uint64_t zeros_made = 0;
  std::uint64_t saturated = 0;
  std::uint64_t requantised = 0;
  std::uint64_t slice_ends = 0;  ///< operations
  std::uint64_t with_parts = 0;  ///< passes
  std::uint64_t believed = 0;    ///< passes of which an objective was asked
  std::uint64_t evaluated = 0;   ///< outputs of the path that evaluations take
};

/// Evaluations come to what the processing elements computed.
void check_value_path(const format_case& c, const std::vector<float>& simulated, reached& sum) {
  const kept_operands operands(c.net, std::nullopt, c.of.config.numbers());
  value_path path(c.net, operands);
  zero_count zeros;
  for (int time = 0; time < 2; ++time) {  // what was kept is used again
    const std::vector<float> evaluated = path.output(c.net.layers[1], zeros);
    const auto mismatch = first_bit_difference(evaluated, simulated);
    CHECK(!mismatch.has_value());
    sum.evaluated += evaluated.size();
  }
  const auto held = operands.operand_values(c.net.layers[1], tensor_role::activations, pass_kind::forward);
  CHECK(zeros.elements == 2 * held.values.size());
  CHECK(zeros.zeros == 2 * static_cast<std::uint64_t>(std::count(held.values.begin(), held.values.end(), 0.0F)));
}

/// What an objective believes that a pass does, of a single mmOp with a block that is fixed, is what was counted.
void check_objective(const format_case& c, const operand_provider& operands, const layer_result& counted,
                     reached& sum) {
  if (counted.mm_ops != 1 || !c.of.config.memory) {
    return;
  }
  auto config = c.of.config;
  config.mapping = {counted.block, std::nullopt, mapping_objective::energy};
  std::uint64_t asked = 0;
  const layer_energy energy = [&](const layer_result& work) {
    CHECK(work.counters.activity == counted.counters.activity);
    CHECK(work.counters.pe_steps == counted.counters.pe_steps);
    CHECK(work.slice_operations == counted.slice_operations);
    ++asked;
    return 1.0;
  };
  static_cast<void>(run_pass({.config = config,
                              .net = c.net,
                              .of = c.net.layers[1],
                              .pass = counted.pass,
                              .operands = operands,
                              .energy = energy},
                             *make_engine(by_fast_engine{}, config)));
  CHECK(asked > 0);
  ++sum.believed;
}

void check_format_case(std::uint64_t seed, reached& sum) {
  format_case c = draw_format_case(seed);
  INFO(describe(c.of));
  INFO(c.numbers);
  const temporary_folder folder;
  if (!c.is_drawn) {
    draws random(seed + 2);
    std::swap(c.net.layers[0], c.net.layers[1]);
    const std::string bytes = trace_of(random, c);
    std::swap(c.net.layers[0], c.net.layers[1]);
    c.net.trace_path = folder.file("trace.safetensors", bytes);
    c.net.trace = c.net.trace_path;
  }
  try {
    const operand_provider operands(c.net, std::nullopt, c.of.config.numbers());
    const std::vector<const layer*> layers = {&c.net.layers[1]};
    std::vector<float> forward;
    const auto result = run_layers(c.of.config, c.net, layers, operands,
                                   {.engine = by_both_engines{.values = true},
                                    .kind = c.kind,
                                    .outputs = [&](const layer&, pass_kind pass, const std::vector<float>& output) {
                                      forward = pass == pass_kind::forward ? output : forward;
                                    }});
    check_value_path(c, forward, sum);
    for (const auto& l : result.layers) {
      CHECK(l.checked.values + l.unreached_outputs == output_shape(c.net.layers[1], l.pass, c.net.batch).elements());
      CHECK((l.checked.engines > 0) == (l.mm_ops > 0));  // a phase that nothing reaches has none
      sum.zeros_made += l.numbers.zeros_made;
      sum.saturated += l.numbers.saturated;
      sum.requantised += l.requantised;
      sum.slice_ends += l.slice_operations;
      sum.with_parts += l.part_pairs > 1 ? 1 : 0;
      ++sum.passes;
    }
    // Without values the same is counted.
    const auto counted = run_layers(c.of.config, c.net, layers, operands, {.kind = c.kind});
    for (std::size_t i = 0; i < result.layers.size(); ++i) {
      CHECK(counted.layers[i].counters == result.layers[i].counters);
      CHECK(counted.layers[i].effectual_macs == result.layers[i].effectual_macs);
      CHECK(counted.layers[i].numbers.zeros_made == result.layers[i].numbers.zeros_made);
      check_objective(c, operands, counted.layers[i], sum);
    }
  } catch (const input_error& error) {
    // Too small buffers, synthetic numbers that a format makes zeros of, sums that overflow in a format with no
    // infinity.
    INFO(std::string(error.what()));
    ++sum.refused;
  }
}

}  // namespace

TEST_CASE("random layers in all number formats, roundings and passes are exact") {
  reached sum;
  const auto cases = scaled(1000);
  for (std::uint64_t seed = 0; seed < cases; ++seed) {
    check_format_case(seed, sum);
  }
  INFO(fmt::format("passes {}, refused {}, zeros made {}, saturated {}, requantised {}, slice ends {}, with parts {}",
                   sum.passes, sum.refused, sum.zeros_made, sum.saturated, sum.requantised, sum.slice_ends,
                   sum.with_parts));
  CHECK(sum.refused < cases / 4 + 2);
  if (cases >= 100) {
    CHECK(sum.passes > cases);
    CHECK(sum.zeros_made > 0);
    CHECK(sum.saturated > 0);
    CHECK(sum.requantised > 0);
    CHECK(sum.slice_ends > 0);
    CHECK(sum.with_parts > cases / 10);
    CHECK(sum.believed > 0);
    CHECK(sum.evaluated > cases);
  }
}

}  // namespace dlac::test
