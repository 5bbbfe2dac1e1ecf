// Workload files: read, written, and every mistake told at its place.

#include "sim/workload/network.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/unit/bad_input.h"

namespace dlac {
namespace {

using nlohmann::json;
using test::message_of;

/// Two layers that use every key there is.
constexpr const char* complete = R"({
  "name": "two layers", "batch": 2, "trace": "../traces/two.safetensors",
  "operands": { "weights": { "source": "synthetic", "density": 0.25, "channel_spread": 0.5, "cluster": 0.75,
                             "seed": 18446744073709551615 } },
  "layers": [
    { "name": "conv1", "type": "conv2d", "in_channels": 4, "out_channels": 6, "input_size": [20, 24], "kernel": [3, 5],
      "stride": [2, 1], "padding": [1, 2], "dilation": [1, 1], "groups": 2, "weight_format": "full",
      "operands": { "activations": { "source": "dense" }, "gradients": { "source": "trace", "tensor": "other" } },
      "epilogue": [ { "op": "mul-add" },
                    { "op": "add", "operand": "feature_map", "tensor": "conv0.output" },
                    { "op": "sub", "operand": "bias" },
                    { "op": "select", "threshold": -0.5 } ],
      "recorded_output": { "tensor": "fc.activations",
                           "max_pool": { "kernel": [3, 3], "stride": [2, 2], "padding": [1, 1] } } },
    { "name": "fc", "type": "linear", "in_features": 512, "out_features": 12 } ] })";

class network_file {
 public:
  explicit network_file(const std::string& text) : path_(folder_.file("net.json", text)) {}
  [[nodiscard]] network read() const { return read_network(path_); }
  [[nodiscard]] std::string folder() const { return folder_.path(""); }
  /// The message of reading it, without the folder.
  [[nodiscard]] std::string message() const {
    std::string text = message_of([&] { read_network(path_); });
    if (text.starts_with(folder())) {
      text.erase(0, folder().size());
    }
    return text;
  }

 private:
  test::temporary_folder folder_;
  std::string path_;
};

/// The message for the complete network with `value` put at a JSON pointer.
std::string message_with(const char* pointer, const char* value) {
  json workload = json::parse(complete);
  workload[json::json_pointer(pointer)] = json::parse(value);
  return network_file(workload.dump()).message();
}

std::string message_without(const char* pointer) {
  json workload = json::parse(complete);
  const json::json_pointer place(pointer);
  workload[place.parent_pointer()].erase(place.back());
  return network_file(workload.dump()).message();
}

TEST_CASE("every key arrives where it belongs") {
  const network_file file(complete);
  const network net = file.read();
  CHECK(net.name == "two layers");
  CHECK(net.batch == 2);
  CHECK(net.file == file.folder() + "net.json");
  REQUIRE(net.layers.size() == 2);

  const layer& conv = net.layers[0];
  CHECK(conv.name == "conv1");
  CHECK(conv.type == layer_type::conv2d);
  CHECK(conv.in_channels == 4);
  CHECK(conv.out_channels == 6);
  CHECK(conv.input_size == size_2d{20, 24});
  CHECK(conv.kernel == size_2d{3, 5});
  CHECK(conv.stride == size_2d{2, 1});
  CHECK(conv.padding == padding_2d(1, 2));
  CHECK(conv.groups == 2);
  CHECK(conv.weights == weight_format::full);
  REQUIRE(conv.epilogue.size() == 4);
  CHECK(conv.epilogue[0].kind == pt_wise_kind::mul_add);
  CHECK(conv.epilogue[1].kind == pt_wise_kind::add);
  CHECK(conv.epilogue[1].streams_feature_map);
  CHECK(conv.epilogue[1].tensor == "conv0.output");
  CHECK(conv.epilogue[2].kind == pt_wise_kind::sub);
  CHECK_FALSE(conv.epilogue[2].streams_feature_map);
  CHECK(conv.epilogue[3].kind == pt_wise_kind::select);
  CHECK(conv.epilogue[3].threshold == -0.5);
  REQUIRE(conv.recorded.has_value());
  CHECK(conv.recorded->tensor == "fc.activations");
  REQUIRE(conv.recorded->pool.has_value());
  CHECK(conv.recorded->pool->padding == size_2d{1, 1});
}

