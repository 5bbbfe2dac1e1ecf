// Operands of a layer: from traces, dense, synthetic; and what is refused.

#include "sim/workload/operands.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/unit/trace_file.h"

namespace dlac {
namespace {

using test::check_pieces;
using test::message_of;
using test::raw;
using test::temporary_folder;
using test::trace_builder;

constexpr std::uint16_t half_one = 0x3c00;

/// A convolution of two input and three output channels on 4 x 4 pixels, everything from the trace.
layer traced_convolution() {
  layer l;
  l.name = std::string("c");
  l.in_channels = 2;
  l.out_channels = 3;
  l.input_size = {4, 4};
  l.kernel = {2, 2};
  return l;
}

/// The sum with a feature map.
pt_wise_op streamed(const std::string& tensor) {
  return {.kind = pt_wise_kind::add, .streams_feature_map = true, .tensor = tensor};
}

layer traced_linear() {
  layer l;
  l.name = "fc";
  l.type = layer_type::linear;
  l.in_channels = 2;
  l.out_channels = 3;
  l.weights = weight_format::full;
  return l;
}

network network_of(std::vector<layer> layers, std::optional<std::string> trace = std::nullopt) {
  network net;
  net.name = "test";
  net.file = "test.json";
  net.trace_path = std::move(trace);
  net.layers = std::move(layers);
  return net;
}

/// Checks a forward run of one layer over a trace; returns the message.
std::string checking(const layer& l, const trace_builder& trace, bool values = false,
                     machine_mode mode = machine_mode::fp32_training) {
  const temporary_folder folder;
  const network net = network_of({l}, folder.file("t.safetensors", trace.bytes()));
  return message_of(
      [&] { operand_provider(net, std::nullopt, formats_of(mode)).check_forward({&net.layers[0]}, values); });
}

std::vector<std::uint16_t> halves(std::size_t count, std::uint16_t value = half_one) {
  return std::vector<std::uint16_t>(count, value);
}

trace_builder sound_activations() {
  return trace_builder().add("c.activations", "F16", "1, 2, 4, 4", raw(halves(32)));
}

trace_builder with_weights(trace_builder builder) {
  return builder.add_packed("c.weights.t2", "3, 2, 2, 2", std::string(6, '\x19'));  // 1 -1 1 0
}

pt_wise_op op(pt_wise_kind kind, const std::string& tensor = "") {
  return {.kind = kind, .streams_feature_map = !tensor.empty(), .tensor = tensor, .threshold = 0};
}

}  // namespace

TEST_CASE("activations and ternary weights of a trace: bits in the agreed order, and values") {
  std::vector<std::uint16_t> activations = halves(32);
  activations[4] = 0x8000;   // channel 0, y 1, x 0: -0 is zero
  activations[31] = 0x0000;  // channel 1, y 3, x 3
  const temporary_folder folder;
  const network net = network_of(
      {traced_convolution()},
      folder.file("t",
                  with_weights(trace_builder().add("c.activations", "F16", "1, 2, 4, 4", raw(activations))).bytes()));
  const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
  const layer& l = net.layers[0];
  CHECK_NOTHROW(provider.check_forward({&l}, true));

  const tensor_mask mask = provider.activation_mask(l);
  CHECK(mask.shape == shape_4d{1, 2, 4, 4});
  CHECK(mask.bits.rows() == 1);
  CHECK(mask.bits.cols() == 32);
  CHECK(mask.bits.count() == 30);
  CHECK_FALSE(mask.bits.test(0, 4));
  CHECK_FALSE(mask.bits.test(0, 31));

  const tensor_mask weights = provider.weight_mask(l);
  CHECK(weights.shape == shape_4d{3, 2, 2, 2});
  CHECK(weights.bits.rows() == 3);
  CHECK(weights.bits.row(0)[0] == 0b0111'0111);
  CHECK(provider.weight_values(l)[1] == -1);
  CHECK(provider.activation_values(l)[3] == 1);
}

TEST_CASE("int8 weights, float activations and a trace that replaces the workload's") {
  const temporary_folder folder;
  const network net = network_of({traced_convolution()}, folder.path("absent"));
  CHECK(message_of([&] {
          operand_provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
        }).find("No such file") != std::string::npos);
  std::vector<std::int8_t> weights(24, 0);
  weights[23] = -1;
  const std::string path = folder.file("t", trace_builder()
                                                .add("c.activations", "F32", "1, 2, 4, 4", raw(std::vector<float>(32)))
                                                .add("c.weights", "I8", "3, 2, 2, 2", raw(weights))
                                                .bytes());
  const operand_provider provider(net, path, formats_of(machine_mode::fp32_training));
  CHECK(provider.activation_mask(net.layers[0]).bits.count() == 0);
  CHECK(provider.weight_mask(net.layers[0]).bits.row(2)[0] == 0x80);
  CHECK(provider.weight_values(net.layers[0])[23] == -1);
}

TEST_CASE("a mask serves for zeros but not for values") {
  const trace_builder trace =
      with_weights(trace_builder().add_packed("c.activations.mask", "1, 2, 4, 4", std::string(4, '\x0f')));
  const temporary_folder folder;
  const network net = network_of({traced_convolution()}, folder.file("t", trace.bytes()));
  const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
  CHECK(provider.activation_mask(net.layers[0]).bits.count() == 16);
  CHECK(provider.activation_mask(net.layers[0]).bits.row(0)[0] == 0x0F0F'0F0F);
  CHECK_NOTHROW(provider.check_forward({&net.layers[0]}, false));
  check_pieces(message_of([&] { provider.check_forward({&net.layers[0]}, true); }),
               {"c.activations.mask: found a mask", "F32 or F16"});
  CHECK(message_of([&] { static_cast<void>(provider.activation_values(net.layers[0])); }) != "");
}

TEST_CASE("a linear layer's tensors may be two-dimensional or four-dimensional") {
  for (const std::string tail : {"", ", 1, 1"}) {
    const temporary_folder folder;
    const network net =
        network_of({traced_linear()},
                   folder.file("t", trace_builder()
                                        .add("fc.activations", "F16", "1, 2" + tail, raw(halves(2)))
                                        .add("fc.weights", "F32", "3, 2" + tail, raw<float>({1, 0, 2, -0.0F, 0, -3}))
                                        .bytes()));
    const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
    CHECK_NOTHROW(provider.check_forward({&net.layers[0]}, true));
    CHECK(provider.weight_mask(net.layers[0]).bits.count() == 3);
    CHECK(provider.weight_values(net.layers[0])[5] == -3);
    CHECK(provider.activation_mask(net.layers[0]).bits.cols() == 2);
  }
}

TEST_CASE("a source may name another tensor") {
  layer l = traced_convolution();
  l.operands.activations = trace_source{"elsewhere"};
  CHECK(checking(l, with_weights(trace_builder().add("elsewhere", "F16", "1, 2, 4, 4", raw(halves(32))))) == "");
  check_pieces(checking(l, with_weights(sound_activations())), {"elsewhere: found no tensor of this name"});
}

TEST_CASE("a layer that wants a trace when there is none") {
  const network net = network_of({traced_linear(), traced_convolution()});
  const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
  check_pieces(message_of([&] { provider.check_forward({&net.layers[1]}, false); }),
               {"test.json: /layers/1 (c): found activations from a trace, and no trace", "--trace FILE"});
}

TEST_CASE("tensors that are missing or not the layer's") {
  const layer l = traced_convolution();
  const std::string path_end = "t.safetensors: ";
  check_pieces(checking(l, trace_builder().add("c.activation", "F16", "1, 2, 4, 4", raw(halves(32)))),
               {path_end, "c.activations: found no tensor of this name", "[1, 2, 4, 4] of layer \"c\"",
                "did you mean \"c.activation\"?"});
  // All that would do is named: who has int8 weights is not asked for packed ones.
  check_pieces(checking(l, sound_activations()),
               {"c.weights: found no tensor of this name", "the ternary weights [3, 2, 2, 2]",
                "c.weights of I8, or c.weights.t2, packed U8"});
  layer full = l;
  full.weights = weight_format::full;
  check_pieces(checking(full, sound_activations()), {"c.weights: found no tensor", "c.weights of F32 or F16"});
  check_pieces(checking(l, trace_builder()), {"c.activations of F32 or F16, or c.activations.mask, packed U8"});
  check_pieces(checking(l, trace_builder().add("c.activations", "F16", "1, 4, 2, 4", raw(halves(32)))),
               {"c.activations: found shape [1, 4, 2, 4], expected [1, 2, 4, 4]"});
  check_pieces(checking(l, trace_builder().add("c.activations", "F16", "1, 2", raw(halves(2)))),
               {"c.activations: found shape [1, 2], expected [1, 2, 4, 4]"});
  check_pieces(checking(l, trace_builder().add("c.activations", "I8", "1, 2, 4, 4", std::string(32, '\1'))),
               {"c.activations: found format I8, expected F32, F16"});
  check_pieces(checking(l, trace_builder().add("c.activations", "BF16", "1, 2, 4, 4", std::string(64, '\1'))),
               {"c.activations: found format BF16, expected F32, F16"});
  check_pieces(checking(l, trace_builder().add("c.activations.mask", "U8", "4", std::string(4, '\1'))),
               {"c.activations.mask: found format U8, expected F32, F16 or a packed .mask"});
  check_pieces(checking(l, sound_activations().add_packed("c.weights.t2", "2, 3, 2, 2", std::string(6, '\0'))),
               {"c.weights.t2: found shape [2, 3, 2, 2], expected [3, 2, 2, 2]"});
}

TEST_CASE("weights of the other format") {
  const std::vector<float> zeros(24);
  check_pieces(checking(traced_convolution(), sound_activations().add("c.weights", "F32", "3, 2, 2, 2", raw(zeros))),
               {"c.weights: found format F32", "the layer's weight_format is ternary"});
  layer full = traced_convolution();
  full.weights = weight_format::full;
  check_pieces(checking(full, with_weights(sound_activations())),
               {"c.weights.t2: found format ternary", "the layer's weight_format is full"});
  check_pieces(checking(full, sound_activations().add("c.weights", "I8", "3, 2, 2, 2", std::string(24, '\0'))),
               {"c.weights: found format I8", "the layer's weight_format is full"});
  // A trace that holds both serves both.
  CHECK(checking(full, with_weights(sound_activations()).add("c.weights", "F32", "3, 2, 2, 2", raw(zeros))) == "");
  CHECK(checking(traced_convolution(),
                 with_weights(sound_activations()).add("c.weights", "F32", "3, 2, 2, 2", raw(zeros))) == "");
}

TEST_CASE("values that no trace may hold are named with their index") {
  const layer l = traced_convolution();
  std::vector<std::uint16_t> activations = halves(32);
  activations[9] = 0x7e00;
  check_pieces(checking(l, trace_builder().add("c.activations", "F16", "1, 2, 4, 4", raw(activations))),
               {"c.activations[9]: found NaN"});
  check_pieces(checking(l, sound_activations().add_packed("c.weights.t2", "3, 2, 2, 2", std::string(5, '\0') + "\x0c")),
               {"c.weights.t2[21]: found code 3"});
  check_pieces(checking(l, sound_activations().add("c.weights", "I8", "3, 2, 2, 2", std::string(23, '\0') + "\2")),
               {"c.weights[23]: found 2, expected -1, 0 or 1"});
}

TEST_CASE("the epilogue's tensors are checked in every run") {
  for (const bool values : {false, true}) {
    CAPTURE(values);
    layer l = traced_convolution();
    const trace_builder trace = with_weights(sound_activations());
    const std::string three = raw<float>({1, 2, 3});
    l.epilogue = {op(pt_wise_kind::mul_add)};
    check_pieces(checking(l, trace, values), {"c.bias: found no tensor of this name"});
    trace_builder with_bias = trace;
    with_bias.add("c.bias", "F32", "3", three);
    check_pieces(checking(l, with_bias, values), {"c.scale: found no tensor of this name"});
    check_pieces(checking(l, trace_builder(with_bias).add("c.scale", "F32", "1, 3", three), values),
                 {"c.scale: found shape [1, 3], expected [3]"});
    check_pieces(checking(l, trace_builder(with_bias).add("c.scale", "F32", "3", raw<float>({1, 2, INFINITY})), values),
                 {"c.scale[2]: found infinity"});
    CHECK(checking(l, trace_builder(with_bias).add("c.scale", "F32", "3", three), values) == "");

    l.epilogue = {op(pt_wise_kind::sub), op(pt_wise_kind::select)};
    CHECK(checking(l, with_bias, values) == "");

    l.epilogue = {op(pt_wise_kind::add, "d.output")};
    check_pieces(checking(l, trace, values), {"d.output: found no tensor of this name", "[1, 3, 3, 3]"});
    check_pieces(checking(l, trace_builder(trace).add("d.output", "F16", "1, 3, 9, 1", raw(halves(27))), values),
                 {"d.output: found shape [1, 3, 9, 1], expected [1, 3, 3, 3]"});
    CHECK(checking(l, trace_builder(trace).add("d.output", "F16", "1, 3, 3, 3", raw(halves(27))), values) == "");
  }
}

TEST_CASE("a layer whose activations are a mask needs none of the values that go with them, until values are wanted") {
  layer l = traced_convolution();
  l.epilogue = {op(pt_wise_kind::mul_add), op(pt_wise_kind::add, "d.output"), op(pt_wise_kind::add, "c.output")};
  const trace_builder trace =
      with_weights(trace_builder().add_packed("c.activations.mask", "1, 2, 4, 4", std::string(4, '\x0f')));
  CHECK(checking(l, trace) == "");
  CHECK(checking(l, trace, true) != "");
  // What is there has to fit all the same, and so do names that tell a shape.
  check_pieces(checking(l, trace_builder(trace).add("c.scale", "F32", "2", raw<float>({1, 2}))),
               {"c.scale: found shape [2], expected [3]"});
  check_pieces(checking(l, trace_builder(trace).add_packed("d.output.mask", "1, 3, 9, 1", std::string(4, '\0'))),
               {"d.output.mask: found shape [1, 3, 9, 1], expected [1, 3, 3, 3]"});
  l.epilogue = {op(pt_wise_kind::add, "c.activations")};
  check_pieces(checking(l, trace), {"c.activations: found shape [1, 2, 4, 4], expected [1, 3, 3, 3]"});
}

TEST_CASE("names tell the shapes of tensors that no trace holds") {
  layer first = traced_convolution();
  first.operands = {dense_source{}, dense_source{}, dense_source{}};
  layer second = first;
  second.name = "d";
  const auto message = [&](const std::string& tensor) {
    second.epilogue = {op(pt_wise_kind::add, tensor)};
    const network net = network_of({first, second});
    const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
    return message_of([&] { provider.check_forward({&net.layers[1]}, false); });
  };
  CHECK(message("c.output") == "");
  CHECK(message("c.gradients") == "");
  CHECK(message("elsewhere") == "");
  CHECK(message("c.elsewhere") == "");
  check_pieces(message("c.activations"),
               {"test.json: c.activations: found shape [1, 2, 4, 4], expected [1, 3, 3, 3] as the output"});
  first.out_channels = 2;
  check_pieces(message("c.output"), {"test.json: c.output: found shape [1, 2, 3, 3], expected [1, 3, 3, 3]"});
}

TEST_CASE("a value that the machine's mode has no number for is named, whatever reads it") {
  const auto fp16 = machine_mode::fp16_inference;
  const auto floats = [](std::size_t count, std::size_t place, float value) {
    std::vector<float> values(count, 1);
    values[place] = value;
    return raw(values);
  };
  layer l = traced_convolution();
  const auto activations = [&](float value) {
    return with_weights(trace_builder().add("c.activations", "F32", "1, 2, 4, 4", floats(32, 7, value)));
  };
  for (const bool values : {false, true}) {
    check_pieces(checking(l, activations(-70000), values, fp16),
                 {"c.activations[7]: found -70000, expected a number that fp16 holds: of a magnitude below "
                  "65520, from where it rounds to infinity"});
  }
  CHECK(checking(l, activations(-70000), true) == "");
  // Half a unit above the largest half: from there on a number rounds to infinity.
  CHECK(checking(l, activations(65504), true, fp16) == "");
  CHECK(checking(l, activations(std::nextafter(65520.0F, 0.0F)), true, fp16) == "");
  CHECK(checking(l, activations(65520), true, fp16) != "");
  CHECK(checking(l, activations(std::numeric_limits<float>::max()), true) == "");

  layer full = l;
  full.weights = weight_format::full;
  check_pieces(
      checking(full, sound_activations().add("c.weights", "F32", "3, 2, 2, 2", floats(24, 23, 1e30F)), false, fp16),
      {"c.weights[23]: found 1e+30"});
  l.epilogue = {op(pt_wise_kind::sub)};
  check_pieces(
      checking(l, with_weights(sound_activations()).add("c.bias", "F32", "3", floats(3, 1, 65520)), false, fp16),
      {"c.bias[1]: found 65520"});
  l.epilogue = {op(pt_wise_kind::add, "d.output")};
  const trace_builder streamed =
      with_weights(sound_activations()).add("d.output", "F32", "1, 3, 3, 3", floats(27, 26, 1e5F));
  check_pieces(checking(l, streamed, false, fp16), {"d.output[26]: found 100000"});
  CHECK(checking(l, streamed, true) == "");
  // What is only compared with is no number of the machine.
  l.epilogue = {};
  l.recorded = recorded_output{"d.output", std::nullopt};
  CHECK(checking(l, streamed, true, fp16) == "");
}

TEST_CASE("recorded values come from a trace, or are not there") {
  layer l = traced_convolution();
  l.operands = {dense_source{}, dense_source{}, dense_source{}};
  l.recorded = recorded_output{"elsewhere", std::nullopt};
  const network net = network_of({l});
  CHECK_FALSE(operand_provider(net, std::nullopt, formats_of(machine_mode::fp16_inference)).recorded_values(l));
  const temporary_folder folder;
  const std::string path =
      folder.file("t", trace_builder().add("elsewhere", "F16", "1, 3, 3, 3", raw(halves(27))).bytes());
  CHECK(operand_provider(net, path, formats_of(machine_mode::fp16_inference)).recorded_values(l) ==
        std::vector<float>(27, 1));
}

TEST_CASE("a trace that changes after it was opened is found, and nothing made from it is given") {
  const temporary_folder folder;
  const std::string bytes = with_weights(sound_activations()).bytes();
  const std::string path = folder.file("t", bytes);
  const network net = network_of({traced_convolution()}, path);
  const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
  const layer& l = net.layers[0];
  CHECK(provider.activation_mask(l).bits.count() == 32);
  const auto check_changed = [&] {
    const auto is_changed = [&](const auto& read) {
      CHECK_THROWS_AS(static_cast<void>(read()), changed_file);
      check_pieces(message_of([&] { static_cast<void>(read()); }), {path, "a file that has changed since"});
    };
    is_changed([&] { return provider.activation_mask(l).bits.count(); });
    is_changed([&] { return provider.weight_mask(l).bits.count(); });
    is_changed([&] { return provider.activation_values(l).size(); });
    is_changed([&] {
      provider.check_forward({&l}, true);
      return provider.weight_values(l).size();
    });
  };
  SUBCASE("truncated, so that its pages are gone") {
    std::filesystem::resize_file(path, 0);
    check_changed();
  }
  SUBCASE("cut in the middle of a page") {
    std::filesystem::resize_file(path, bytes.size() - 10);
    check_changed();
  }
  SUBCASE("overwritten in place") {
    ::usleep(20'000);  // a tick of the file system's clock
    std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << bytes;
    check_changed();
  }
  SUBCASE("replaced") {
    std::filesystem::rename(folder.file("other", bytes), path);
    check_changed();
  }
  SUBCASE("removed") {
    std::filesystem::remove(path);
    check_changed();
  }
}

TEST_CASE("a trace that is not the one of the network's stamp is not read") {
  const temporary_folder folder;
  const std::string bytes = with_weights(sound_activations()).bytes();
  network net = network_of({traced_convolution()}, folder.file("t", bytes));
  net.trace_stamp = stamp_of(*net.trace_path);
  REQUIRE(net.trace_stamp);
  const auto open = [&] {
    const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
  };
  CHECK_NOTHROW(open());
  std::filesystem::rename(folder.file("other", bytes), *net.trace_path);
  CHECK_THROWS_AS(open(), changed_file);
  std::filesystem::resize_file(*net.trace_path, 0);
  CHECK_THROWS_AS(open(), changed_file);
  std::filesystem::remove(*net.trace_path);
  CHECK_THROWS_AS(open(), changed_file);
}

TEST_CASE("a recorded output is checked in the shape that pooling leaves") {
  layer l = traced_convolution();
  l.recorded = recorded_output{"next", max_pool{{3, 3}, {2, 2}, {1, 1}}};
  const trace_builder trace = with_weights(sound_activations());
  CHECK(checking(l, trace_builder(trace).add("next", "F16", "1, 3, 2, 2", raw(halves(12))), true) == "");
  l.recorded->pool.reset();
  check_pieces(checking(l, trace_builder(trace).add("next", "F16", "1, 3, 2, 2", raw(halves(12))), true),
               {"next: found shape [1, 3, 2, 2], expected [1, 3, 3, 3]"});
}

TEST_CASE("dense and synthetic operands need no trace") {
  layer l = traced_convolution();
  l.operands = {.activations = dense_source{}, .weights = synthetic_source{0.5, 0, 0, 3}, .gradients = {}};
  l.epilogue = {op(pt_wise_kind::mul_add)};
  const network net = network_of({l}, "no/such/trace");  // and do not open one
  const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
  CHECK_NOTHROW(provider.check_forward({&net.layers[0]}, true));
  CHECK(provider.activation_mask(l).bits.count() == 32);
  CHECK(provider.weight_mask(l).bits.count() == 12);
  const std::vector<float> weights = provider.weight_values(l);
  CHECK(std::count(weights.begin(), weights.end(), 0.0F) == 12);
  CHECK(provider.scale(l).size() == 3);
  CHECK(provider.bias(l).size() == 3);
  // Nor do tensors of the epilogue, where no trace is named.
  l.epilogue = {streamed("d.output")};
  const network without = network_of({l});
  const operand_provider made_up(without, std::nullopt, formats_of(machine_mode::fp32_training));
  CHECK_NOTHROW(made_up.check_forward({&without.layers[0]}, true));
  CHECK(made_up.epilogue_values(l, l.epilogue[0]).size() == 27);
}

/// A layer whose output has the shape of this one's input.
static layer like_input(layer l) {
  l.out_channels = l.in_channels;
  l.groups = 1;
  l.kernel = l.stride = {1, 1};
  l.padding = {0, 0};
  return l;
}

TEST_CASE("a feature map named after a synthetic layer's input is that input") {
  layer first = traced_convolution();
  first.operands = {.activations = synthetic_source{0.5, 0, 0, 3}, .weights = dense_source{}, .gradients = {}};
  const network net = network_of({first});
  const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
  CHECK(provider.epilogue_values(like_input(first), streamed("c.activations")) == provider.activation_values(first));
  layer other = like_input(first);
  other.out_channels = 3;
  check_pieces(message_of([&] { static_cast<void>(provider.epilogue_values(other, streamed("c.activations"))); }),
               {"test.json: c.activations: found shape [1, 2, 4, 4], expected [1, 3, 4, 4]"});
}

TEST_CASE("a trace that is named only for tensors of epilogues, or for recordings, is read for them") {
  const temporary_folder folder;
  layer l = traced_convolution();
  l.operands = {.activations = dense_source{}, .weights = dense_source{}, .gradients = dense_source{}};
  l.epilogue = {streamed("t")};
  const std::vector<float> numbers(27, 2.5F);
  const auto file = folder.file("t", trace_builder().add("t", "F32", "1, 3, 3, 3", raw(numbers)).bytes());
  const network net = network_of({l}, file);
  const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
  CHECK(provider.epilogue_values(l, l.epilogue[0]) == numbers);
  l.epilogue.clear();
  l.recorded = recorded_output{.tensor = "t", .pool = std::nullopt};
  const network recording = network_of({l}, file);
  CHECK(operand_provider(recording, std::nullopt, formats_of(machine_mode::fp32_training)).recorded_values(l) ==
        numbers);
}

TEST_CASE("what a traced layer should have recorded is never made up") {
  const temporary_folder folder;
  const network net = network_of({traced_convolution()}, folder.file("t", with_weights(sound_activations()).bytes()));
  const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
  for (const std::string tensor : {"c.output", "elsewhere.output", "c.scale"}) {
    CHECK(message_of([&] { static_cast<void>(provider.epilogue_values(net.layers[0], streamed(tensor))); }) != "");
  }
  CHECK(provider.epilogue_values(like_input(net.layers[0]), streamed("c.activations"))[0] == 1);
}

TEST_CASE("the shipped workloads pass their own check, and their trace gives its densities") {
  const std::string folder = std::string(DLAC_SOURCE_DIR) + "/workloads/";
  for (const std::string name : {"resnet18", "resnet34", "resnet34-synthetic", "resnet50", "resnet152"}) {
    const network net = read_network(folder + name + ".json");
    std::vector<const layer*> layers;
    for (const layer& l : net.layers) {
      layers.push_back(&l);
    }
    const operand_provider provider(net, std::nullopt, formats_of(machine_mode::fp32_training));
    CHECK_NOTHROW(provider.check_forward(layers, true));
    if (name == "resnet34") {
      CHECK(provider.weight_mask(net.layers[1]).bits.count() == 21898);
      CHECK(provider.activation_mask(net.layers[1]).bits.count() == 94513);
    }
  }
}

}  // namespace dlac
