// `dlac evaluate`: number formats over labelled images, on networks whose results can be told by hand.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/run_program.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;
using floats = std::vector<float>;
using words = std::vector<std::string>;

constexpr int classes = 7;

/// Class i has the value image[i]: what is right can be read off the images.
json picker() {
  return {{"name", "picker"},
          {"image", {classes, 1, 1}},
          {"trace", "picker.safetensors"},
          {"layers",
           {{{"name", "flat"}, {"type", "flatten"}, {"input", "image"}},
            {{"name", "fc"},
             {"type", "linear"},
             {"in_features", classes},
             {"out_features", classes},
             {"weight_format", "full"}}}}};
}

class evaluated_folder {
 public:
  evaluated_folder() {
    floats identity(classes * classes);
    for (int i = 0; i < classes; ++i) {
      identity[static_cast<std::size_t>(i * classes + i)] = 1;
    }
    put("picker.safetensors", trace_builder().add("fc.weights", "F32", "7, 7", raw(identity)).bytes());
    put("picker.json", picker().dump());
    // Right; second; sixth; tied with a class before it; right by a hair that fp16 does not see.
    images({{0, 0, 3, 0, 0, 0, 0},
            {5, 4, 0, 0, 0, 0, 0},
            {9, 8, 7, 6, 5, 4, 3},
            {2, 0, 2, 0, 0, 0, 0},
            {1, 1.0001F, 0, 0, 0, 0, 0}},
           {2, 1, 5, 2, 1});
  }

  void put(const std::string& name, const std::string& contents) const {
    static_cast<void>(folder_.file(name, contents));
  }
  void images(const std::vector<floats>& images, const std::vector<std::uint8_t>& labels) const {
    floats values;
    for (const floats& image : images) {
      values.insert(values.end(), image.begin(), image.end());
    }
    put("set.safetensors", trace_builder()
                               .add("images", "F32", fmt::format("{}, 7, 1, 1", images.size()), raw(values))
                               .add("labels", "U8", fmt::format("{}", labels.size()), raw(labels))
                               .bytes());
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path(name); }
  [[nodiscard]] finished_program run(const words& more) const {
    words arguments = {"evaluate", path("picker.json"), "--data", path("set.safetensors")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  }
  /// The rows of the JSON.
  [[nodiscard]] json rows(words more) const {
    more.insert(more.end(), {"--format", "json"});
    const auto finished = run(more);
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    return json::parse(finished.out)["rows"];
  }

 private:
  temporary_folder folder_;
};

}  // namespace

TEST_CASE("evaluate: top-1, top-5 and agreement, counted by hand") {
  const evaluated_folder folder;
  const json rows = folder.rows({"--numbers", "fp16", "--simulate", "5"});
  REQUIRE(rows.size() == 2);
  const json& fp32 = rows[0];
  CHECK(fp32["numbers"] == "fp32");
  CHECK(fp32["images"] == 5);
  CHECK(fp32["classes"] == classes);
  CHECK(fp32["top1"] == 2.0 / 5);
  CHECK(fp32["top5"] == 4.0 / 5);
  CHECK(fp32["agreement"] == 1.0);
  CHECK(fp32["sqnr_db"].is_null());
  CHECK(fp32["zeros"]["weights"].get<double>() == doctest::Approx(42.0 / 49));
  CHECK(fp32["zeros"]["activations"].get<double>() == doctest::Approx(21.0 / 35));
  CHECK(fp32["checked"] == json({{"images", 5}, {"results", 35}, {"values", 0}}));
  // 1.0001 becomes 1, and the class before it is the first of the largest.
  const json& fp16 = rows[1];
  CHECK(fp16["top1"] == 1.0 / 5);
  CHECK(fp16["top5"] == 4.0 / 5);
  CHECK(fp16["agreement"] == 4.0 / 5);
  // Of the only image that differs: noise 1e-4 beside 1 and 1.0001.
  CHECK(fp16["sqnr_db"].get<double>() == doctest::Approx(10 * std::log10((1 + 1.0001 * 1.0001) / 1e-8)).epsilon(0.001));
  CHECK(fp16["model_bytes"] == 98);
  CHECK(fp32["model_bytes"] == 196);
}

