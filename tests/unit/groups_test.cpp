// Scales of groups and parts in a machine, by hand: sums of slices, bytes, bits, and what is refused.

#include <doctest/doctest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "models/area.h"
#include "models/energy.h"
#include "sim/mapping/values.h"
#include "sim/numbers/number_format_json.h"
#include "sim/numbers/scale_groups.h"
#include "sim/reference/slice_sums.h"
#include "sim/workload/held_operands.h"
#include "tests/unit/small_machine.h"

namespace dlac::test {
namespace {

json grouped_format(const json& more) {
  json format = {{"bits", 4}};
  format.update(more);
  return {{"grouped", format}};
}

json numbers_in(const json& operands, const json& accumulator = "fp32") {
  return {{"activations", operands}, {"weights", operands},        {"gradients", operands},
          {"output", "fp32"},        {"accumulator", accumulator}, {"formats", json::array()}};
}

/// One output of two channels of two pixels each.
class two_channels {
 public:
  two_channels() {
    trace_.add("l.activations", "F32", "1, 2, 1, 2", raw(floats{4, 2, 0.5F, 0.25F}))
        .add("l.weights", "F32", "1, 2, 1, 2", raw(floats{1, 0.5F, 2, -1}));
  }
  [[nodiscard]] network read() const {
    static_cast<void>(folder_.file("t.safetensors", trace_.bytes()));
    const json layer = {{"name", "l"},       {"type", "conv2d"},     {"in_channels", 2},
                        {"out_channels", 1}, {"input_size", {1, 2}}, {"kernel", {1, 2}},
                        {"stride", {1, 1}},  {"padding", {0, 0}},    {"weight_format", "full"}};
    return read_network(folder_.file(
        "w.json", json{{"name", "n"}, {"trace", "t.safetensors"}, {"layers", json::array({layer})}}.dump()));
  }
  [[nodiscard]] layer_result run(const json& numbers) const {
    const network net = read();
    const auto config = machine_with(numbers);
    const operand_provider operands(net, std::nullopt, config.numbers());
    const std::vector<const layer*> layers = {&net.layers.front()};
    return run_layers(config, net, layers, operands, {.engine = by_both_engines{.values = true}}).layers.front();
  }
  /// The finished sum, by the reference, which every run holds its own against.
  [[nodiscard]] float sum(const json& numbers) const {
    const network net = read();
    const auto config = machine_with(numbers);
    const layer& l = net.layers.front();
    const operand_provider operands(net, std::nullopt, config.numbers());
    const auto x = operands.operand_values(l, tensor_role::activations, pass_kind::forward);
    const auto w = operands.operand_values(l, tensor_role::weights, pass_kind::forward);
    const auto mantissa = [](const held_operand& o) {
      return o.shares_mantissa ? std::optional(o.mantissa) : std::nullopt;
    };
    const reference_layer shape{formats_of(config.numbers(), pass_kind::forward, l.weights), l.activation_shape(1),
                                l.weight_shape(), l.stride, l.padding};
    return reference_slices_forward(shape, {x.values, x.scales, mantissa(x)}, {w.values, w.scales, mantissa(w)})
        .front();
  }

