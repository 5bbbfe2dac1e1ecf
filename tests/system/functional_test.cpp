// `dlac run --functional`: a whole network on one image. Small networks against a model of their own, the shipped one
// against what the trained network recorded.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "sim/api/dlac.h"
#include "sim/trace/safetensors.h"
#include "sim/trace/tensor_data.h"
#include "tests/system/run_program.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;
using floats = std::vector<float>;

constexpr int images = 2;

floats small_integers(std::size_t count, int seed) {
  floats values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(static_cast<int>((i * 7 + static_cast<std::size_t>(seed) * 5) % 11) - 5);
  }
  return values;
}

/// [images, c, size, size], integers throughout: every sum is exact in any order.
struct map_of {
  int c = 0;
  int size = 0;
  floats values;
  [[nodiscard]] float at(int n, int channel, int y, int x) const {
    return y < 0 || x < 0 || y >= size || x >= size
               ? 0
               : values[static_cast<std::size_t>(((n * c + channel) * size + y) * size + x)];
  }
};

template <class Value>
map_of make_map(int c, int size, const Value& value) {
  map_of result{c, size, {}};
  for (int n = 0; n < images; ++n) {
    for (int channel = 0; channel < c; ++channel) {
      for (int y = 0; y < size; ++y) {
        for (int x = 0; x < size; ++x) {
          result.values.push_back(value(n, channel, y, x));
        }
      }
    }
  }
  return result;
}

/// A 3 x 3 convolution padded by one.
map_of convolved(const map_of& in, const floats& weights, int cout) {
  return make_map(cout, in.size, [&](int n, int channel, int y, int x) {
    float sum = 0;
    for (int c = 0; c < in.c; ++c) {
      for (int k = 0; k < 9; ++k) {
        sum +=
            weights[static_cast<std::size_t>((channel * in.c + c) * 9 + k)] * in.at(n, c, y + k / 3 - 1, x + k % 3 - 1);
      }
    }
    return sum;
  });
}

map_of relu(map_of map) {
  for (float& value : map.values) {
    value = std::max(value, 0.0F);
  }
  return map;
}

json conv(const std::string& name, int cin, int cout, int size) {
  return {{"name", name},         {"type", "conv2d"},           {"in_channels", cin},
          {"out_channels", cout}, {"input_size", {size, size}}, {"kernel", {3, 3}},
          {"padding", {1, 1}},    {"weight_format", "full"}};
}

/// The program on words without spaces in them.
finished_program run_dlac(const std::string& words) {
  std::istringstream stream(words);
  std::vector<std::string> arguments;
  for (std::string word; stream >> word;) {
    arguments.push_back(word);
  }
  return run_program(arguments);
}

const json relu_op = {{"op", "select"}, {"threshold", 0}};

/// stem -> pool -> a; b = a's convolution + pool; joined reads b and pool; the classifier their means.
json graph() {
  json b = conv("b", 3, 3, 3);
  b["epilogue"] = {{{"op", "add"}, {"operand", "feature_map"}, {"from", "pool"}}, relu_op};
  json stem = conv("stem", 2, 3, 6);
  stem["epilogue"] = {relu_op};
  json a = conv("a", 3, 3, 3);
  a["epilogue"] = {relu_op};
  json joined = conv("joined", 6, 2, 3);
  joined["input"] = {"b", "pool"};
  return {{"name", "graph"},
          {"batch", images},
          {"trace", "graph.safetensors"},
          {"layers",
           {stem,
            {{"name", "pool"}, {"type", "max_pool2d"}, {"kernel", {2, 2}}},
            a,
            b,
            joined,
            {{"name", "flat"}, {"type", "flatten"}},
            {{"name", "fc"}, {"type", "linear"}, {"in_features", 18}, {"out_features", 4}, {"weight_format", "full"}},
            {{"name", "classes"}, {"type", "softmax"}}}}};
}

class functional_folder {
 public:
  functional_folder() {
    trace_builder trace;
    trace.add("image", "F32", fmt::format("{}, 2, 6, 6", images), raw(image));
    for (const auto& [name, shape, values] : weights()) {
      trace.add(name + ".weights", "F32", shape, raw(values));
    }
    static_cast<void>(files.file("graph.safetensors", trace.bytes()));
    network = files.file("graph.json", graph().dump());
  }