TEST_CASE("evaluate: an image costs what dlac run says that it does") {
  const evaluated_folder folder;
  const json row = folder.rows({"--numbers", "int8-absmax"})[1];
  folder.put("image.safetensors",
             trace_builder().add("image", "F32", "1, 7, 1, 1", raw(floats{0, 0, 3, 0, 0, 0, 0})).bytes());
  const auto run = run_program({"run", folder.path("picker.json"), "--functional", "--engine", "fast", "--numbers",
                                "int8-absmax", "--image", folder.path("image.safetensors"), "--format", "json"});
  REQUIRE(run.exit_code == 0);
  const json totals = json::parse(run.out)["totals"];
  CHECK(row["cycles"] == totals["cycles"]);
  CHECK(row["energy_mj"].get<double>() == doctest::Approx(totals["energy_mj"].get<double>()).epsilon(1e-12));
  std::uint64_t bytes = 0;
  for (const auto& [of, count] : totals["traffic_bytes"].items()) {
    bytes += count.get<std::uint64_t>();
  }
  CHECK(row["off_chip_bytes"] == bytes);
  CHECK(row["model_bytes"] == totals["model_bytes"]);
}

TEST_CASE("evaluate: an image's result hangs on no other, on no number of threads, and is what the PEs compute") {
  const evaluated_folder folder;
  const words numbers = {"--numbers", "int8-absmax", "--numbers", "mls-4-simple-shift", "--numbers", "bf16"};
  words one = numbers;
  one.insert(one.end(), {"--jobs", "1"});
  words two = numbers;
  two.insert(two.end(), {"--jobs", "3", "--engine", "systemc", "--simulate", "5"});
  json slow = folder.rows(one);
  json quick = folder.rows(two);
  for (std::size_t i = 0; i < slow.size(); ++i) {
    CHECK(quick[i]["checked"]["values"] == 35);
    for (const char* const key : {"top1", "top5", "agreement", "sqnr_db", "zeros", "model_bytes", "saturated_sums"}) {
      CHECK(slow[i][key] == quick[i][key]);
    }
  }
  // The fourth image alone: its range is its own.
  folder.images({{2, 0, 2, 0, 0, 0, 0}}, {0});
  CHECK(folder.rows({"--numbers", "int8-absmax"})[1]["top1"] == 1.0);
}

TEST_CASE("evaluate: ranges come from images that are not tested") {
  const evaluated_folder folder;
  // Tested on the first two, calibrated on the next two: 100 is far beyond 4, and saturates.
  folder.images({{100, 50, 0, 0, 0, 0, 0}, {1, 3, 0, 0, 0, 0, 0}, {4, 0, 0, 0, 0, 0, 0}, {0, -2, 0, 0, 0, 0, 0}},
                {0, 1, 0, 0});
  const auto finished = folder.run(
      {"--images", "2", "--calibrate", "2", "--numbers", "int8-absmax", "--out", folder.path("out"), "--jobs", "1"});
  REQUIRE_MESSAGE(finished.exit_code == 0, finished.err);
  const json ranges = json::parse(contents_of(folder.path("out/ranges.json")));
  CHECK(ranges == json({{"fc.activations", {-2, 4}}, {"fc.output", {-2, 4}}}));
  const json written = json::parse(contents_of(folder.path("out/evaluation.json")));
  CHECK(written["schema"] == "dlac-evaluation/1");
  CHECK(written["calibrated_on"] == "2 images behind the tested ones");
  CHECK(written["rows"][0]["ranges"] == "tensor");
  CHECK(written["rows"][1]["ranges"] == "calibrated");
  // 100 and 50 are both held as 4: the first of the largest is still right.
  CHECK(written["rows"][1]["top1"] == 1.0);
  // Steps of 4 / 127: 1 and 3 are a quarter of a step off.
  const double step = 4.0 / 127;
  const double far = 10 * std::log10((100.0 * 100 + 50 * 50) / (96.0 * 96 + 46 * 46));
  const double near = 10 * std::log10((1.0 + 9) / (2 * step * step / 16));
  CHECK(written["rows"][1]["sqnr_db"].get<double>() == doctest::Approx((far + near) / 2).epsilon(1e-4));
  // The file is one that a config takes.
  const auto run = run_program({"run", folder.path("picker.json"), "--numbers", "int8-absmax", "--set",
                                "numbers.ranges=" + folder.path("out/ranges.json"), "--format", "json"});
  REQUIRE_MESSAGE(run.exit_code == 2, run.out);  // a functional network: its activations are not in the trace
  const auto csv = contents_of(folder.path("out/evaluation.csv"));
  CHECK(csv.starts_with("numbers,formats.activations,"));
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 3);
  const auto svg = contents_of(folder.path("out/evaluation.svg"));
  CHECK(svg.find("energy of an image, mJ") != std::string::npos);
  CHECK(svg.find("model, KB") != std::string::npos);
  CHECK(svg.find("cycles of an image") != std::string::npos);
}

