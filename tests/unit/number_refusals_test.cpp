// Number formats that a machine does not compute with, and those that a layer or a file of ranges gives it.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "sim/config/accelerator_config.h"
#include "tests/unit/small_machine.h"

namespace dlac::test {
namespace {

TEST_CASE("numbers of a layer are of those that the config lists") {
  const floats inputs = {1, 2, 3, 4};
  const auto network_with = [&](const json& numbers) {
    return small_network(inputs, floats(4 * 16, 0.5F), {{"numbers", numbers}});
  };
  json float_layer = {{"activations", "fp16"}, {"weights", "fp16"}, {"accumulator", "fp16"}, {"output", "fp16"}};
  json listing = int8;
  listing["formats"] = {"fp16"};
  const auto first = network_with(float_layer).run(machine_with(listing));
  CHECK(is_float(first.formats.rows, ieee_float::fp16));
  CHECK(first.requantised == 0);
  CHECK(network_with(float_layer)
            .refusal(machine_with(int8))
            .find("w.json: /layers/0/numbers/activations: found fp16, expected a format of config \"c\"") !=
        std::string::npos);
  CHECK(network_with({{"weights", "fp16"}})
            .refusal(machine_with(listing))
            .find("/layers/0/numbers: found fp16 into int32, expected integers") != std::string::npos);
  // It wins over the layer's weight format, too.
  const auto own = network_with({{"weights", {{"affine", {{"bits", 8}}}}}}).run(machine_with(int8));
  CHECK(own.traffic.columns == 4 * 16);
}

TEST_CASE("ranges of a file make outputs free, and lack no tensor") {
  const temporary_folder folder;
  const auto config_with = [&](const json& ranges) {
    static_cast<void>(folder.file("ranges.json", ranges.dump()));
    json numbers = int8;
    numbers["ranges"] = "ranges.json";
    return read_accelerator_config(folder.file("config.json", machine_text(numbers).dump()));
  };
  const small_network net({1, 2, 3, 4}, floats(4 * 16, 0.5F));
  const auto known = net.run(config_with({{"l.activations", {0, 4}}, {"l.output", {0, 5}}}));
  CHECK(known.requantised == 0);
  CHECK(known.traffic.outputs == 16);
  CHECK(net.refusal(config_with({{"l.activations", {0, 4}}})).find("l.output: found no range of this tensor") !=
        std::string::npos);
  CHECK(message_of([&] {
          static_cast<void>(config_with({{"l.output", {5, 0}}}));
        }).find("ranges.json: /l.output: found an array of 2 elements, expected [min, max]") != std::string::npos);
  json calibrated = int8;
  calibrated["ranges"] = "calibrated";
  CHECK(refusal_of(calibrated).find("/numbers/ranges: found \"calibrated\", and no file of ranges") !=
        std::string::npos);
}

TEST_CASE("numbers that a machine cannot compute with are one line") {
  const auto has = [](const std::string& message, const std::string& piece) {
    INFO(message);
    CHECK(message.find(piece) != std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
  };
  has(refusal_of({{"activations", "fp17"}}), "/numbers/activations: found \"fp17\", expected");
  has(refusal_of({{"activations", {{"fixed", {{"bits", 0}}}}}}), "/numbers/activations/fixed/bits: found 0");
  has(refusal_of({{"weights", {{"fixed", {{"bits", 33}}}}}}), "/numbers/weights/fixed/bits: found 33");
  has(refusal_of({{"weights", {{"float", {{"exponent_bits", 12}, {"mantissa_bits", 3}}}}}}),
      "/numbers/weights/float/exponent_bits: found 12");
  has(refusal_of({{"weights", {{"affine", {{"rule", "x"}}}}}}), "/numbers/weights/affine/rule: found \"x\"");
  has(refusal_of({{"accumulator", "int8"}}), "/numbers/accumulator: found \"int8\", expected one of \"fp32\"");
  has(refusal_of({{"accumulator", {{"fixed", {{"bits", 40}}}}}}), "/numbers/accumulator/fixed/bits: found 40");
  has(refusal_of({{"accumulator", {{"float", json::object()}}}}), "/numbers/accumulator: found an object, expected");
  has(refusal_of({{"accumulator", "int32"}}), "/numbers: found fp32 into int32, expected integers");
  has(refusal_of({{"activations", {{"ternary", json::object()}}}}), "only weights have another");
  has(refusal_of({{"output", {{"affine", {{"rule", "absmax"}, {"per", "filter"}}}}}}), "only weights have filters");
  has(refusal_of({{"gradients", {{"dorefa", {{"bits", 4}}}}}}), "found dorefa for gradients");
  has(refusal_of({{"operation", "twice"}}), "/numbers/operation: found \"twice\"");
  has(refusal_of({{"weight", "fp16"}}), "/numbers/weight: found unknown key \"weight\"");
  json separate = int8;
  separate["operation"] = "separate";
  has(refusal_of(separate), "found \"separate\" into int32, expected \"fused\"");
  json wide = int8;
  wide["weights"] = {{"power_of_two", {{"min_exponent", -20}, {"max_exponent", 12}}}};
  has(refusal_of(wide), "power of two over at most 32 exponents");
  wide["weights"] = {{"power_of_two", {{"min_exponent", -20}, {"max_exponent", 11}}}};
  CHECK(refusal_of(wide).empty());
}

}  // namespace
}  // namespace dlac::test