TEST_CASE("shapes and dense MACs follow from the keys") {
  const network net = network_file(complete).read();
  const layer& conv = net.layers[0];
  CHECK(conv.output_size() == size_2d{10, 24});  // (20 + 2 - 3) / 2 + 1, (24 + 4 - 5) / 1 + 1
  CHECK(conv.activation_shape(2) == shape_4d{2, 4, 20, 24});
  CHECK(conv.weight_shape() == shape_4d{6, 2, 3, 5});
  CHECK(conv.output_shape(2) == shape_4d{2, 6, 10, 24});
  CHECK(conv.dense_macs(2) == 2ULL * 10 * 24 * 6 * 2 * 3 * 5);
}

TEST_CASE("a linear layer is a 1x1 convolution on a 1x1 image") {
  const network net = network_file(complete).read();
  const layer& fc = net.layers[1];
  CHECK(fc.type == layer_type::linear);
  CHECK(fc.activation_shape(2) == shape_4d{2, 512, 1, 1});
  CHECK(fc.weight_shape() == shape_4d{12, 512, 1, 1});
  CHECK(fc.output_shape(2) == shape_4d{2, 12, 1, 1});
  CHECK(fc.groups == 1);
  CHECK(fc.stride == size_2d{1, 1});
  CHECK(fc.padding == padding_2d(0, 0));
  CHECK(fc.weights == weight_format::ternary);
}

TEST_CASE("an operand's source is the layer's, else the file's, else the trace, else dense") {
  const network net = network_file(complete).read();
  const layer_operand_sources& conv = net.layers[0].operands;
  CHECK(std::holds_alternative<dense_source>(conv.activations));
  CHECK(std::get<trace_source>(conv.gradients).tensor == "other");
  const layer_operand_sources& fc = net.layers[1].operands;
  CHECK_FALSE(std::get<trace_source>(fc.activations).tensor.has_value());
  const auto& weights = std::get<synthetic_source>(fc.weights);
  CHECK(weights.density == 0.25);
  CHECK(weights.channel_spread == 0.5);
  CHECK(weights.cluster == 0.75);
  CHECK(weights.seed == 18446744073709551615ULL);

  json workload = json::parse(complete);
  workload.erase("trace");
  const network untraced = network_file(workload.dump()).read();
  CHECK(std::holds_alternative<dense_source>(untraced.layers[1].operands.activations));
  CHECK(std::holds_alternative<synthetic_source>(untraced.layers[1].operands.weights));
}

TEST_CASE("the trace's path is relative to the workload's folder") {
  const network_file file(complete);
  const network net = file.read();
  CHECK(net.trace == "../traces/two.safetensors");
  CHECK(net.trace_path ==
        (std::filesystem::path(file.folder()) / "../traces/two.safetensors").lexically_normal().string());
  json workload = json::parse(complete);
  workload["trace"] = "/data/two.safetensors";
  CHECK(network_file(workload.dump()).read().trace_path == "/data/two.safetensors");
}

TEST_CASE("what the report repeats is complete, and reads back as itself") {
  const nlohmann::ordered_json repeated = to_json(network_file(complete).read());
  CHECK(repeated["layers"][1].dump() ==
        R"({"name":"fc","type":"linear","in_features":512,"out_features":12,"tokens":1,"weight_format":"ternary",)"
        R"("operands":{"activations":{"source":"trace"},"weights":{"source":"synthetic","density":0.25,)"
        R"("channel_spread":0.5,"cluster":0.75,"seed":18446744073709551615},"gradients":{"source":"trace"}},)"
        R"("epilogue":[]})");
  CHECK(to_json(network_file(repeated.dump()).read()) == repeated);
  // Nothing of the conv layer is lost or invented.
  json conv = json::parse(complete)["layers"][0];
  conv["operands"]["weights"] = json::parse(complete)["operands"]["weights"];
  CHECK(json::parse(repeated["layers"][0].dump()) == conv);
}

struct bad_value {
  const char* place;
  const char* value;
  const char* message;
};