  struct named_weights {
    std::string name;
    std::string shape;
    floats values;
  };
  static std::vector<named_weights> weights() {
    return {{"stem", "3, 2, 3, 3", small_integers(54, 1)},
            {"a", "3, 3, 3, 3", small_integers(81, 2)},
            {"b", "3, 3, 3, 3", small_integers(81, 3)},
            {"joined", "2, 6, 3, 3", small_integers(108, 4)},
            {"fc", "4, 18", small_integers(72, 5)}};
  }

  temporary_folder files;
  floats image = small_integers(images * 2 * 36, 0);
  std::string network;
};

std::map<std::string, floats> expected_outputs(const floats& image) {
  std::map<std::string, floats> w;
  for (const auto& [name, shape, values] : functional_folder::weights()) {
    w[name] = values;
  }
  const map_of stem = relu(convolved({2, 6, image}, w["stem"], 3));
  const map_of pool = make_map(3, 3, [&](int n, int c, int y, int x) {
    return std::max({stem.at(n, c, 2 * y, 2 * x), stem.at(n, c, 2 * y, 2 * x + 1), stem.at(n, c, 2 * y + 1, 2 * x),
                     stem.at(n, c, 2 * y + 1, 2 * x + 1)});
  });
  const map_of a = relu(convolved(pool, w["a"], 3));
  map_of b = convolved(a, w["b"], 3);
  for (std::size_t i = 0; i < b.values.size(); ++i) {
    b.values[i] += pool.values[i];
  }
  b = relu(std::move(b));
  const map_of both =
      make_map(6, 3, [&](int n, int c, int y, int x) { return c < 3 ? b.at(n, c, y, x) : pool.at(n, c - 3, y, x); });
  const map_of joined = convolved(both, w["joined"], 2);
  floats fc;
  for (std::size_t n = 0; n < images; ++n) {
    for (std::size_t o = 0; o < 4; ++o) {
      float sum = 0;
      for (std::size_t i = 0; i < 18; ++i) {
        sum += w["fc"][o * 18 + i] * joined.values[n * 18 + i];
      }
      fc.push_back(sum);
    }
  }
  return {{"stem", stem.values}, {"a", a.values}, {"b", b.values}, {"joined", joined.values}, {"fc", fc}};
}

floats saved(const safetensors_file& file, const std::string& name) {
  return float_values(*file.find(name + ".output"));
}

TEST_CASE("functional: every layer of a small graph, from the image to the class, by both engines") {
  const functional_folder folder;
  const auto expected = expected_outputs(folder.image);
  for (const std::string engine : {"--engine fast", "--engine systemc", "--check"}) {
    INFO(engine);
    const auto out = folder.files.path("out.safetensors");
    const auto run =
        run_dlac(fmt::format("run {} --config dlac-fp32-training --functional {} --save-values {} --format json",
                             folder.network, engine, out));
    REQUIRE(run.exit_code == 0);
    const json report = json::parse(run.out);
    const safetensors_file file(out);
    for (const auto& [name, values] : expected) {
      INFO(name);
      CHECK(saved(file, name) == values);
    }
    const auto classes = report["functional"]["largest"];
    REQUIRE(classes.size() == images);
    for (std::size_t n = 0; n < images; ++n) {
      const auto first = expected.at("fc").begin() + static_cast<std::ptrdiff_t>(n) * 4;
      CHECK(classes[n] == std::max_element(first, first + 4) - first);
    }
    CHECK(report["functional"]["output"] == "classes");
    CHECK(report["functional"]["image"] == "tensor image of the trace");
    CHECK(report["not_on_this_machine"] == json::parse(R"([{"name":"classes","type":"softmax","elements":8}])"));
    CHECK(report["without_cycles"] == json::parse(R"([{"name":"pool","type":"max_pool2d","elements":54},
                                                      {"name":"flat","type":"flatten","elements":36}])"));
    const bool by_pes = engine != "--engine fast";
    for (const auto& l : report["layers"]) {
      CHECK((l["checked"]["values"] != 0) == by_pes);
    }
    // The zeros are those that were computed.
    const auto& a = expected.at("stem");
    CHECK(std::count(a.begin(), a.end(), 0.0F) > 0);
  }
}

