// Traces: headers, dtypes, contents, and what is refused.

#include "sim/trace/safetensors.h"

#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <stdexcept>

#include "sim/trace/tensor_data.h"
#include "sim/trace/trace_summary.h"
#include "tests/unit/trace_file.h"

namespace dlac {
namespace {

using test::check_pieces;
using test::message_of;
using test::raw;
using test::safetensors_bytes;
using test::temporary_folder;
using test::trace_builder;

/// The message that opening a file of these bytes gives.
std::string opening(const std::string& bytes) {
  const temporary_folder folder;
  const std::string path = folder.file("hostile.safetensors", bytes);
  std::string message = message_of([&] { const safetensors_file file(path); });
  check_pieces(message, {path});
  CHECK(message.find('\n') == std::string::npos);
  return message;
}

/// The same for a header before four bytes of data.
std::string opening_header(const std::string& header) {
  return opening(safetensors_bytes(header, "\1\2\3\4"));
}

/// A tensor's entry in a header.
std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return fmt::format(R"({{"dtype":"{}","shape":{},"data_offsets":{}}})", dtype, shape, offsets);
}

/// The same for a file with one packed tensor `name` and this text for the metadata "shapes".
std::string opening_packed(const std::string& name, const std::string& shapes, const std::string& bytes) {
  const std::string tensor = entry("U8", fmt::format("[{}]", bytes.size()), fmt::format("[0,{}]", bytes.size()));
  return opening(
      safetensors_bytes(fmt::format(R"({{"__metadata__":{{"shapes":"{}"}},"{}":{}}})", shapes, name, tensor), bytes));
}

}  // namespace

TEST_CASE("a sound file is viewed: names, types, shapes, metadata and bytes") {
  const temporary_folder folder;
  const std::string path =
      folder.file("sound.safetensors", trace_builder()
                                           .add("c.scale", "F32", "2", raw<float>({1.5F, -2}))
                                           .add("c.activations", "F16", "1, 1, 1, 3", raw<std::uint16_t>({0, 1, 2}))
                                           .add_packed("c.weights.t2", "2, 3", std::string("\x21\x02", 2))
                                           .add("c.none", "I8", "0", "")
                                           .bytes());
  const safetensors_file file(path);
  CHECK(file.path() == path);
  REQUIRE(file.tensors().size() == 4);
  REQUIRE(file.find("c.scale") != nullptr);
  CHECK(float_values(*file.find("c.scale")) == std::vector<float>{1.5F, -2});
  CHECK(file.find("c.activations")->dtype == tensor_dtype::f16);
  CHECK(file.find("c.weights.t2")->shape == std::vector<std::uint64_t>{2});
  CHECK(file.find("c.weights.t2")->packed_shape == std::vector<std::uint64_t>{2, 3});
  CHECK(file.find("c.none")->data.empty());
  CHECK(file.find("absent") == nullptr);
  CHECK(file.metadata().count("shapes") == 1);
}

TEST_CASE("a moved file keeps its views") {
  const temporary_folder folder;
  safetensors_file first(folder.file("a", trace_builder().add("x", "F32", "1", raw<float>({3})).bytes()));
  const safetensors_file second(std::move(first));
  CHECK(float_values(*second.find("x")) == std::vector<float>{3});
}

TEST_CASE("what is no readable file") {
  const temporary_folder folder;
  const auto open = [](const std::string& path) { return message_of([&] { const safetensors_file file(path); }); };
  check_pieces(open(folder.path("")), {"found a directory", "expected a readable safetensors file"});
  check_pieces(open(folder.path("none")), {"/none", "No such file"});
  check_pieces(open(folder.file("empty", "")), {"/empty", "found an empty file"});
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  check_pieces(open(folder.path("pipe")), {"found not a regular file"});
  check_pieces(open("/dev/null"), {"found not a regular file"});
}