TEST_CASE("a value out of type or range is told at its place") {
  const bad_value values[] = {
      {"/batch", "0", "/batch: found 0, expected an integer from 1 to 2147483647"},
      {"/name", "\"\"", "/name: found \"\", expected a string that is not empty"},
      {"/trace", "null", "/trace: found null, expected a string"},
      {"/layers", "[]", "/layers: found an array of 0 elements, expected an array of 1 to 65536 elements"},
      {"/layers", "{}", "/layers: found an object, expected an array of 1 to 65536 elements"},
      {"/layers/1", "5", "/layers/1: found 5, expected an object"},
      {"/layers/1/type", "\"conv3d\"",
       "/layers/1/type: found \"conv3d\", expected one of \"conv2d\", \"conv1d\", \"transposed_conv2d\", "
       "\"linear\", \"matmul\", \"max_pool2d\", \"avg_pool2d\", \"global_avg_pool\", \"flatten\", \"reshape\", "
       "\"concat\", "
       "\"slice\", \"pad\", \"softmax\", \"sigmoid\", \"hard_sigmoid\", \"hard_swish\", \"gelu\", \"layer_norm\", "
       "\"resize\", \"transpose\" or \"reduce_mean\"; did you mean \"conv2d\"?"},
      {"/layers/0/in_channels", "-4", "/layers/0/in_channels: found -4, expected an integer from 1 to 2147483647"},
      {"/layers/0/out_channels", "2147483648",
       "/layers/0/out_channels: found 2147483648, expected an integer from 1 to 2147483647"},
      {"/layers/0/input_size", "224", "/layers/0/input_size: found 224, expected an array of 2 elements"},
      {"/layers/0/input_size", "[0, 4]", "/layers/0/input_size/0: found 0, expected an integer from 1 to 2147483647"},
      {"/layers/0/kernel", "[3, 3, 3]",
       "/layers/0/kernel: found an array of 3 elements, expected an array of 2 elements"},
      {"/layers/0/kernel/1", "2.5", "/layers/0/kernel/1: found 2.5, expected an integer from 1 to 65536"},
      {"/layers/0/stride/0", "0", "/layers/0/stride/0: found 0, expected an integer from 1 to 65536"},
      {"/layers/0/padding/1", "65537", "/layers/0/padding/1: found 65537, expected an integer from 0 to 65536"},
      {"/layers/0/padding", "[1, 2, 3]",
       "/layers/0/padding: found an array of 3 elements, expected [vertical, horizontal] or [top, left, bottom, "
       "right]"},
      {"/layers/0/padding", "3", "/layers/0/padding: found 3, expected an array of 2 to 4 elements"},
      {"/layers/0/dilation/0", "0", "/layers/0/dilation/0: found 0, expected an integer from 1 to 65536"},
      {"/layers/1/tokens", "0", "/layers/1/tokens: found 0, expected an integer from 1 to 2147483647"},
      {"/layers/0/weight_format", "\"int8\"",
       "/layers/0/weight_format: found \"int8\", expected one of \"ternary\" or \"full\""},
      {"/layers/1/in_features", "\"many\"",
       "/layers/1/in_features: found \"many\", expected an integer from 1 to 2147483647"},
      {"/operands/weights/source", "\"sparse\"",
       "/operands/weights/source: found \"sparse\", expected one of \"trace\", \"dense\" or \"synthetic\""},
      {"/operands/weights/density", "1.5", "/operands/weights/density: found 1.5, expected a number from 0 to 1"},
      {"/operands/weights/density", "-0.1", "/operands/weights/density: found -0.1, expected a number from 0 to 1"},
      {"/operands/weights/channel_spread", "11",
       "/operands/weights/channel_spread: found 11, expected a number from 0 to 10"},
      {"/operands/weights/cluster", "2", "/operands/weights/cluster: found 2, expected a number from 0 to 1"},
      {"/operands/weights/seed", "-1",
       "/operands/weights/seed: found -1, expected an integer from 0 to 18446744073709551615"},
      {"/operands/weights/seed", "18446744073709551616",
       "/operands/weights/seed: found 18446744073709551616, expected an integer from 0 to 18446744073709551615"},
      {"/layers/0/epilogue/0", "\"relu\"", "/layers/0/epilogue/0: found \"relu\", expected an object"},
      {"/layers/0/epilogue/0/op", "\"mul_add\"",
       "/layers/0/epilogue/0/op: found \"mul_add\", expected one of \"add\", \"sub\", \"mul-add\", \"select\", "
       "\"mul\" or \"clamp\"; did "
       "you "
       "mean \"mul-add\"?"},
      {"/layers/0/epilogue/1/operand", "\"weights\"",
       "/layers/0/epilogue/1/operand: found \"weights\", expected one of \"feature_map\" or \"bias\""},
      {"/layers/0/epilogue/3/threshold", "1e5",
       "/layers/0/epilogue/3/threshold: found 100000.0, expected a number from -65504 to 65504"},
  };
  for (const bad_value& bad : values) {
    CAPTURE(bad.place);
    CAPTURE(bad.value);
    CHECK(message_with(bad.place, bad.value) == std::string("net.json: ") + bad.message);
  }
}

