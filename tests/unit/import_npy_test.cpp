// Folders of NumPy arrays: the layers that they hold, their parameters, and what does not go together.

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "sim/api/import.h"
#include "sim/trace/safetensors.h"
#include "sim/trace/tensor_data.h"
#include "tests/unit/bad_input.h"
#include "tests/unit/npy_bytes.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using floats = std::vector<float>;

std::size_t count_of(const std::vector<std::size_t>& shape) {
  std::size_t count = 1;
  for (const std::size_t extent : shape) {
    count *= extent;
  }
  return count;
}

/// 0, 1/2, 1, ... in this shape.
std::string array(const std::vector<std::size_t>& shape, float step = 0.5F) {
  floats values(count_of(shape));
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i) * step;
  }
  for (const std::size_t extent : shape) {
    text += std::to_string(extent) + ", ";
  }
  return npy_bytes("<f4", text, raw(values));
}

class traces {
 public:
  traces& add(const std::string& name, const std::string& contents) {
    static_cast<void>(folder_.file(name, contents));
    return *this;
  }
  traces& layer(const std::string& name, const std::vector<std::size_t>& weights,
                const std::vector<std::size_t>& maps) {
    return add("wgt-" + name + ".npy", array(weights)).add("act-" + name + "-0.npy", array(maps));
  }
  [[nodiscard]] import_result import(const import_options& options = {}) const {
    return import_network(
        {.format = import_format::npy, .from = folder_.path(""), .folder = out_.path("out"), .options = options});
  }
  [[nodiscard]] std::vector<dlac::layer> layers() const { return import().net.layers; }
  [[nodiscard]] std::string message() const {
    return message_in(folder_, [&] { static_cast<void>(import()); });
  }

 private:
  temporary_folder folder_;
  temporary_folder out_;
};

TEST_CASE("import: layers of a NumPy folder, in the order of their names") {
  traces net;
  net.layer("conv10", {6, 2, 3, 5}, {1, 4, 8, 9})
      .layer("conv2", {6, 4, 1, 1}, {1, 4, 8, 8})
      .layer("fc", {10, 24}, {1, 6, 2, 2});
  net.layer("tokens", {5, 7}, {1, 3, 7})
      .layer("line", {4, 3, 5}, {1, 3, 11})
      .layer("head", {5, 24, 1, 1}, {1, 6, 2, 2});
  const auto layers = net.layers();
  REQUIRE(layers.size() == 6);
  CHECK(layers[0].name == "conv2");
  CHECK(layers[1].name == "conv10");
  CHECK(layers[1].groups == 2);
  CHECK(layers[1].in_channels == 4);
  CHECK(layers[1].out_channels == 6);
  CHECK(layers[1].input_size == size_2d{8, 9});
  CHECK(layers[1].kernel == size_2d{3, 5});
  CHECK(layers[1].stride == size_2d{1, 1});
  CHECK(layers[1].weights == weight_format::full);
  CHECK(layers[2].name == "fc");
  CHECK(layers[2].type == layer_type::linear);
  CHECK(layers[2].in_channels == 24);
  CHECK(layers[3].name == "head");
  CHECK(layers[3].type == layer_type::linear);
  CHECK(layers[4].name == "line");
  CHECK(layers[4].type == layer_type::conv1d);
  CHECK(layers[4].input_size == size_2d{1, 11});
  CHECK(layers[4].kernel == size_2d{1, 5});
  CHECK(layers[5].input_size == size_2d{1, 3});
  CHECK(layers[5].in_channels == 7);
}

TEST_CASE("import: stride and padding of model.csv and trace_params.csv, in their order") {
  traces net;
  net.layer("b-1", {6, 4, 3, 3}, {1, 4, 8, 8})
      .layer("a", {6, 4, 3, 3}, {1, 4, 8, 8})
      .layer("c", {6, 4, 3, 3}, {1, 4, 8, 8});
  net.add("bias-a.npy", array({6}));
  net.add("trace_params.csv", "b/1, 6,3,3, 2, 1\na,b/1,6,3,3,1,0\n");
  import_result result = net.import();
  REQUIRE(result.net.layers.size() == 2);
  CHECK(result.net.layers[0].name == "b-1");
  CHECK(result.net.layers[0].stride == size_2d{2, 2});
  CHECK(result.net.layers[0].padding == padding_2d(1, 1));
  CHECK(result.net.layers[1].padding == padding_2d{});
  CHECK(result.warnings ==
        std::vector<std::string>{
            "Layers that were left out, for want of a row or of weights: c",
            "Arrays that were passed over, neither wgt-LAYER.npy nor act-LAYER-BATCH.npy: bias-a.npy"});
  net.add("model.csv", "Layer,type,stride,padding\nc,conv,3,2\n");
  CHECK(net.layers().front().stride == size_2d{3, 3});
  CHECK(net.layers().front().padding == padding_2d(2, 2));
  CHECK(traces()
            .layer("a", {1, 1, 1, 1}, {1, 1, 1, 1})
            .import()
            .warnings.front()
            .starts_with("Arrays say nothing of stride"));
}