TEST_CASE("functional: chosen layers run on what the reference makes of the others") {
  const functional_folder folder;
  const auto expected = expected_outputs(folder.image);
  const auto out = folder.files.path("out.safetensors");
  const auto run = run_dlac(
      fmt::format("run {} --config dlac-fp32-training --functional --layers joined --save-values {} --format json",
                  folder.network, out));
  REQUIRE(run.exit_code == 0);
  const json report = json::parse(run.out);
  REQUIRE(report["layers"].size() == 1);
  CHECK(report["functional"]["output"] == "flat");
  const safetensors_file file(out);
  CHECK(saved(file, "joined") == expected.at("joined"));
  CHECK(file.find("a.output") == nullptr);
}

TEST_CASE("functional: an image of a file of its own") {
  const functional_folder folder;
  floats other = folder.image;
  std::reverse(other.begin(), other.end());
  trace_builder trace;
  trace.add("image", "F32", fmt::format("{}, 2, 6, 6", images), raw(other));
  const auto image = folder.files.file("image.safetensors", trace.bytes());
  const auto out = folder.files.path("out.safetensors");
  const auto base = fmt::format("run {} --config dlac-fp32-training --functional --engine fast", folder.network);
  REQUIRE(run_dlac(fmt::format("{} --image {} --save-values {}", base, image, out)).exit_code == 0);
  const safetensors_file file(out);
  CHECK(saved(file, "fc") == expected_outputs(other).at("fc"));
  const auto refused = [&](const std::string& more) {
    const auto run = run_dlac(base + more);
    CHECK(run.exit_code == 2);
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    return run.err;
  };
  CHECK(refused(" --image nowhere.safetensors").find("nowhere.safetensors") != std::string::npos);
  CHECK(refused(fmt::format(" --image {} --batch 3", image)).find("[3, 2, 6, 6]") != std::string::npos);
  CHECK(refused(" --pass training").find("--functional") != std::string::npos);
  CHECK(refused(" --values").find("--engine systemc") != std::string::npos);
}

TEST_CASE("functional: what is no functional run is one line") {
  const temporary_folder files;
  const auto list = files.file("list.json", json{{"name", "list"}, {"layers", {conv("a", 2, 3, 4)}}}.dump());
  const auto run = run_dlac(fmt::format("run {} --functional", list));
  CHECK(run.exit_code == 2);
  CHECK(run.err.find("--functional") != std::string::npos);
  CHECK(run.err.find("a list of layers") != std::string::npos);
  const auto image = run_dlac("run lenet --image x.safetensors");
  CHECK(image.exit_code == 2);
  CHECK(image.err.find("--functional with it") != std::string::npos);
}

TEST_CASE("functional: networks without a trace run on made-up numbers") {
  for (const std::string name : {"lenet", "resnet20"}) {
    INFO(name);
    const auto fast = run_dlac(fmt::format("run {} --functional --engine fast --format json", name));
    REQUIRE(fast.exit_code == 0);
    const json report = json::parse(fast.out);
    CHECK(report["functional"]["image"] == "conv1.activations, made up");
    CHECK(report["functional"]["largest"].size() == 1);
  }
}

TEST_CASE("functional: the shipped ResNet-34 gives the class of its recording, and every layer what was recorded") {
  const auto run = run_dlac("run resnet34 --functional --engine fast --config dlac-fp32-training --format json");
  REQUIRE(run.exit_code == 0);
  const json report = json::parse(run.out);
  std::size_t compared = 0;
  for (const auto& l : report["layers"]) {
    if (l["checked"]["recorded"] == 0) {
      continue;
    }
    INFO(l["name"].get<std::string>());
    ++compared;
    CHECK(l["checked"]["correlation"].get<double>() > 0.999);
  }
  CHECK(compared == 35);
  // The classifier alone, on the activations that were recorded.
  const temporary_folder files;
  const auto out = files.path("fc.safetensors");
  REQUIRE(run_dlac("run resnet34 --layers fc --config dlac-fp32-training --save-values " + out).exit_code == 0);
  const safetensors_file file(out);
  const auto scores = saved(file, "fc");
  CHECK(report["functional"]["largest"][0] == std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace
}  // namespace dlac::test