TEST_CASE("a key that does not belong is unknown where it stands") {
  const bad_value values[] = {
      {"/layrs", "[]",
       "/layrs: found unknown key \"layrs\", expected one of \"name\", \"batch\", \"training\", \"trace\", "
       "\"operands\", \"image\", \"image_pixels\" or "
       "\"layers\"; "
       "did you mean \"layers\"?"},
      {"/layers/1/kernel", "[1, 1]",
       "/layers/1/kernel: found unknown key \"kernel\", expected one of \"name\", \"type\", \"in_features\", "
       "\"out_features\", \"tokens\", \"weight_format\", \"operands\", \"input\", \"epilogue\", \"numbers\" or "
       "\"recorded_output\""},
      {"/operands/weight", "{}",
       "/operands/weight: found unknown key \"weight\", expected one of \"activations\", \"weights\", "
       "\"gradients\" or \"columns\"; did you mean \"weights\"?"},
      {"/layers/0/operands/activations/density", "0.5",
       "/layers/0/operands/activations/density: found unknown key \"density\", expected \"source\""},
      {"/layers/0/epilogue/0/operand", "\"bias\"",
       "/layers/0/epilogue/0/operand: found unknown key \"operand\", expected \"op\""},
      {"/layers/0/epilogue/2/tensor", "\"x\"",
       "/layers/0/epilogue/2/tensor: found unknown key \"tensor\", expected one of \"op\" or \"operand\""},
      {"/layers/0/recorded_output/pool", "{}",
       "/layers/0/recorded_output/pool: found unknown key \"pool\", expected one of \"tensor\" or \"max_pool\""},
  };
  for (const bad_value& bad : values) {
    CAPTURE(bad.place);
    CHECK(message_with(bad.place, bad.value) == std::string("net.json: ") + bad.message);
  }
}

TEST_CASE("a missing key is missed at its place") {
  for (const char* place :
       {"/name", "/layers", "/layers/0/name", "/layers/0/type", "/layers/0/in_channels", "/layers/0/out_channels",
        "/layers/0/input_size", "/layers/0/kernel", "/layers/1/in_features", "/layers/1/out_features",
        "/operands/weights/source", "/operands/weights/density", "/layers/0/epilogue/0/op",
        "/layers/0/epilogue/1/operand", "/layers/0/epilogue/1/tensor", "/layers/0/epilogue/3/threshold",
        "/layers/0/recorded_output/tensor", "/layers/0/recorded_output/max_pool/kernel",
        "/layers/0/recorded_output/max_pool/stride"}) {
    CAPTURE(place);
    const std::string key = json::json_pointer(place).back();
    CHECK(message_without(place).starts_with("net.json: " + std::string(place) + ": found no key \"" + key +
                                             "\", expected "));
  }
  for (const char* place :
       {"/batch", "/operands", "/layers/0/stride", "/layers/0/padding", "/layers/0/groups", "/layers/0/weight_format",
        "/layers/0/operands", "/layers/0/epilogue", "/layers/0/recorded_output", "/layers/0/recorded_output/max_pool",
        "/layers/0/recorded_output/max_pool/padding", "/operands/weights/seed"}) {
    CAPTURE(place);
    CHECK(message_without(place) == "");
  }
}

TEST_CASE("a misspelt key that says the kind of a layer") {
  json workload = json::parse(complete);
  workload["layers"][1].erase("type");
  workload["layers"][1]["tpye"] = "linear";
  CHECK(network_file(workload.dump()).message() ==
        "net.json: /layers/1/tpye: found unknown key \"tpye\", expected \"type\"; did you mean \"type\"?");
}