TEST_CASE("evaluate: a search finds the fewest bits that are near enough") {
  const evaluated_folder folder;
  // The class is told by one part in 8 of the largest value.
  folder.images({{7, 8, 0, 0, 0, 0, 0}, {-8, 6, 7, 0, 0, 0, 0}, {0, 8, 7, 0, 0, 0, 0}, {16, 0, 0, 0, 0, 0, 0}},
                {1, 2, 1, 0});
  const auto finished =
      folder.run({"--search", "--margin", "0", "--images", "3", "--format", "json", "--calibrate", "1", "--jobs", "1"});
  REQUIRE_MESSAGE(finished.exit_code == 0, finished.err);
  const json found = json::parse(finished.out);
  const std::string name = found["search"]["found"];
  CHECK(found["search"]["margin"] == 0.0);
  // Of a range up to 16 activations of b bits hold -8 to 8 in steps of 16 / 2^b, 8 as 8 less a step: 7 and 8 want a
  // step of a half, 5 bits. Weights of 2 bits hold 1 as a half.
  CHECK(name == "a 5, w 2");
  for (const json& row : found["rows"]) {
    if (row["numbers"] == name) {
      CHECK(row["top1"] == 1.0);
      CHECK(row["formats"]["accumulator"] == "int32");
    }
    if (row["numbers"] == "a 4, w fp32") {
      CHECK(row["top1"] < 1.0);
    }
  }
}

TEST_CASE("evaluate: pixels become what the network takes of them") {
  const evaluated_folder folder;
  json scaled = picker();
  scaled["image_pixels"] = {{"mean", {0, 0, 0, 0, 0, 0, 1}}, {"deviation", {1, 1, 1, 1, 1, 1, 0.001}}};
  folder.put("picker.json", scaled.dump());
  // The last class has (254 / 255 - 1) / 0.001, far below the others, or 0.
  folder.put("set.safetensors", trace_builder()
                                    .add("images", "U8", "2, 7, 1, 1",
                                         raw(std::vector<std::uint8_t>{1, 0, 0, 0, 0, 0, 254, 0, 0, 0, 0, 0, 0, 255}))
                                    .add("labels", "U8", "2", raw(std::vector<std::uint8_t>{0, 0}))
                                    .bytes());
  CHECK(folder.rows({})[0]["top1"] == 1.0);
  CHECK(folder.rows({})[0]["top5"] == 1.0);
  folder.put("picker.json", picker().dump());
  CHECK(folder.rows({})[0]["top1"] == 0.0);
  // Floats are what the network takes.
  folder.put("picker.json", scaled.dump());
  folder.images({{1, 0, 0, 0, 0, 0, 2}}, {6});
  CHECK(folder.rows({})[0]["top1"] == 1.0);
}

