// The path that evaluations take, where its sums are at the edge of what it sums them in: against the processing
// elements and the reference.

#include "sim/evaluation/value_path.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/unit/small_machine.h"

namespace dlac::test {
namespace {

struct evaluated_layer {
  floats values;
  std::uint64_t saturated = 0;
};

evaluated_layer evaluated(const small_network& of, const accelerator_config& config) {
  const network net = of.read();
  const kept_operands operands(net, std::nullopt, config.numbers());
  value_path path(net, operands);
  zero_count zeros;
  floats values = path.output(net.layers.front(), zeros);
  return {std::move(values), path.saturated_sums()};
}

json whole_numbers(std::uint32_t bits, const json& accumulator) {
  const json codes = {{"fixed", {{"bits", bits}, {"fraction_bits", 0}}}};
  return {{"activations", codes},
          {"weights", codes},
          {"gradients", codes},
          {"accumulator", accumulator},
          {"output", "fp32"}};
}

}  // namespace

TEST_CASE("evaluation: sums of codes beyond 2^24 are whole, and rounded once") {
  const auto config = machine_with(whole_numbers(16, "int32"));
  // 32767^2 and 40 times 1: a float of this size steps by 64, and would forget each of them.
  floats inputs(41, 1);
  floats weights(41, 1);
  inputs[0] = weights[0] = 32767;
  const small_network net(inputs, weights);
  const floats expected = {1073676352};
  CHECK(net.outputs(config) == expected);
  CHECK(evaluated(net, config).values == expected);
  // At 2^24 itself floats hold every sum: 2^12 x 2^12 - 1 + 1 - 2.
  const small_network edge({4096, 1, 1, 2}, {4096, -1, 1, -1});
  CHECK(evaluated(edge, config).values == floats{16777214});
  CHECK(edge.outputs(config) == floats{16777214});
}

TEST_CASE("evaluation: sums saturate after every product, either way, and are counted") {
  const auto config = machine_with(whole_numbers(8, {{"fixed", {{"bits", 9}}}}));
  // 100 + 100 + 100 is 255; what comes then counts from there.
  const small_network net({100, 100, 100, 50}, {1, 1, 1, -1, -1, -1, -1, 1, 1, 1, -1, 1});
  const floats expected = {205, -256 + 50, 150};
  CHECK(net.outputs(config) == expected);
  const auto found = evaluated(net, config);
  CHECK(found.values == expected);
  CHECK(found.saturated == 2);
}

TEST_CASE("evaluation: a filter's sums have its scale") {
  const json per_filter = {{"weights", {{"affine", {{"rule", "absmax"}, {"per", "filter"}}}}},
                           {"activations", {{"affine", {{"rule", "absmax"}}}}},
                           {"gradients", {{"affine", {{"rule", "absmax"}}}}},
                           {"accumulator", "int32"},
                           {"output", "fp32"}};
  const auto config = machine_with(per_filter);
  const small_network net({127, 64}, {127, 127, 254, -254, 508, 4, 0, 1016});
  const floats expected = {127 * 191, 254 * 63, 4 * (127 * 127 + 64), 8 * 127 * 64};
  CHECK(net.outputs(config) == expected);
  CHECK(evaluated(net, config).values == expected);
}

}  // namespace dlac::test