TEST_CASE("what keys owe to each other") {
  const bad_value values[] = {
      {"/layers/1/name", "\"conv1\"",
       "/layers/1/name: found \"conv1\", expected a name of its own: /layers/0 has this one"},
      {"/layers/0/groups", "3",
       "/layers/0/groups: found 3, expected a divisor of the 4 input and the 6 output channels"},
      {"/layers/0/groups", "4",
       "/layers/0/groups: found 4, expected a divisor of the 4 input and the 6 output channels"},
      {"/layers/0/kernel", "[23, 5]", "/layers/0/kernel: found [23, 5], expected at most [22, 28], the padded input"},
      {"/layers/0/kernel", "[3, 29]", "/layers/0/kernel: found [3, 29], expected at most [22, 28], the padded input"},
      {"/layers/0/recorded_output/max_pool/kernel", "[13, 3]",
       "/layers/0/recorded_output/max_pool/kernel: found [13, 3], expected at most [12, 26], the padded input"},
      {"/layers/0/recorded_output/max_pool/padding", "[3, 1]",
       "/layers/0/recorded_output/max_pool/padding: found [3, 1], expected less than the kernel [3, 3]"},
      {"/layers/0/input_size", "[65536, 65536]", ""},
  };
  for (const bad_value& bad : values) {
    CAPTURE(bad.place);
    CAPTURE(bad.value);
    const std::string expected = *bad.message == '\0' ? "" : std::string("net.json: ") + bad.message;
    CHECK(message_with(bad.place, bad.value) == expected);
  }
  // A kernel as large as the padded input gives one output.
  CHECK(message_with("/layers/0/kernel", "[22, 28]") == "");
}

std::string extent_message(const char* layer_keys, int batch) {
  json layer = json::parse(layer_keys);
  layer.update({{"name", "a"}, {"type", "conv2d"}});
  const json workload = {{"name", "n"}, {"batch", batch}, {"layers", json::array({layer})}};
  return network_file(workload.dump()).message();
}

TEST_CASE("a layer whose counts would leave 64 bits is refused") {
  // The product of the largest sides is 2^64, and would be 0 if it wrapped.
  CHECK(extent_message(R"({"in_channels": 65536, "out_channels": 1, "input_size": [65536, 65536], "kernel": [1, 1]})",
                       65536) ==
        "net.json: /layers/0: found activations of 65536 x 65536 x 65536 x 65536 elements, expected at most "
        "1099511627776 elements in a tensor");
  CHECK(extent_message(R"({"in_channels": 65536, "out_channels": 65536, "input_size": [32, 32], "kernel": [32, 32]})",
                       1) ==
        "net.json: /layers/0: found weights of 65536 x 65536 x 32 x 32 elements, expected at most 1099511627776 "
        "elements in a tensor");
  CHECK(
      extent_message(R"({"in_channels": 1, "out_channels": 65536, "input_size": [8192, 8192], "kernel": [1, 1]})", 1) ==
      "net.json: /layers/0: found outputs of 1 x 65536 x 8192 x 8192 elements, expected at most 1099511627776 "
      "elements in a tensor");
  // 2^40 elements and 2^48 multiply-accumulates are just within, one kernel column more is not.
  CHECK(extent_message(R"({"in_channels": 256, "out_channels": 1, "input_size": [65536, 65536], "kernel": [1, 1]})",
                       1) == "");
  CHECK(extent_message(R"({"in_channels": 65536, "out_channels": 65536, "input_size": [1, 1], "kernel": [1, 1]})",
                       65536) == "");
  CHECK(extent_message(R"({"in_channels": 65536, "out_channels": 65536, "input_size": [1, 1], "kernel": [1, 2],
                           "padding": [0, 1], "stride": [1, 2]})",
                       65536) ==
        "net.json: /layers/0: found 4294967296 outputs of 65536 x 1 x 2 multiply-accumulates, expected at most "
        "281474976710656 multiply-accumulates in a layer");
}

/// What reading a workload of this one layer says; nothing of a sound one.
std::string layer_message(const std::string& keys, std::uint32_t batch = 1) {
  return network_file(fmt::format(R"({{"name": "a", "batch": {}, "layers": [{{"name": "l", {}}}]}})", batch, keys))
      .message();
}

/// That layer.
layer layer_of(const std::string& keys) {
  return network_file(fmt::format(R"({{"name": "a", "layers": [{{"name": "l", {}}}]}})", keys)).read().layers[0];
}

