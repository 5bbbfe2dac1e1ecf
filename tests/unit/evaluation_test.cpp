// How often a network is right: results of images that are their own classes.

#include "sim/evaluation/image_test.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/evaluation/evaluation_report.h"
#include "sim/workload/network.h"
#include "tests/unit/bad_input.h"
#include "tests/unit/schema_follows.h"
#include "tests/unit/small_machine.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

constexpr std::size_t classes = 3;

class listed_images : public labelled_images {
 public:
  listed_images(std::vector<floats> images, std::vector<std::uint32_t> labels, bool are_pictures)
      : images_(std::move(images)), labels_(std::move(labels)), are_pictures_(are_pictures) {}
  [[nodiscard]] std::size_t count() const override { return images_.size(); }
  [[nodiscard]] std::uint32_t label(std::size_t index) const override { return labels_[index]; }
  void read(std::size_t index, std::span<float> values) const override {
    std::copy(images_[index].begin(), images_[index].end(), values.begin());
  }
  [[nodiscard]] bool are_pictures() const override { return are_pictures_; }

 private:
  std::vector<floats> images_;
  std::vector<std::uint32_t> labels_;
  bool are_pictures_;
};

/// Of a network whose classes are the image's channels.
class tested_network {
 public:
  [[nodiscard]] static json layers() {
    return {{{"name", "fc"},
             {"type", "conv2d"},
             {"input", "image"},
             {"in_channels", classes},
             {"out_channels", classes},
             {"input_size", {1, 1}},
             {"kernel", {1, 1}},
             {"weight_format", "full"}}};
  }
  explicit tested_network(const json& more = json::object()) {
    json file = {{"name", "same"}, {"image", {classes, 1, 1}}, {"trace", "same.safetensors"}, {"layers", layers()}};
    file.update(more);
    static_cast<void>(folder_.file(
        "same.safetensors",
        trace_builder().add("fc.weights", "F32", "3, 3, 1, 1", raw(floats{1, 0, 0, 0, 1, 0, 0, 0, 1})).bytes()));
    net = read_network(folder_.file("same.json", file.dump()));
    make_functional(net, "test");
    config = machine_with({{"activations", "fp32"}, {"weights", "fp32"}, {"accumulator", "fp32"}, {"output", "fp32"}});
  }

  [[nodiscard]] test_outcome test(const std::vector<floats>& images, const std::vector<std::uint32_t>& labels,
                                  const image_results* fp32 = nullptr, image_results* results = nullptr,
                                  bool are_pictures = false) const {
    const listed_images listed(images, labels, are_pictures);
    return test_images({.config = config, .net = net, .trace = {}, .images = listed, .count = images.size()}, fp32,
                       results);
  }

  accelerator_config config;
  network net;

 private:
  temporary_folder folder_;
};

TEST_CASE("evaluation: of equal numbers the first class counts, and results are in the order of images") {
  const tested_network network;
  image_results results;
  std::vector<floats> images(20, {0, 0, 1});
  images[16] = images[17] = images[18] = {5, 5, 1};
  std::vector<std::uint32_t> labels(20, 2);
  labels[16] = labels[17] = 0;
  labels[18] = 1;
  labels[3] = 0;
  const auto outcome = network.test(images, labels, nullptr, &results);
  CHECK(outcome.images == 20);
  CHECK(outcome.classes == classes);
  CHECK(outcome.top1 == 18);
  CHECK(outcome.top5 == 20);
  CHECK(outcome.not_finite == 0);
  CHECK(outcome.weights.zeros == 6);
  CHECK(outcome.activations.elements == 60);
  CHECK(outcome.activations.zeros == 34);
  REQUIRE(results.values.size() == 60);
  CHECK(results.of(18)[0] == 5);
  CHECK(results.of(19)[2] == 1);
  image_results other = results;
  other.values[0] = 9;   // another class
  other.values[5] = 11;  // noise alone
  const auto beside = network.test(images, labels, &other);
  CHECK(beside.agreeing == 19);
  CHECK(beside.sqnr_db.layers == 2);
}

