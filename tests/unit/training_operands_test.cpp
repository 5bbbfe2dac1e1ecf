// What a training step reads beyond a forward pass.

#include <doctest/doctest.h>

#include <cmath>

#include "sim/mapping/values.h"
#include "sim/workload/operands.h"
#include "sim/workload/synthetic_operands.h"

namespace dlac::test {
namespace {

layer small_layer(const char* name, double weight_density) {
  layer l;
  l.name = name;
  l.in_channels = 4;
  l.out_channels = 6;
  l.input_size = {9, 7};
  l.kernel = {3, 3};
  l.stride = {2, 1};
  l.operands = {dense_source{}, synthetic_source{weight_density, 0, 0, 3}, synthetic_source{0.5, 0.5, 0.5, 4}};
  return l;
}

network small_network(double weight_density) {
  network net;
  net.batch = 2;
  net.layers = {small_layer("first", weight_density), small_layer("second", weight_density)};
  return net;
}

}  // namespace

TEST_CASE("synthetic gradients have the shape of the output, and values where they are not zero") {
  const auto net = small_network(0.5);
  const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
  const auto& l = net.layers[0];
  const auto mask = operands.gradient_mask(l);
  CHECK(mask.shape == shape_4d{2, 6, 4, 5});
  CHECK(mask.bits.count() == 2 * 6 * 4 * 5 / 2);
  const auto values = operands.gradient_values(l);
  REQUIRE(values.size() == mask.shape.elements());
  bool agree = true;
  bool negative = false;
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    agree = agree && (values[i] != 0) == mask.bits.test(i / 120, i % 120) && std::fabs(values[i]) < 0.125F;
    negative = negative || values[i] < 0;
  }
  CHECK(agree);
  CHECK(negative);
}

TEST_CASE("made-up master weights become the ternary weights that they were made for") {
  for (const double density : {0.0, 0.01, 0.1, 0.5, 0.99, 1.0}) {
    CAPTURE(density);
    const auto net = small_network(density);
    const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
    const auto weights = operands.weight_values(net.layers[0]);
    const auto master = operands.master_weights(net.layers[0]);
    const float threshold = ternary_threshold(master);
    REQUIRE(master.size() == weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const float ternary = master[i] > threshold ? 1.0F : (master[i] < -threshold ? -1.0F : 0.0F);
      CHECK(ternary == weights[i]);
    }
  }
}

TEST_CASE("a layer in full precision is its own master, and starts without velocity") {
  auto net = small_network(0.7);
  net.layers[0].weights = weight_format::full;
  const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
  CHECK(operands.master_weights(net.layers[0]) == operands.weight_values(net.layers[0]));
  for (const float velocity : operands.velocity(net.layers[0])) {
    CHECK(velocity == 0);
    CHECK_FALSE(std::signbit(velocity));
  }
  CHECK_FALSE(net.has_backward_data(net.layers[0]));
  CHECK(net.has_backward_data(net.layers[1]));
  CHECK(net.training.momentum == 0.9);
}

}  // namespace dlac::test