TEST_CASE("layer types: shapes by their formulas") {
  const layer dilated = layer_of(R"("type": "conv2d", "in_channels": 2, "out_channels": 3, "input_size": [10, 11],
      "kernel": [3, 2], "stride": [2, 3], "dilation": [3, 4], "padding": [1, 0, 2, 3])");
  CHECK(dilated.output_size() == size_2d{4, 4});  // (10 + 3 - 7) / 2 + 1, (11 + 3 - 5) / 3 + 1
  CHECK(dilated.dense_macs(2) == 2 * 3 * 16 * 2 * 6);
  const layer line = layer_of(R"("type": "conv1d", "in_channels": 2, "out_channels": 3, "input_size": 10,
      "kernel": 3, "stride": 2, "dilation": 2, "padding": [1, 4])");
  CHECK(line.activation_shape(1) == shape_4d{1, 2, 1, 10});
  CHECK(line.output_shape(1) == shape_4d{1, 3, 1, 6});  // (10 + 5 - 5) / 2 + 1
  CHECK(line.padding == padding_2d(0, 1, 0, 4));
  const layer up = layer_of(R"("type": "transposed_conv2d", "in_channels": 4, "out_channels": 6, "groups": 2,
      "input_size": [5, 7], "kernel": [3, 4], "stride": [2, 3], "dilation": [2, 1], "padding": [1, 0, 0, 1],
      "output_padding": [1, 2])");
  CHECK(up.output_size() == size_2d{13, 23});  // 4 x 2 - 1 + 4 + 1 + 1, 6 x 3 - 1 + 3 + 1 + 2
  CHECK(up.weight_shape() == shape_4d{6, 2, 3, 4});
  CHECK(up.dense_macs(2) == 2ULL * 4 * 35 * 3 * 12);
  const layer tokens = layer_of(R"("type": "linear", "in_features": 8, "out_features": 9, "tokens": 65537)");
  CHECK(tokens.output_shape(2) == shape_4d{2, 9, 1, 65537});
  CHECK(tokens.dense_macs(2) == 2ULL * 65537 * 72);
  const layer product = layer_of(R"("type": "matmul", "batch": 3, "m": 4, "k": 5, "n": 6)");
  CHECK(product.activation_shape(2) == shape_4d{6, 5, 1, 4});
  CHECK(product.column_shape(2) == shape_4d{6, 5, 1, 6});
  CHECK(product.output_shape(2) == shape_4d{6, 6, 1, 4});
  CHECK(product.dense_macs(2) == 6ULL * 4 * 5 * 6);
  CHECK(product.weight_shape().elements() == 0);
}

TEST_CASE("layer types: what is refused, in one line") {
  const std::string up = R"("type": "transposed_conv2d", "in_channels": 1, "out_channels": 1, "kernel": [2, 2], )";
  const std::string conv = R"("type": "conv2d", "in_channels": 1, "out_channels": 1, )";
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {conv + R"("input_size": [5, 5], "kernel": [3, 3], "dilation": [1, 3])",
       "/layers/0/kernel: found [3, 3], dilated [3, 7], expected at most [5, 5], the padded input"},
      {conv + R"("input_size": [5, 5], "kernel": [3, 3], "padding": [0, 0, 0])",
       "/layers/0/padding: found an array of 3 elements, expected [vertical, horizontal] or [top, left, bottom, "
       "right]"},
      {up + R"("input_size": [2, 2], "stride": [2, 2], "output_padding": [2, 0])",
       "/layers/0/output_padding: found [2, 0], expected less than [2, 2], the larger of stride and dilation"},
      {up + R"("input_size": [2, 2], "padding": [1, 2, 2, 0])",
       "/layers/0/padding: found [3, 2] taken off an output of [3, 3], expected less than the output"},
      {up + R"("input_size": [65537, 2], "stride": [65536, 1])",
       "/layers/0/input_size: found an output of [4294967298, 3], expected at most 2147483647 a side"},
      {R"("type": "matmul", "m": 2, "k": 2, "n": 2, "weight_format": "full")",
       "/layers/0/weight_format: found unknown key \"weight_format\", expected one of \"name\", \"type\", \"batch\", "
       "\"m\", \"k\", \"n\", \"columns_from\", \"operands\", \"input\", \"epilogue\", \"numbers\" or "
       "\"recorded_output\""},
      {R"("type": "matmul", "m": 2, "k": 2, "n": 2, "operands": {"weights": {"source": "dense"}})",
       "/layers/0/operands/weights: found unknown key \"weights\", expected one of \"activations\", \"gradients\" or "
       "\"columns\""},
      {R"("type": "matmul", "batch": 2000000000, "m": 1, "k": 1, "n": 1)",
       "/layers/0/batch: found 2000000000 products of each of 2 images, expected at most 2147483647 in all"},
      {R"("type": "matmul", "m": 2147483647, "k": 1024, "n": 1)",
       "/layers/0: found activations of 2 x 1024 x 1 x 2147483647 elements, expected at most 1099511627776 elements in "
       "a "
       "tensor"},
      {R"("type": "matmul", "m": 1048576, "k": 262144, "n": 1048576)",
       "/layers/0: found outputs of 2 x 1048576 x 1 x 1048576 elements, expected at most 1099511627776 elements in a "
       "tensor"},
      {R"("type": "conv1d", "in_channels": 1, "out_channels": 1, "input_size": [1, 5], "kernel": 3)",
       "/layers/0/input_size: found an array of 2 elements, expected an integer from 1 to 2147483647"},
      {R"("type": "conv1d", "in_channels": 1, "out_channels": 1, "input_size": 5, "kernel": 3, "padding": [1, 1, 1])",
       "/layers/0/padding: found an array of 3 elements, expected an array of 2 elements"},
  };
  for (const auto& [keys, message] : mistakes) {
    CAPTURE(keys);
    CHECK(layer_message(keys, 2) == "net.json: " + message);
  }
}