TEST_CASE("evaluate: what is wrong is one line, and nothing is written") {
  const evaluated_folder folder;
  const auto message = [&](const words& more) {
    const auto finished = folder.run(more);
    CHECK(finished.exit_code == 2);
    CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
    CHECK(finished.out.empty());
    return finished.err;
  };
  const auto contains = [](const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
  };
  CHECK(contains(message({"--images", "6"}), "--images: found 6, expected at most 5"));
  CHECK(contains(message({"--images", "0"}), "--images"));
  CHECK(contains(message({"--calibrate", "1"}), "--calibrate: found 1, expected at most 0"));
  CHECK(contains(message({"--margin", "0.1"}), "--margin: found no search"));
  CHECK(contains(message({"--search", "--margin", "x"}), "a number from 0 to 1"));
  CHECK(contains(message({"--engine", "both"}), "--engine"));
  CHECK(contains(message({"--numbers", "fp33"}), "--numbers"));
  folder.images({{0, 0, 3, 0, 0, 0, 0}}, {7});
  CHECK(contains(message({"--out", folder.path("out")}), "image 0: found label 7, expected one of the 7 classes"));
  CHECK_FALSE(std::filesystem::exists(folder.path("out")));
  json map = picker();
  map["layers"].erase(1);
  map["layers"][0] = {{"name", "same"},    {"type", "conv2d"},
                      {"input", "image"},  {"in_channels", 7},
                      {"out_channels", 2}, {"input_size", {1, 2}},
                      {"kernel", {1, 1}},  {"operands", {{"weights", {{"source", "dense"}}}}}};
  map["image"] = {7, 1, 2};
  folder.put("picker.json", map.dump());
  folder.put("set.safetensors", trace_builder()
                                    .add("images", "F32", "1, 7, 1, 2", raw(floats(14)))
                                    .add("labels", "U8", "1", raw(std::vector<std::uint8_t>{0}))
                                    .bytes());
  CHECK(contains(message({}), "which is no vector"));
  json list = picker();
  list.erase("image");
  list["layers"].erase(0);
  folder.put("picker.json", list.dump());
  CHECK(contains(message({}), "graph"));
  json pixels = picker();
  pixels["image_pixels"] = {{"mean", {0}}, {"deviation", {1}}};
  folder.put("picker.json", pixels.dump());
  CHECK(contains(message({}), "/image_pixels/mean: found 1 numbers, expected 7"));
  const auto none = run_program({"evaluate", folder.path("picker.json")});
  CHECK(none.exit_code == 2);
  CHECK(contains(none.err, "found no images, expected --data DATA"));
}

TEST_CASE("evaluate: results that are not finite are wrong, and told") {
  const evaluated_folder folder;
  folder.images({{0, 0, 60000, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0, 0}}, {2, 0});
  json doubled = picker();
  doubled["layers"][1]["epilogue"] = {{{"op", "mul-add"}}};
  floats identity(classes * classes);
  for (int i = 0; i < classes; ++i) {
    identity[static_cast<std::size_t>(i * classes + i)] = 1;
  }
  folder.put("picker.safetensors", trace_builder()
                                       .add("fc.weights", "F32", "7, 7", raw(identity))
                                       .add("fc.scale", "F32", "7", raw(floats(classes, 4)))
                                       .add("fc.bias", "F32", "7", raw(floats(classes)))
                                       .bytes());
  folder.put("picker.json", doubled.dump());
  const json rows = folder.rows({"--numbers", "fp16", "--simulate", "2"});
  CHECK(rows[0]["top1"] == 1.0);
  CHECK(rows[1]["top1"] == 0.5);
  CHECK(rows[1]["agreement"] == 0.5);
  CHECK(rows[1]["not_finite"] == 1);
  const auto table = folder.run({"--numbers", "fp16"});
  CHECK(table.out.find("results with a NaN or an infinity, counted as wrong: 1;") != std::string::npos);
}

}  // namespace dlac::test