 private:
  temporary_folder folder_;
  trace_builder trace_;
};

}  // namespace

TEST_CASE("sums of slices: hand vectors") {
  const two_channels net;
  // Steps of a power of two, 1/8 of the largest magnitude of each channel: codes 7 and 4, of the last weight -4.
  // 65 x 2^-4 + 33 x 2^-6.
  const json power = numbers_in(grouped_format({{"scale", "power"}}));
  CHECK(net.sum(power) == 65 * 0.0625F + 33 * 0.015625F);
  const auto run = net.run(power);
  CHECK(run.checked.values == 1);
  CHECK(run.slice_operations == 2);
  CHECK(run.counters.activity.slice_adds == 2);
  // With a scale of the tensor there is one slice: activations in steps of 1/2, weights of 1/4.
  const auto whole = net.run(numbers_in(grouped_format({{"scale", "power"}, {"group", "tensor"}})));
  CHECK(whole.slice_operations == 0);
  CHECK(net.sum(numbers_in(grouped_format({{"scale", "power"}, {"group", "tensor"}}))) ==
        (7 * 4 + 4 * 2 + 1 * 7 - 0 * 4) * 0.125F);
  // A shift: below half of the scale steps are half as long. 4 and 2 stay, all in finest steps.
  CHECK(net.sum(numbers_in(grouped_format({{"scale", "power"}, {"shift", 1}}))) ==
        (14 * 14 + 8 * 8) * 0.015625F + (14 * 14 - 8 * 8) * 0.00390625F);
}

TEST_CASE("sums of slices of one mantissa wait for it") {
  const two_channels net;
  // The largest are 4 and 2: mantissas of 1 leave the sum of powers of two.
  CHECK(net.sum(numbers_in(grouped_format({{"scale", "same-mantissa"}}))) == 65 * 0.0625F + 33 * 0.015625F);
  const auto in = [](const floats& values) {
    return hold(parse_number_format(R"({"grouped": {"bits": 4, "scale": "same-mantissa"}})", "test"),
                {.name = "t", .role = tensor_role::activations, .shape = {1, 2, 1, 2}, .values = {}}, values, true);
  };
  const auto held = in({3, 1, 0.75F, 0.7F});
  CHECK(held.shares_mantissa);
  CHECK(held.mantissa == 1.5F);
  CHECK(held.scales == floats{3.0F / 8, 0.75F / 8});
  CHECK(held.values == floats{7, 3, 7, 7});
}

TEST_CASE("parts: hand vectors") {
  const auto parts_in = [](const std::string& split, const floats& values) {
    return hold(
        parse_number_format(
            R"({"parts": {"of": {"fixed": {"bits": 8, "fraction_bits": 0}}, "split": ")" + split + R"("}})", "test"),
        {.name = "t", .role = tensor_role::weights, .shape = {1, 1, 1, values.size()}, .values = {}}, values, true);
  };
  const floats values = {-1, 100, 8, -128, 0, 127};
  const auto balanced = parts_in("balanced", values);
  CHECK(balanced.parts.low == floats{-1, 4, -8, 0, 0, 7});
  CHECK(balanced.parts.high == floats{0, 96, 16, -128, 0, 112});
  CHECK(balanced.values == floats{-1, 100, 8, -128, 0, 119});
  CHECK(balanced.figures.saturated == 1);
  const auto floor = parts_in("floor", values);
  CHECK(floor.parts.low == floats{15, 4, 8, 0, 0, 15});
  CHECK(floor.parts.high == floats{-16, 96, 0, -128, 0, 112});
  // Beside a float they are numbers, not codes.
  const auto numbers =
      hold(parse_number_format(R"({"parts": {"of": {"fixed": {"bits": 4, "fraction_bits": 2}}}})", "test"),
           {.name = "t", .role = tensor_role::weights, .shape = {1, 1, 1, 1}, .values = {}}, {1.25F}, false);
  CHECK(numbers.values == floats{1.25F});  // code 5 = 1 x 4 + 1
  CHECK(numbers.parts.low == floats{0.25F});
  CHECK(numbers.parts.high == floats{1});
}

TEST_CASE("parts take a step each, and wholes are counted") {
  const json parts = {{"parts", {{"of", {{"fixed", {{"bits", 4}, {"fraction_bits", 0}}}}}}}};
  json numbers = numbers_in(parts, "int32");
  // 1 and 2 are low parts alone, 4 a high one, 5 both; of the weights -1 is low, -4 high.
  const small_network wide({1, 4, 5, 0}, {-1, 1, -4, 1});
  const auto both = wide.run(machine_with(numbers));
  CHECK(both.part_pairs == 4);
  CHECK(both.effectual_macs == 3);
  CHECK(both.counters.issued_products == 1 + 1 + 2);
  CHECK(both.counters.pe_steps == 4 * 4);
  CHECK(both.traffic.columns == 4 * 4 / 8);
  numbers["activations"] = {{"fixed", {{"bits", 4}, {"fraction_bits", 0}}}};
  const auto one = wide.run(machine_with(numbers));
  CHECK(one.part_pairs == 2);
  CHECK(one.counters.issued_products == 3);
}

TEST_CASE("scales of groups travel with their chunks") {
  const two_channels net;
  // Four codes of 4 bits and two exponents of 8 on either side.
  const auto power = net.run(numbers_in(grouped_format({{"scale", "power"}})));
  CHECK(power.traffic.rows == 4);
  CHECK(power.traffic.columns == 4);
  CHECK(power.model_bits == 4 * 4 + 2 * 8);
  const auto real = net.run(numbers_in(grouped_format({{"scale", "float"}, {"shift", 1}})));
  CHECK(real.traffic.columns == (4 * 5 + 2 * 32 + 7) / 8);
  const auto simple = net.run(numbers_in(grouped_format({{"scale", "simple-mantissa"}})));
  CHECK(simple.traffic.columns == (4 * 4 + 2 * 9 + 7) / 8);
  const auto tensor = net.run(numbers_in(grouped_format({{"group", "tensor"}, {"scale", "float"}})));
  CHECK(tensor.traffic.columns == 2);
  CHECK(tensor.model_bits == 4 * 4 + 32);
  // Both channels of a pixel share a scale.
  const auto mx = net.run(numbers_in({{"mx", {{"of", "fp8-e4m3"}}}}));
  CHECK(mx.traffic.columns == 4 + 2);
  CHECK(mx.model_bits == 4 * 8 + 2 * 8);
  const auto single = net.run(numbers_in({{"mx", {{"of", "fp8-e4m3"}, {"block", 1}}}}));
  CHECK(single.traffic.columns == 4 + 4);
  CHECK(scale_bits(grouped{.scale = group_scale::same_mantissa}, {3, 2, 3, 3}) == 6 * 8 + 32);
  CHECK(scale_bits(grouped{.scale = group_scale::power}, {3, 2, 1, 1}) == 3 * 8);
  CHECK(scale_bits(microscaling{.element = {}, .block = 2}, {3, 5, 2, 1}) == 3 * 3 * 2 * 8);
}

TEST_CASE("a machine for groups has an integer beside every accumulator, and scales what it sums up") {
  const auto config = machine_with(numbers_in(grouped_format({{"bits", 8}, {"scale", "power"}, {"shift", 2}})));
  // 2 (8 - 1) + 2 x 2 + 20 + 1
  CHECK(formats_built_for(config).slice_bits == 39);
  CHECK(formats_built_for(config).row_bits == 9);
  CHECK(formats_built_for(machine_with(int8)).slice_bits == 0);
  CHECK(code_bits(fixed_point{.bits = 8}) == 8);
  CHECK(code_bits(fixed_point{.bits = 8, .fraction_bits = 0, .is_signed = false}) == 9);
  CHECK(code_bits(affine()) == 9);
  CHECK(code_bits(affine{.rule = affine_rule::absmax}) == 8);
  CHECK(code_bits(power_of_two{.min_exponent = -8, .max_exponent = -1}) == 9);  // up to 2^7, either sign
  CHECK(code_bits(ternary_codes()) == 2);
  CHECK(code_bits(binary_signs()) == 2);
  // A part is in queues and multipliers.
  const auto parts = machine_with(numbers_in({{"parts", {{"of", {{"grouped", {{"bits", 8}, {"group", "tensor"}}}}}}}}));
  CHECK(formats_built_for(parts).row_bits == 4);
  // Every output buffer has it, in every bank.
  const auto banks = std::uint64_t{config.processing_elements()} * config.pe.output_banks * config.pe.output_buffers;
  CHECK(storage_of(config).output_buffers == banks * (32 + 39));
  CHECK(storage_of(machine_with(int8)).output_buffers == banks * 32);
}

TEST_CASE("what ends a slice takes energy: an addition, or a multiplication and an addition") {
  const auto config = machine_with(numbers_in(grouped_format({{"scale", "power"}})));
  const technology table = read_technology(DLAC_SOURCE_DIR "/models/technology/14nm.json");
  const auto products = [&](std::uint64_t adds, std::uint64_t mul_adds) {
    layer_result layer;
    layer.formats = config.formats(pass_kind::forward, weight_format::full);
    layer.counters.activity.slice_adds = adds;
    layer.counters.activity.slice_mul_adds = mul_adds;
    return energy_of(config, table, layer)[energy_part::mm_op];
  };
  CHECK(products(0, 0) == 0);
  CHECK(products(10, 0) == doctest::Approx(10 * table.energy.fp32.add.value));
  CHECK(products(0, 10) == doctest::Approx(10 * (table.energy.fp32.multiply.value + table.energy.fp32.add.value)));
}

TEST_CASE("groups and parts that a machine cannot compute with are one line") {
  const auto has = [](const std::string& message, const std::string& piece) {
    INFO(message);
    CHECK(message.find(piece) != std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
  };
  has(refusal_of(numbers_in(grouped_format(json::object()), "int32")),
      "into int32, expected \"group\": \"tensor\", or a float");
  CHECK(refusal_of(numbers_in(grouped_format({{"group", "tensor"}}), "int32")).empty());
  has(refusal_of(numbers_in(grouped_format({{"bits", 16}, {"shift", 7}}))),
      "a sum of 65 bits, expected codes whose sums");
  CHECK(refusal_of(numbers_in(grouped_format({{"bits", 16}, {"shift", 6}}))).empty());
  has(refusal_of(numbers_in({{"parts", {{"of", {{"affine", {{"rule", "absmax"}, {"per", "filter"}}}}}}}})),
      "for activations, expected \"per\": \"tensor\"");
  has(refusal_of(numbers_in({{"parts", {{"of", {{"parts", json::object()}}}}}})), "/numbers/activations/parts/of");
  has(refusal_of(numbers_in({{"mx", {{"of", "fp8-e4m3"}}}}, "int32")), "into int32, expected integers");

  network wide = small_network({1}, {1}).read();
  layer& l = wide.layers.front();
  l.operands = {dense_source{}, dense_source{}, dense_source{}};
  wide.trace_path = std::nullopt;
  l.in_channels = longest_slice + 1;
  const auto config = machine_with(numbers_in(grouped_format(json::object())));
  const operand_provider operands(wide, std::nullopt, config.numbers());
  has(message_of([&] { static_cast<void>(run_layers(config, wide, {&l}, operands, {})); }),
      "/numbers: found 1048577 products of layer \"l\" (forward) with one scale, expected at most 1048576");
}

}  // namespace dlac::test