TEST_CASE("import: batches are images one after the other, ternary weights are codes, halves stay halves") {
  traces net;
  net.add("wgt-a.npy", npy_bytes("|i1", "2, 1, 1, 1", "\x01\xFF"));
  net.add("act-a-10.npy", npy_bytes("<f2", "1, 1, 1, 2", raw(std::vector<std::uint16_t>{0x3C00, 0})));
  net.add("act-a-9.npy", npy_bytes("<f2", "2, 1, 1, 2", raw(std::vector<std::uint16_t>{0x4000, 0, 0, 0x4200})));
  const import_result result = net.import();
  CHECK(result.net.batch == 3);
  CHECK(result.net.layers.front().weights == weight_format::ternary);
  REQUIRE(result.files.size() == 2);
  const safetensors_file trace(result.files[1]);
  CHECK(trace.find("a.weights")->dtype == tensor_dtype::i8);
  CHECK(float_values(*trace.find("a.weights")) == floats{1, -1});
  CHECK(trace.find("a.activations")->dtype == tensor_dtype::f16);
  CHECK(float_values(*trace.find("a.activations")) == floats{2, 0, 0, 3, 1, 0});
}

TEST_CASE("import: --ternary keeps the signs of large weights") {
  traces net;
  net.add("wgt-a.npy", npy_bytes("<f4", "1, 4", raw(floats{2, -2, 0.5F, 1.2F}))).add("act-a-0.npy", array({1, 4}));
  const import_result result = net.import({.ternary = true});
  const safetensors_file trace(result.files[1]);
  // The mean magnitude is 1.425: what is above 0.9975 stays.
  CHECK(float_values(*trace.find("a.weights")) == floats{1, -1, 0, 1});
  CHECK(result.warnings.back().starts_with("Weights above 0.7 times"));
  CHECK(net.layers().front().weights == weight_format::full);
}

TEST_CASE("import: what does not go together in a NumPy folder is told, and nothing is written") {
  const auto shapes = [](const std::vector<std::size_t>& weights, const std::vector<std::size_t>& maps) {
    return traces().layer("a", weights, maps).message();
  };
  CHECK(shapes({6, 3, 3, 3}, {1, 4, 8, 8})
            .starts_with("wgt-a.npy: found weights [6, 3, 3, 3] for activations [1, 4, 8, 8]"));
  CHECK(shapes({5, 2, 3, 3}, {1, 4, 8, 8}).starts_with("wgt-a.npy: found weights"));  // two groups, five filters
  CHECK(shapes({6, 5}, {1, 4}).starts_with("wgt-a.npy: found weights"));
  CHECK(shapes({6}, {1, 4}).starts_with("wgt-a.npy: found weights"));
  CHECK(shapes({6, 4, 3, 3, 3}, {1, 4, 8, 8, 8}).starts_with("wgt-a.npy: found weights"));
  CHECK(shapes({6, 4, 9, 3}, {1, 4, 8, 8}) ==
        "wgt-a.npy: found a filter of height 9, expected at most the 8 of the feature map");
  CHECK(traces().message().find("found 0 layers, expected 1 to 65536") != std::string::npos);
  CHECK(traces().add("wgt-a.npy", array({1, 1})).message().find("found no act-a-0.npy") != std::string::npos);
  traces net;
  net.layer("a", {6, 4, 3, 3}, {1, 4, 8, 8});
  const auto model = [&](const std::string& text) { return net.add("model.csv", text).message(); };
  CHECK(model("a,conv,1\n").starts_with("model.csv: row 1: found 3 fields, expected 4"));
  CHECK(model("a,lstm,1,0\n") == "model.csv: row 1: found \"lstm\", expected \"conv\" or \"fc\"");
  CHECK(model("a,conv,x,0\n").starts_with("model.csv: row 1, field 3: found \"x\""));
  CHECK(model("a,conv,1,0\nb,conv,1,0\n") ==
        "model.csv: row 2: found no wgt-b.npy, expected weights and activations of every layer");
  CHECK(model("a,conv,1,0\na,conv,1,0\n").starts_with("model.csv: row 2: found a second layer \"a\""));
  traces told;
  told.layer("a", {6, 4, 3, 3}, {1, 4, 8, 8}).add("trace_params.csv", "a,6,3,2,1,0\n");
  CHECK(told.message() == "trace_params.csv: row 1: found 2 columns of a filter, expected 3, as wgt-a.npy has");
  CHECK(told.add("trace_params.csv", "a,6,3\n").message() == "");
  CHECK(told.add("act-a-1.npy", array({1, 4, 8, 7}))
            .message()
            .starts_with("act-a-1.npy: found [1, 4, 8, 7], expected images as"));
  CHECK(traces()
            .layer("a", {1, 1}, {1, 1})
            .layer("b", {1, 1}, {2, 1})
            .message()
            .starts_with("act-b-0.npy: found 2 images"));
  CHECK(
      traces().layer("a", {1, 1}, {1, 1}).add("act-a-00.npy", array({1, 1})).message().find("batch 0 of \"a\" again") !=
      std::string::npos);
  CHECK(message_of([&] { static_cast<void>(net.import({.same_padding = true})); }).starts_with("--padding: found npy"));
}

TEST_CASE("import: nothing is written where an activation is no number") {
  const temporary_folder folder;
  static_cast<void>(folder.file("wgt-a.npy", array({1, 2})));
  static_cast<void>(
      folder.file("act-a-0.npy", npy_bytes("<f4", "1, 2", raw(floats{1, std::numeric_limits<float>::quiet_NaN()}))));
  const temporary_folder out;
  CHECK(message_of([&] {
          static_cast<void>(
              import_network({.format = import_format::npy, .from = folder.path(""), .folder = out.path("out")}));
        }).ends_with("act-a-0.npy: element 1: found nan, expected a finite float"));
  CHECK_FALSE(std::filesystem::exists(out.path("out")));
}

}  // namespace
}  // namespace dlac::test