TEST_CASE("hostile header lengths") {
  check_pieces(opening("1234567"), {"found 7 bytes", "expected at least 8 bytes"});
  check_pieces(opening(safetensors_bytes(0, "", "")), {"found a header length of 0"});
  check_pieces(opening(safetensors_bytes(3, "{}", "")), {"a header length of 3 bytes", "the file's other 2 bytes"});
  check_pieces(opening(safetensors_bytes(std::uint64_t{1} << 63U, "{}", "")),
               {"a header length of 9223372036854775808 bytes"});
  check_pieces(opening(safetensors_bytes(~std::uint64_t{0}, "{}", "")), {"18446744073709551615 bytes"});
}

TEST_CASE("a header longer than the format allows is not parsed") {
  const temporary_folder folder;
  const std::string path = folder.file("long", safetensors_bytes(100'000'001, "{}", ""));
  std::filesystem::resize_file(path, 100'000'100);
  check_pieces(message_of([&] { const safetensors_file file(path); }),
               {"a header length of 100000001 bytes", "at most 100000000 bytes"});
}

TEST_CASE("headers that are no JSON object") {
  check_pieces(opening_header("{"), {"header: line 1, column"});
  check_pieces(opening_header("{} x"), {"header: line 1, column"});
  check_pieces(opening_header("{\"\xff\":1}"), {"header: line 1, column"});
  check_pieces(opening_header("   "), {"header: ", "expected JSON"});
  check_pieces(opening_header("[1]"), {"header: found JSON of type array", "expected an object"});
  check_pieces(opening_header("7"), {"found JSON of type number"});
  check_pieces(opening_header(std::string(100'000, '[')), {"nesting"});
  check_pieces(opening_header(R"({"a":1,"a":2})"), {R"("a")", "once"});
  check_pieces(opening_header(R"({"a":{"dtype":"U8","dtype":"I8"}})"), {R"("dtype")", "once"});
}

TEST_CASE("entries with missing, unknown or wrong parts") {
  check_pieces(opening_header(R"({"a":7})"), {"a: found an entry of type number", "dtype, shape and data_offsets"});
  check_pieces(opening_header(R"({"a":{"dtype":"U8","shape":[4]}})"), {R"(a: found no key "data_offsets")"});
  check_pieces(opening_header(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":1}})"),
               {R"(a: found an unknown key "x")"});
  check_pieces(opening_header(R"({"a":)" + entry("BF16", "[3]", "[0,4]") + "}"),
               {"a: found data_offsets of 4 bytes", "expected 6 bytes for BF16 [3]"});
  check_pieces(opening_header(R"({"a":)" + entry("", "[4]", "[0,4]") + "}"), {"a: found an empty dtype"});
  check_pieces(opening_header(R"({"a":{"dtype":1,"shape":[4],"data_offsets":[0,4]}})"), {"a dtype of type number"});
}

TEST_CASE("a NUL byte is no end of a header") {
  check_pieces(opening_header(std::string("{}\0}}garbage", 12)),
               {"header: line 1, column 3: found a NUL byte, expected JSON"});
  check_pieces(opening_header(std::string("\0{}", 3)), {"header: line 1, column 1: found a NUL byte"});
}

TEST_CASE("tensors that no layer uses may be of any dtype and any name") {
  const temporary_folder folder;
  const std::string path = folder.file("other", trace_builder()
                                                    .add("bn.num_batches_tracked", "I64", "", std::string(8, '\1'))
                                                    .add("e.new", "F6_E2M3", "4", "\1\2\3")
                                                    .add("attention.mask", "BOOL", "2, 2", std::string(4, '\1'))
                                                    .add("attention.t2", "U8", "3", "\1\2\3")
                                                    .add("c.scale", "F32", "2", raw<float>({1.5F, -2}))
                                                    .bytes());
  const safetensors_file file(path);
  CHECK(file.find("bn.num_batches_tracked")->dtype == tensor_dtype::other);
  CHECK(format_name(*file.find("bn.num_batches_tracked")) == "I64");
  CHECK(format_name(*file.find("attention.mask")) == "BOOL");
  CHECK(logical_shape(*file.find("attention.mask")) == std::vector<std::uint64_t>{2, 2});
  CHECK(nonzero_bits(*file.find("attention.t2"), 3).count() == 3);
  CHECK(float_values(*file.find("c.scale"))[1] == -2);
  CHECK_THROWS_AS(static_cast<void>(nonzero_bits(*file.find("e.new"), 4)), std::logic_error);
  CHECK_THROWS_AS(static_cast<void>(float_values(*file.find("e.new"))), std::logic_error);
  const trace_check_result result = check_trace(path, formats_of(machine_mode::fp16_inference));
  CHECK(result.tensors == 5);
  CHECK(result.unused_dtypes == 3);
  CHECK(result.float_values == 2);
  check_pieces(format_table(summarise_trace(file)), {"BOOL     [2, 2]         4           -      4\n"});
  // Under a layer's name it has to be what a layer can use.
  const std::string named = folder.file("named", trace_builder().add("c.weights", "F1", "1", "\1").bytes());
  check_pieces(message_of([&] { check_trace(named, formats_of(machine_mode::fp16_inference)); }),
               {"c.weights: found format F1, expected F32, F16, I8 or ternary for weights"});
}

TEST_CASE("hostile shapes") {
  const auto with_shape = [](const std::string& shape) {
    return opening_header(R"({"a":)" + entry("U8", shape, "[0,4]") + "}");
  };
  check_pieces(with_shape("4"), {"a: found a shape of type number", "an array of non-negative integers"});
  check_pieces(with_shape("[-4]"), {"a: found -4 in the shape"});
  check_pieces(with_shape("[4.0]"), {"a: found 4.0 in the shape"});
  check_pieces(with_shape("[18446744073709551616]"), {"in the shape"});
  check_pieces(with_shape("[\"4\"]"), {"a: found string in the shape"});
  check_pieces(with_shape("[4294967296,4294967296,2]"), {"found shape [4294967296, 4294967296, 2]", "below 2^64"});
  check_pieces(with_shape("[1,1,1,1,1,1,1,1,4]"), {"a shape of 9 dimensions", "at most 8"});
  check_pieces(with_shape("[5]"), {"found data_offsets of 4 bytes", "expected 5 bytes for U8 [5]"});
  // Times four this is 4 in 64 bits.
  check_pieces(opening_header(R"({"a":)" + entry("F32", "[4611686018427387905]", "[0,4]") + "}"), {"below 2^64"});
}

TEST_CASE("hostile offsets") {
  const auto with_offsets = [](const std::string& offsets) {
    return opening_header(R"({"a":)" + entry("U8", "[4]", offsets) + "}");
  };
  check_pieces(with_offsets("[4,0]"), {"a: found data_offsets [4, 0]", "begin not after end"});
  check_pieces(with_offsets("[0,5]"), {"data_offsets [0, 5]", "within the 4 bytes of data"});
  check_pieces(with_offsets("[18446744073709551612,18446744073709551615]"), {"within the 4 bytes of data"});
  check_pieces(with_offsets("[0]"), {"no pair of non-negative integers"});
  check_pieces(with_offsets("[-1,3]"), {"no pair of non-negative integers"});
  check_pieces(with_offsets("{}"), {"no pair of non-negative integers"});
}

TEST_CASE("tensors that do not cover the data exactly") {
  const auto two = [](const std::string& first, const std::string& second) {
    return opening_header(R"({"a":)" + first + R"(,"b":)" + second + "}");
  };
  check_pieces(two(entry("U8", "[3]", "[0,3]"), entry("U8", "[2]", "[2,4]")),
               {R"(b: found data that overlaps tensor "a")", "a begin of 3"});
  check_pieces(two(entry("U8", "[4]", "[0,4]"), entry("U8", "[4]", "[0,4]")), {"b: found data that overlaps"});
  check_pieces(two(entry("U8", "[1]", "[0,1]"), entry("U8", "[2]", "[2,4]")),
               {"b: found 1 bytes before it that belong to no tensor", "a begin of 1"});
  check_pieces(two(entry("U8", "[1]", "[0,1]"), entry("U8", "[2]", "[1,3]")), {"found 1 bytes after the last tensor"});
  check_pieces(opening_header("{}"), {"found 4 bytes after the last tensor"});
}

TEST_CASE("hostile metadata") {
  check_pieces(opening_header(R"({"__metadata__":[]})"), {"__metadata__: found a value of type array"});
  const std::string sound = R"(,"a":)" + entry("U8", "[4]", "[0,4]") + "}";
  check_pieces(opening_header(R"({"__metadata__":{"x":1})" + sound), {"__metadata__/x: found a value of type number"});
  const auto with_shapes = [&](const std::string& shapes) {
    return opening_header(R"({"__metadata__":{"shapes":")" + shapes + R"("})" + sound);
  };
  check_pieces(with_shapes("[]"), {"__metadata__/shapes: found JSON of type array"});
  check_pieces(with_shapes("{"), {"__metadata__/shapes: line 1"});
  check_pieces(with_shapes(R"({\"b.mask\":[1]})"),
               {"__metadata__/shapes/b.mask: found a tensor that the file does not"});
  check_pieces(with_shapes(R"({\"a\":[4]})"), {"__metadata__/shapes/a: found a tensor that is not packed"});
}

TEST_CASE("hostile packed tensors") {
  check_pieces(opening_packed("a.mask", R"({\"a.mask\":[17]})", "\1\1"),
               {"a.mask: found 2 bytes", "3 bytes for", "[17]"});
  check_pieces(opening_packed("a.t2", R"({\"a.t2\":[2, 4]})", "\1"), {"a.t2: found 1 bytes", "2 bytes for", "[2, 4]"});
  check_pieces(opening_packed("a.mask", R"({\"a.mask\":[18446744073709551615, 2]})", "\1"), {"below 2^64 elements"});
  check_pieces(opening_packed("a.mask", R"({\"a.mask\":[18446744073709551615]})", "\1"), {"2305843009213693952 bytes"});
  check_pieces(opening_packed("a.mask", R"({\"a.mask\":[-8]})", "\1"), {"__metadata__/shapes/a.mask: found -8"});
  check_pieces(opening_packed("a.mask", R"({\"a.mask\":[9]})", "\1\2"), {"a.mask: found bits set after the last"});
  check_pieces(opening_packed("a.t2", R"({\"a.t2\":[5]})", "\1\4"), {"a.t2: found bits set after the last"});
  check_pieces(
      opening_header(R"({"__metadata__":{"shapes":"{\"a.mask\":[4]}"},"a.mask":)" + entry("I8", "[4]", "[0,4]") + "}"),
      {"__metadata__/shapes/a.mask: found the shape of a tensor of dtype I8", "U8 for a packed tensor"});
}

TEST_CASE("names that would break a line are escaped") {
  check_pieces(opening_header(R"({"a\nb":7})"), {R"(a\nb: found)"});
}

TEST_CASE("non-zero bits of every format, +0 and -0 are zero, NaN and the smallest subnormal are not") {
  const temporary_folder folder;
  const safetensors_file file(
      folder.file("formats", trace_builder()
                                 .add("odd", "U8", "1", "\1")  // what follows is not aligned
                                 .add("f16", "F16", "5", raw<std::uint16_t>({0, 0x8000, 1, 0x7e00, 0xbc00}))
                                 .add("f32", "F32", "4", raw<std::uint32_t>({0, 0x80000000, 1, 0x7fc00000}))
                                 .add("i8", "I8", "3", raw<std::int8_t>({-1, 0, 1}))
                                 .add_packed("m.mask", "3, 4", std::string("\x35\x08", 2))
                                 .add_packed("w.t2", "5", std::string("\x18\x02", 2))  // 0 -1 +1 0 | -1
                                 .bytes()));
  const auto bits = [&](const std::string& name) {
    const bit_matrix one_row = nonzero_bits(*file.find(name), element_count(*file.find(name)));
    return one_row.row(0)[0];
  };
  CHECK(bits("f16") == 0b11100);
  CHECK(bits("f32") == 0b1100);
  CHECK(bits("i8") == 0b101);
  CHECK(bits("m.mask") == 0x835);
  CHECK(bits("w.t2") == 0b10110);
  CHECK(float_values(*file.find("w.t2")) == std::vector<float>{0, -1, 1, 0, -1});
  CHECK(float_values(*file.find("i8")) == std::vector<float>{-1, 0, 1});
  CHECK(float_values(*file.find("f16"))[4] == -1);
  const bit_matrix rows = nonzero_bits(*file.find("m.mask"), 4);
  REQUIRE(rows.rows() == 3);
  CHECK(rows.row(0)[0] == 0x5);
  CHECK(rows.row(1)[0] == 0x3);
  CHECK(rows.row(2)[0] == 0x8);
}

TEST_CASE("bits of long tensors agree with their values, at every length around a word") {
  for (const std::uint64_t count : {1, 31, 32, 33, 63, 64, 65, 127, 200}) {
    std::vector<std::uint16_t> halves;
    std::string codes((count + 3) / 4, '\0');
    for (std::uint64_t i = 0; i < count; ++i) {
      halves.push_back(i % 3 == 0 ? 0 : 0x3c00);
      codes[i / 4] = static_cast<char>(codes[i / 4] | static_cast<char>((i % 3) << (2 * (i % 4))));
    }
    const temporary_folder folder;
    const std::string n = std::to_string(count);
    const safetensors_file file(
        folder.file("x", trace_builder().add("h", "F16", n, raw(halves)).add_packed("w.t2", n, codes).bytes()));
    const bit_matrix from_halves = nonzero_bits(*file.find("h"), count);
    CHECK(from_halves.count() == count - (count + 2) / 3);
    CHECK(nonzero_bits(*file.find("w.t2"), count) == from_halves);
    const std::vector<float> values = float_values(*file.find("w.t2"));
    for (std::uint64_t i = 0; i < count; ++i) {
      CHECK((values[i] != 0) == from_halves.test(0, i));
    }
  }
}

TEST_CASE("check_trace finds what opening leaves: values, codes, and layers that do not fit together") {
  const temporary_folder folder;
  const auto checking = [&](const trace_builder& builder) {
    return message_of(
        [&] { check_trace(folder.file("x", builder.bytes()), formats_of(machine_mode::fp16_inference)); });
  };
  std::vector<float> values(100);
  values[70] = std::numeric_limits<float>::quiet_NaN();
  check_pieces(checking(trace_builder().add("x", "F32", "100", raw(values))), {"x[70]: found NaN", "a finite number"});
  check_pieces(checking(trace_builder().add("x", "F16", "2", raw<std::uint16_t>({0x7bff, 0xfc00}))),
               {"x[1]: found -infinity"});
  check_pieces(checking(trace_builder().add("c.weights", "I8", "1, 2", raw<std::int8_t>({1, -2}))),
               {"c.weights[1]: found -2", "expected -1, 0 or 1"});
  check_pieces(checking(trace_builder().add_packed("c.weights.t2", "1, 40", std::string(9, '\0') + "\x30")),
               {"c.weights.t2[38]: found code 3"});
  check_pieces(checking(trace_builder().add("c.bias", "F16", "1", raw<std::uint16_t>({0}))),
               {"c.bias: found format F16", "F32 for bias"});
  check_pieces(checking(trace_builder().add("c.activations", "F32", "1", raw<float>({0}))),
               {"c.activations: found shape [1]", "four dimensions"});
  check_pieces(checking(trace_builder()
                            .add("c.weights", "F32", "2, 1", raw<float>({1, 2}))
                            .add("c.scale", "F32", "1", raw<float>({1}))),
               {"c.scale: found 1 channels", "expected 2"});
}

TEST_CASE("check_trace: the range of the mode that a run would have") {
  const temporary_folder folder;
  const auto checking = [&](const std::string& name, const std::string& shape, machine_mode mode) {
    return message_of([&] {
      check_trace(folder.file("x", trace_builder().add(name, "F32", shape, raw<float>({1, 7e4F})).bytes()),
                  formats_of(mode));
    });
  };
  for (const std::string name : {"c.activations", "c.weights", "c.output"}) {
    check_pieces(checking(name, "1, 2, 1, 1", machine_mode::fp16_inference),
                 {name + "[1]: found 70000, expected a number that fp16 holds: of a magnitude below 65520, from "
                         "where it rounds to infinity"});
    CHECK(checking(name, "1, 2, 1, 1", machine_mode::fp32_training) == "");
  }
  CHECK(checking("c.bias", "2", machine_mode::fp16_inference) != "");
  // What no machine in fp16 mode holds: gradients are of training, and this name is nobody's.
  CHECK(checking("c.gradients", "1, 2, 1, 1", machine_mode::fp16_inference) == "");
  CHECK(checking("c.running_var", "2", machine_mode::fp16_inference) == "");
}

TEST_CASE("the largest magnitude, at every length and place") {
  for (const std::size_t count : {1, 2, 63, 64, 65, 200}) {
    for (std::size_t place = 0; place < count; place += 1 + count / 7) {
      std::vector<float> floats(count, -1);
      floats[place] = -3e38F;
      std::vector<std::uint16_t> halves(count, 0x3c00);
      halves[place] = 0xfbff;
      const temporary_folder folder;
      const std::string n = std::to_string(count);
      const safetensors_file file(folder.file("x", trace_builder()
                                                       .add("odd", "U8", "1", "\1")
                                                       .add("f", "F32", n, raw(floats))
                                                       .add("h", "F16", n, raw(halves))
                                                       .bytes()));
      CHECK(largest_magnitude(*file.find("f")) == 3e38F);
      CHECK(largest_magnitude(*file.find("h")) == 65504);
      CHECK(largest_magnitude(*file.find("odd")) == 0);
    }
  }
  const temporary_folder folder;
  const safetensors_file file(
      folder.file("x", trace_builder()
                           .add("f", "F32", "2", raw<float>({1, std::numeric_limits<float>::quiet_NaN()}))
                           .add("h", "F16", "2", raw<std::uint16_t>({0xfe00, 1}))
                           .add("none", "F32", "0", "")
                           .bytes()));
  CHECK(std::isinf(largest_magnitude(*file.find("f"))));
  CHECK(std::isinf(largest_magnitude(*file.find("h"))));
  CHECK(largest_magnitude(*file.find("none")) == 0);
}

TEST_CASE("the shipped traces are sound and hold what their README says") {
  const std::string folder = std::string(DLAC_SOURCE_DIR) + "/traces/";
  const trace_check_result inference =
      check_trace(folder + "resnet34-inference.safetensors", formats_of(machine_mode::fp16_inference));
  CHECK(inference.layers == 37);
  CHECK(inference.tensors == 149);
  CHECK(inference.ternary_codes == 21258240);
  CHECK(check_trace(folder + "resnet34-training.safetensors", formats_of(machine_mode::fp32_training)).mask_bits ==
        7175168);

  const trace_summary summary = summarise_trace(safetensors_file(folder + "resnet34-inference.safetensors"));
  REQUIRE(summary.layers.size() == 37);
  CHECK(summary.layers.front().name == "conv1");
  CHECK(summary.layers.back().name == "fc");
  const layer_summary& layer = summary.layers[1];
  CHECK(layer.name == "layer1.0.conv1");
  CHECK(layer.tensors[0].format == "ternary");
  CHECK(layer.tensors[0].density() == doctest::Approx(0.5940).epsilon(0.001));
  const std::string table = format_table(summary);
  check_pieces(table, {"layer1.0.conv1", "[64, 64, 3, 3]", "59.40", "batch 1, 224x224"});
}

}  // namespace dlac