TEST_CASE("layer types: the report repeats every key, and reads it back") {
  for (
      const char* const keys :
      {R"("type":"conv1d","in_channels":2,"out_channels":3,"input_size":10,"kernel":3,"stride":2,"padding":[1,4],"dilation":2,"groups":1,"weight_format":"full")",
       R"("type":"transposed_conv2d","in_channels":4,"out_channels":6,"input_size":[5,7],"kernel":[3,4],"stride":[2,3],"padding":[1,0,0,1],"dilation":[1,2],"groups":2,"output_padding":[1,2],"weight_format":"ternary")",
       R"("type":"linear","in_features":8,"out_features":9,"tokens":7,"weight_format":"ternary")",
       R"("type":"matmul","batch":3,"m":4,"k":5,"n":6)"}) {
    CAPTURE(keys);
    const bool is_matmul = std::string_view(keys).find("matmul") != std::string_view::npos;
    const std::string text = fmt::format(R"({{"name":"l",{},"operands":{{"activations":{{"source":"dense"}},)"
                                         R"({}"gradients":{{"source":"dense"}}{}}},"epilogue":[]}})",
                                         keys, is_matmul ? "" : R"("weights":{"source":"dense"},)",
                                         is_matmul ? R"(,"columns":{"source":"dense"})" : "");
    CHECK(to_json(network_file(fmt::format(R"({{"name": "a", "layers": [{}]}})", text)).read())["layers"][0].dump() ==
          text);
  }
}

TEST_CASE("mul and clamp: keys, what the report repeats, what is refused") {
  const auto with = [](const std::string& op) {
    return R"("type": "linear", "in_features": 2, "out_features": 3, "epilogue": [)" + op + "]";
  };
  const layer l = layer_of(with(R"({"op": "mul", "operand": "feature_map", "tensor": "t"},
      {"op": "mul", "operand": "channel", "tensor": "c"}, {"op": "clamp", "min": -0.5, "max": 6})"));
  CHECK((l.epilogue[0].streams_feature_map && l.epilogue[0].reads_tensor() && !l.epilogue[0].is_per_channel));
  CHECK((l.epilogue[1].is_per_channel && l.epilogue[1].reads_tensor() && !l.epilogue[1].streams_feature_map));
  CHECK(l.operand_shape(l.epilogue[0], 2) == shape_4d{2, 3, 1, 1});
  CHECK(l.operand_shape(l.epilogue[1], 2) == shape_4d{2, 3, 1, 1});
  CHECK((l.epilogue[0].multiplies() && l.epilogue[1].multiplies() && !l.epilogue[2].multiplies()));
  CHECK((l.epilogue[2].minimum == -0.5 && l.epilogue[2].maximum == 6));
  network net;
  net.layers = {l};
  CHECK(to_json(net)["layers"][0]["epilogue"].dump() ==
        R"([{"op":"mul","operand":"feature_map","tensor":"t"},{"op":"mul","operand":"channel","tensor":"c"},)"
        R"({"op":"clamp","min":-0.5,"max":6.0}])");
  CHECK(layer_message(with(R"({"op": "clamp", "min": 1, "max": 0.5})")) ==
        "net.json: /layers/0/epilogue/0/max: found 0.5, expected at least min, 1");
  CHECK(layer_message(with(R"({"op": "clamp", "max": 6})"))
            .starts_with("net.json: /layers/0/epilogue/0/min: found no key"));
  CHECK(layer_message(with(R"({"op": "clamp", "min": 0, "max": 70000})")) ==
        "net.json: /layers/0/epilogue/0/max: found 70000, expected a number from -65504 to 65504");
  CHECK(layer_message(with(R"({"op": "mul", "operand": "bias"})")) ==
        "net.json: /layers/0/epilogue/0/operand: found \"bias\", expected one of \"feature_map\" or \"channel\"");
  CHECK(layer_message(with(R"({"op": "mul", "operand": "channel"})"))
            .starts_with("net.json: /layers/0/epilogue/0/tensor: found no key"));
}

TEST_CASE("the columns of a matmul come from where it says, or the file, or as activations do") {
  const auto columns_of = [](const std::string& of_layer, const std::string& of_file) {
    const auto net = network_file(fmt::format(R"({{"name": "a", {} "layers": [{{"name": "l", "type": "matmul", "m": 1,
                                                 "k": 1, "n": 1 {}}}]}})",
                                              of_file, of_layer))
                         .read();
    const auto* const synthetic = std::get_if<synthetic_source>(&net.layers[0].operands.weights);
    return synthetic != nullptr ? synthetic->density : 1;
  };
  const auto source = [](const char* operand, double density) {
    return fmt::format(R"("{}": {{"source": "synthetic", "density": {}}})", operand, density);
  };
  const std::string file =
      fmt::format(R"("operands": {{{}, {}}},)", source("activations", 0.25), source("weights", 0.75));
  CHECK(columns_of("", "") == 1);
  CHECK(columns_of("", file) == 0.25);
  CHECK(columns_of(
            "", fmt::format(R"("operands": {{{}, {}}},)", source("activations", 0.25), source("columns", 0.5))) == 0.5);
  CHECK(columns_of(fmt::format(R"(, "operands": {{{}}})", source("columns", 0.125)), file) == 0.125);
}