TEST_CASE("evaluation: pictures are scaled channel by channel, other images are not") {
  const json pixels = {{"image_pixels", {{"mean", {0, 0.5, 0}}, {"deviation", {1, 0.25, 0.5}}}}};
  const tested_network network(pixels);
  image_results pictures;
  static_cast<void>(network.test({{1, 1, 1}}, {0}, nullptr, &pictures, true));
  CHECK(pictures.values == floats{1, 2, 2});
  image_results numbers;
  static_cast<void>(network.test({{1, 1, 1}}, {0}, nullptr, &numbers, false));
  CHECK(numbers.values == floats{1, 1, 1});
}

TEST_CASE("evaluation: both operands of a product of feature maps are those of the image") {
  json layers = tested_network::layers();
  layers.push_back({{"name", "square"},
                    {"type", "matmul"},
                    {"batch", classes},
                    {"m", 1},
                    {"k", 1},
                    {"n", 1},
                    {"input", "fc"},
                    {"columns_from", "fc"}});
  const tested_network network(json{{"layers", layers}});
  image_results results;
  static_cast<void>(network.test({{1, 2, 3}, {4, 0, -5}}, {2, 2}, nullptr, &results));
  CHECK(results.values == floats{1, 4, 9, 16, 0, 25});
}

TEST_CASE("evaluation: ranges are of all images that are asked for, and of no others") {
  const tested_network network;
  const listed_images images({{9, 0, 0}, {1, -2, 0}, {0, 3, 0}, {0, -9, 0}}, {0, 0, 0, 0}, false);
  const auto ranges = calibrate({.config = network.config, .net = network.net, .trace = {}, .images = images}, 1, 2);
  CHECK(ranges == known_ranges{{"fc.activations", {-2, 3}}, {"fc.output", {-2, 3}}});
}

TEST_CASE("evaluation: the schema describes exactly the keys that are written, and CSV has those of rows") {
  evaluation e;
  e.network = "same";
  e.data = "set";
  e.data_kind = "IDX";
  e.rows.resize(2);
  e.rows[1].numbers = "int8";
  test_outcome& test = e.rows[1].test;
  test.images = 8;
  test.classes = 10;
  test.top1 = 4;
  test.top5 = 6;
  test.agreeing = 2;
  const nlohmann::ordered_json schema = evaluation_schema();
  nlohmann::ordered_json written = evaluation_json(e, "dlac evaluate");
  CHECK(schema["required"].get<std::vector<std::string>>() == keys_of(written));
  CHECK(schema["properties"]["schema"]["const"] == written["schema"]);
  check_follows(written["data"], schema["properties"]["data"], "/data");
  check_follows(written["rows"][0], schema["properties"]["rows"]["items"], "/rows/0");
  CHECK(written["rows"][0]["top5"].is_null());
  CHECK(written["rows"][1]["top1"] == 0.5);
  CHECK(written["rows"][1]["top5"] == 0.75);
  CHECK(written["rows"][1]["agreement"] == 0.25);
  e.search_margin = 0.01;
  e.found = 1;
  written = evaluation_json(e, "dlac evaluate");
  CHECK(keys_of(schema["properties"]) == keys_of(written));
  check_follows(written["search"], schema["properties"]["search"], "/search");
  CHECK(written["search"]["found"] == "int8");
  const std::string csv = evaluation_csv(e);
  CHECK(csv.starts_with("numbers,formats.activations,formats.weights,formats.accumulator,ranges,images,"));
  CHECK(csv.find("\nint8,,,,tensor,8,10,0.5,0.75,0.25,,") != std::string::npos);
}

TEST_CASE("evaluation: a label that is no class is told with its image") {
  const tested_network network;
  const auto message = message_of([&] { static_cast<void>(network.test({{1, 0, 0}, {1, 0, 0}}, {0, 3})); });
  CHECK(message.find("image 1: found label 3, expected one of the 3 classes of \"same\"") != std::string::npos);
}

}  // namespace
}  // namespace dlac::test
