// Number formats in a machine: what follows from them, by hand.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/area.h"
#include "models/unit_costs.h"
#include "sim/contract/requantise_cost.h"
#include "sim/numbers/scale_groups.h"
#include "sim/workload/held_operands.h"
#include "sim/workload/operation_counts.h"
#include "tests/unit/small_machine.h"

namespace dlac::test {
namespace {

TEST_CASE("the requantising pass takes what is slowest: lanes, drain, reading, writing") {
  CHECK(requantise_cost({1000, 4000, 1000}, 512, 64, 0) == 16);       // ceil(1000 / 64)
  CHECK(requantise_cost({1000, 4000, 1000}, 10, 64, 0) == 100);       // lanes
  CHECK(requantise_cost({1000, 4000, 1000}, 512, 64, 64'000) == 63);  // ceil(4000 / 64)
  CHECK(requantise_cost({1000, 4000, 1000}, 512, 64, 1'500) == 2667);
  CHECK(requantise_cost({1000, 500, 2000}, 512, 64, 64'000) == 32);
  CHECK(requantise_cost({1001, 0, 0}, 512, 1001, 64'000) == 2);
}

TEST_CASE("outputs whose range is not known leave in fp32 and come back once") {
  const floats inputs = {1, 2, 3, 4};
  const small_network net(inputs, floats(4 * 16, 0.5F));
  const auto requantised = net.run(machine_with(int8));
  // 16 outputs: 64 bytes read at 64 B a cycle, 16 written; 32 lanes, a drain of 16 a cycle.
  CHECK(requantised.counters.parts.requantise == 1);
  CHECK(requantised.counters.pe_parts.requantise == 8);
  CHECK(requantised.traffic.streamed == 64);
  CHECK(requantised.traffic.outputs == 64 + 16);
  CHECK(requantised.requantised == 16);
  json with_range = int8;
  with_range["output"] = {{"affine", {{"bits", 8}}}, {"range", {0, 10}}};
  const auto free = net.run(machine_with(with_range));
  CHECK(free.counters.parts.requantise == 0);
  CHECK(free.counters.pe_parts.requantise == 0);
  CHECK(free.traffic.streamed == 0);
  CHECK(free.traffic.outputs == 16);
  CHECK(free.requantised == 0);
  const auto ideal = net.run(machine_with(int8, {{"memory", nullptr}, {"drain_elements_per_cycle", 2}}));
  CHECK(ideal.counters.parts.requantise == 4);  // 16 outputs, 2 rows of 2 a cycle
  CHECK(ideal.traffic.streamed == 0);
}

TEST_CASE("chunks, model and lanes follow from the bits and kinds of formats") {
  const floats inputs = {1, 2, 3, 4};
  const small_network net(inputs, floats(4 * 16, 0.5F));
  const auto bytes = net.run(machine_with(int8)).traffic;
  CHECK(bytes.rows == 4);
  CHECK(bytes.columns == 4 * 16);
  json four = int8;
  four["weights"] = {{"fixed", {{"bits", 4}}}};
  const auto packed = net.run(machine_with(four));
  CHECK(packed.traffic.columns == 4 * 16 / 2);
  CHECK(packed.model_bits == 4 * 16 * 4 + 8);
  CHECK(packed.lanes == 2);
  json shifts = int8;
  shifts["weights"] = {{"power_of_two", json::object()}};
  CHECK(net.run(machine_with(shifts)).lanes == 4);
  json rows = int8;
  rows["activations"] = {{"binary", {{"scale", "none"}}}};
  CHECK(net.run(machine_with(rows)).lanes == 4);
  const network read = net.read();
  const operand_formats numbers = machine_with(int8).numbers();
  CHECK(model_bytes_in(read, numbers) == 4 * 16 + 8);
  CHECK(scale_bits(affine{.rule = affine_rule::absmax, .per_filter = true}, {16, 1, 1, 1}) == 16 * 32);
  CHECK(scale_bits(binary_signs(), {16, 1, 1, 1}) == 16 * 32);
  CHECK(scale_bits(ternary_rule(), {16, 1, 1, 1}) == 32);
  CHECK(scale_bits(ieee_float::bf16, {16, 1, 1, 1}) == 0);
}

TEST_CASE("a coarse format makes zeros, and they are skipped") {
  const json fixed = {{"activations", {{"fixed", {{"bits", 4}, {"fraction_bits", 0}}}}}};
  const small_network net({0.25F, 0.5F, 1.5F, 3}, floats(4 * 4, 1.0F));
  const auto result = net.run(machine_with(fixed));
  CHECK(result.numbers.zeros_made == 2);  // 0.25, and 0.5 to even
  CHECK(result.effectual_macs == 2 * 4);
  CHECK(result.counters.issued_products == 2 * 4);
  CHECK(result.row.nonzeros == 2);
  // sum x^2 = 11.5625, of the errors 0.25^2 + 0.5^2 + 0.5^2
  CHECK(*result.numbers.row_sqnr_db == doctest::Approx(10 * std::log10(11.5625 / 0.5625)));
  CHECK(std::isinf(*result.numbers.column_sqnr_db));
  // A zero point: the stored zero is held as zero, whatever its code is.
  json signed_int8 = int8;
  const small_network around({0, -1, 3, 0}, floats(4 * 4, 1.0F));
  CHECK(around.run(machine_with(signed_int8)).row.nonzeros == 2);
  // Where 0 is no number nothing is skipped, and the padding of a convolution is all that is zero.
  json signs = int8;
  signs["activations"] = {{"binary", {{"scale", "none"}}}};
  CHECK(around.run(machine_with(signs)).row.nonzeros == 4);
}

TEST_CASE("the scale of ternary weights is an operation, or part of one") {
  const json ternary = {{"weights", {{"ternary", json::object()}}}};
  // Mean magnitude 1.5, threshold 1.05: what is kept are 2, -3, 2 and 4: alpha 2.75.
  const floats weights = {2, -3, 0.5F, 0.5F, 0, 0, 2, 4};
  const small_network plain({1, 2, 4, 8}, weights);
  const auto own = plain.run(machine_with(ternary));
  CHECK(own.epilogue == std::vector<std::string>{"mul-add"});
  CHECK(own.counters.parts.pt == 1);
  CHECK(own.lanes == 4);
  CHECK(own.column.nonzeros == 4);
  small_network scaled({1, 2, 4, 8}, weights, {{"epilogue", json::array({{{"op", "mul-add"}}})}});
  scaled.add("l.scale", "2", {0.5F, 2}).add("l.bias", "2", {1, 1});
  CHECK(scaled.run(machine_with(ternary)).epilogue == std::vector<std::string>{"mul-add"});
  // 1 + 2^-11 times 1.5 is rounded once: the factor by itself would be 1.
  small_network once({1}, {1.5F}, {{"epilogue", json::array({{{"op", "mul-add"}}})}});
  once.add("l.scale", "1", {1 + 0x1p-11F}).add("l.bias", "1", {0});
  CHECK(once.outputs(machine_with(ternary, {{"mode", "fp16-inference"}})) == floats{1.5F + 0x1p-10F});
  small_network behind({1, 2, 4, 8}, weights,
                       {{"epilogue", json::array({{{"op", "select"}, {"threshold", 0}}, {{"op", "mul-add"}}})}});
  behind.add("l.scale", "2", {0.5F, 2}).add("l.bias", "2", {1, 1});
  CHECK(behind.run(machine_with(ternary)).epilogue == std::vector<std::string>{"mul-add", "select", "mul-add"});
  const json codes = {{"weights", {{"ternary", {{"scale", "one"}}}}}};
  CHECK(plain.run(machine_with(codes)).epilogue.empty());
}

TEST_CASE("the name of ternary takes numbers that are ternary, its rule makes them of others") {
  const small_network other({1, 2}, {1, 0.5F});
  const std::string message = other.refusal(machine_with({{"weights", "ternary"}}));
  CHECK(message.find("l.weights[1]: found 0.5, expected -1, 0 or 1") != std::string::npos);
  const small_network codes({1, 2}, {1, -1});
  CHECK(codes.run(machine_with({{"weights", "ternary"}})).lanes == 4);
  CHECK(other.run(machine_with({{"weights", {{"ternary", json::object()}}}})).column.nonzeros == 1);  // 0.5 < 0.525
}

TEST_CASE("scales of filters: one a column forward, in the gradients backward") {
  const temporary_folder folder;
  const json filter = {{"weights", {{"affine", {{"rule", "absmax"}, {"per", "filter"}}}}},
                       {"activations", {{"affine", {{"rule", "absmax"}}}}},
                       {"gradients", {{"fixed", {{"bits", 8}, {"fraction_bits", 0}}}}},
                       {"accumulator", "int32"},
                       {"output", "fp32"}};
  const accelerator_config config = machine_with(filter);
  small_network net({127, 64}, {127, 127, 254, -254});
  net.add("l.gradients", "1, 2, 1, 1", {3, 5});
  const network read = net.read();
  const operand_provider operands(read, std::nullopt, config.numbers());
  const auto forward = operands.operand_values(read.layers[0], tensor_role::weights, pass_kind::forward);
  CHECK(forward.values == floats{127, 127, 127, -127});
  CHECK(forward.scales == floats{1, 2});
  CHECK(operands.numbers_to_hold(read.layers[0], tensor_role::gradients, pass_kind::backward_data) == floats{3, 10});
  CHECK(operands.numbers_to_hold(read.layers[0], tensor_role::gradients, pass_kind::backward_weight) == floats{3, 5});
  CHECK(net.run(config, run_kind::training).checked.values > 0);
}

TEST_CASE("drawn densities are those of held operands") {
  network net = small_network({1}, {1}).read();
  layer& l = net.layers.front();
  l.in_channels = 100;
  l.out_channels = 10;
  l.operands = {synthetic_source{.density = 0.3, .seed = 1}, synthetic_source{.density = 0.7, .seed = 2},
                synthetic_source{.density = 0.5, .seed = 3}};
  net.trace_path = std::nullopt;
  for (const json& weights :
       {json{{"ternary", json::object()}}, json{{"fixed", {{"bits", 2}}}}, json{{"affine", {{"bits", 3}}}}}) {
    const accelerator_config config =
        machine_with({{"activations", {{"fixed", {{"bits", 3}, {"fraction_bits", 0}}}}}, {"weights", weights}});
    const operand_provider operands(net, std::nullopt, config.numbers());
    for (const auto operand : {tensor_role::activations, tensor_role::weights}) {
      const auto mask = operands.operand_mask(l, operand, pass_kind::forward).mask.bits;
      CHECK(mask.count() == (operand == tensor_role::activations ? 30 : 700));
      const auto held = operands.operand_values(l, operand, pass_kind::forward).values;
      for (std::size_t i = 0; i < held.size(); ++i) {
        CHECK((held[i] != 0) == mask.test(i / mask.cols(), i % mask.cols()));
      }
    }
  }
  const accelerator_config nothing = machine_with({{"activations", {{"fixed", {{"bits", 3}, {"fraction_bits", -9}}}}}});
  const operand_provider operands(net, std::nullopt, nothing.numbers());
  CHECK(message_of([&] {
          static_cast<void>(operands.operand_values(l, tensor_role::activations, pass_kind::forward));
        }).find("l.activations: found nothing but zeros in") == 0);
}

TEST_CASE("units of other formats follow from those of the table") {
  const technology table = read_technology(DLAC_SOURCE_DIR "/models/technology/14nm.json");
  const area_costs& area = table.area;
  const double v16 = area.fp16.multiplier.value;
  const double v32 = area.fp32.multiplier.value;
  const auto fp16 = multiplier_area(area, ieee_float::fp16, ieee_float::fp16);
  CHECK(fp16.value == v16);
  CHECK(!fp16.is_interpolated);
  CHECK(multiplier_area(area, ieee_float::fp32, ieee_float::fp32).value == v32);
  const auto bf16 = multiplier_area(area, ieee_float::bf16, ieee_float::bf16);
  CHECK(bf16.is_interpolated);
  CHECK(bf16.value == doctest::Approx(v16 * std::pow(8.0 / 11, std::log(v32 / v16) / std::log(24.0 / 11))));
  const auto mixed = multiplier_area(area, ieee_float::fp16, ieee_float::fp32);
  CHECK(mixed.value == doctest::Approx(std::sqrt(v16 * v32)));  // the geometric mean of the significands
  const affine absmax{.bits = 8, .rule = affine_rule::absmax};
  CHECK(multiplier_area(area, absmax, absmax).value == area.int8.multiplier.value);
  CHECK(multiplier_area(area, absmax, fixed_point{.bits = 4}).value == area.int8.multiplier.value / 2);
  CHECK(multiplier_area(area, affine(), affine()).value == doctest::Approx(area.int8.multiplier.value * 81 / 64));
  CHECK(adder_area(area, integer_sum()).value == 4 * area.int8.adder.value);
  CHECK(adder_area(area, ieee_float::fp16).value == area.fp16.adder.value);
  CHECK(add_energy(table.energy, integer_sum{.bits = 16}).value == 2 * table.energy.int8.add.value);
  CHECK(multiply_energy(table.energy, ieee_float::fp32, ieee_float::fp32).value == table.energy.fp32.multiply.value);
}

TEST_CASE("a machine is built for the largest of its formats") {
  const json inference = {{"mode", "fp16-inference"}};
  json wide_gradients = int8;
  wide_gradients["gradients"] = "fp32";
  const auto small = formats_built_for(machine_with(wide_gradients, inference));
  CHECK(small.row_bits == 9);  // eight and the zero point's; gradients are of no pass
  CHECK(small.column_bits == 9);
  CHECK(small.accumulator_bits == 32);
  json with_modes = wide_gradients;
  with_modes.erase("formats");
  CHECK(formats_built_for(machine_with(with_modes, inference)).row_bits == 16);
  const auto training = formats_built_for(machine_with({{"activations", "bf16"}, {"formats", json::array()}}));
  CHECK(training.row_bits == 32);  // gradients
  const technology table = read_technology(DLAC_SOURCE_DIR "/models/technology/14nm.json");
  const auto units = [&](const json& numbers) { return lane_units_of(machine_with(numbers, inference), table.area); };
  CHECK(units(int8).multiplier.value == doctest::Approx(table.area.int8.multiplier.value * 81 / 64));
  CHECK(units(with_modes).multiplier.value == table.area.fp16.multiplier.value);
  CHECK(units(json{{"formats", {"fp32"}}}).multiplier.value == table.area.fp32.multiplier.value);
}

}  // namespace
}  // namespace dlac::test
