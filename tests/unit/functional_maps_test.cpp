// The maps of a functional run: who reads what, and how long it is kept.

#include "sim/engine/functional_maps.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/workload/network.h"
#include "sim/workload/operands.h"
#include "tests/unit/bad_input.h"

namespace dlac {
namespace {

using nlohmann::json;

json conv(const std::string& name, int cin, int cout) {
  return {{"name", name},         {"type", "conv2d"},     {"in_channels", cin},
          {"out_channels", cout}, {"input_size", {3, 3}}, {"kernel", {1, 1}}};
}

json from(const std::string& op, const std::string& source) {
  return {{"op", op}, {"operand", "feature_map"}, {"from", source}};
}

/// `last` reads the image and the gate, adds the same map and multiplies by the gate.
network made() {
  json last = conv("last", 4, 2);
  last["input"] = {"same", "gate"};
  last["epilogue"] = {from("add", "same"), from("mul", "gate"), from("sub", "first")};
  json first = conv("first", 2, 2);
  first["input"] = "image";
  const json layers = {first,
                       {{"name", "same"}, {"type", "max_pool2d"}, {"kernel", {1, 1}}, {"input", "image"}},
                       {{"name", "gate"}, {"type", "sigmoid"}, {"input", "image"}},
                       last,
                       conv("unread", 2, 5),
                       {{"name", "mean"}, {"type", "global_avg_pool"}, {"input", "last"}}};
  const test::temporary_folder folder;
  network net = read_network(folder.file("net.json", json{{"name", "net"}, {"batch", 2}, {"layers", layers}}.dump()));
  make_functional(net, "test");
  return net;
}

TEST_CASE("functional maps: every operation reads the output that it names") {
  const network net = made();
  functional_maps maps(net, std::nullopt);
  const operand_provider operands(net, std::nullopt, uniform_formats(ieee_float::fp32), &maps);
  const layer& first = net.layers[0];
  const layer& last = net.layers[1];
  REQUIRE(last.name == "last");
  maps.begin({&first, &last}, operands);
  const auto image = operands.activation_values(first);
  REQUIRE(image.size() == 36);
  maps.advance_to(first);
  const std::vector<float> sevens(36, 7.0F);
  maps.take(first, sevens);
  maps.advance_to(last);
  const auto added = maps.epilogue_operand(last, last.epilogue[0]);
  const auto gate = maps.epilogue_operand(last, last.epilogue[1]);
  CHECK(added == image);
  CHECK(maps.epilogue_operand(last, last.epilogue[2]) == sevens);
  const auto input = operands.activation_values(last);
  REQUIRE(input.size() == 72);
  for (std::size_t i = 0; i < image.size(); ++i) {
    CHECK(gate[i] == doctest::Approx(1 / (1 + std::exp(-image[i]))));
    // Of each image the channels of the one, then those of the other.
    const auto place = i / 18 * 36 + i % 18;
    CHECK(input[place] == image[i]);
    CHECK(input[place + 18] == gate[i]);
  }
  std::vector<float> output(36, 1.0F);
  output[35] = 10;
  maps.take(last, output);
  const auto figures = maps.end();
  CHECK(figures.output == "mean");
  CHECK(figures.image == "first.activations, made up");
  CHECK(figures.largest == std::vector<std::uint64_t>{0, 1});
}

TEST_CASE("functional maps: what a run needs, and what it keeps at a time") {
  const network net = made();
  const functional_maps maps(net, std::nullopt);
  const layer& first = net.layers[0];
  const layer& last = net.layers[1];
  CHECK(maps.needed_layers({&last}) == std::vector<const layer*>{&first, &last});
  CHECK(maps.needed_layers({&first}) == std::vector<const layer*>{&first});
  CHECK(maps.needed_layers({&net.layers[2]}).size() == 3);
  // The image, the three maps of its size and the output of the last, each of 36 floats: the image goes when the gate
  // has been computed.
  CHECK(maps.most_bytes({&first, &last}) == std::uint64_t{4} * 36 * sizeof(float));
}

}  // namespace
}  // namespace dlac