TEST_CASE("another batch is checked as the file's is") {
  network net = network_file(R"({"name": "a", "layers": [{"name": "l", "type": "linear", "in_features": 1024,
                                "out_features": 1}]})")
                    .read();
  set_batch(net, 1U << 30U, "--batch");
  CHECK(net.batch == 1U << 30U);
  CHECK(message_of([&] { set_batch(net, (1U << 30U) + 1, "--batch"); }) ==
        "--batch: layer \"l\": found activations of 1073741825 x 1024 x 1 x 1 elements, expected at most 1099511627776 "
        "elements in a tensor");
  CHECK(net.batch == 1U << 30U);
}

TEST_CASE("the file itself") {
  CHECK(network_file("").message() == "net.json: found an empty file, expected JSON");
  CHECK(network_file("[]").message() == "net.json: found an array of 0 elements, expected an object");
  CHECK(network_file("{\"name\": \"a\",\n").message() ==
        "net.json: line 2, column 1: found end of input, expected string literal");
  CHECK(network_file(R"({"name": "a", "name": "b"})").message() ==
        "net.json: /name: found a second \"name\", expected every key once");
  const test::temporary_folder folder;
  CHECK(message_of([&] { read_network(folder.path("none.json")); }) ==
        folder.path("none.json") + ": found no such file, expected a JSON file of at most 16 MiB");
}

void check_closed(const nlohmann::ordered_json& schema) {
  if (schema.is_object() && schema.contains("properties")) {
    CHECK(schema["additionalProperties"] == false);
    CHECK(schema.contains("description"));
  }
  if (schema.is_structured()) {
    for (const auto& part : schema) {
      check_closed(part);
    }
  }
}

TEST_CASE("every object of the schema is closed and described") {
  const nlohmann::ordered_json schema = workload_schema();
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  check_closed(schema);
  const nlohmann::ordered_json& layers = schema["properties"]["layers"]["items"]["oneOf"];
  REQUIRE(layers.size() == layer_types.size() + node_types.size());
  CHECK(layers[0]["properties"]["type"].dump() == R"({"const":"conv2d"})");
  CHECK(layers[0]["required"].dump() == R"(["name","type","in_channels","out_channels","input_size","kernel"])");
  CHECK(layers[0]["properties"]["stride"]["default"].dump() == "[1,1]");
  CHECK(layers[3]["required"].dump() == R"(["name","type","in_features","out_features"])");
  for (std::size_t i = 0; i < layer_types.size(); ++i) {
    CHECK(layers[i]["properties"]["type"]["const"] == to_string(layer_types[i]));
  }
  for (std::size_t i = 0; i < node_types.size(); ++i) {
    CHECK(layers[layer_types.size() + i]["properties"]["type"]["const"] == to_string(node_types[i]));
  }
}

}  // namespace
}  // namespace dlac
