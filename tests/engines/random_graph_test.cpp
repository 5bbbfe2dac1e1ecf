// Random graphs: layers of every kind with the nodes between them, run as a whole. Both engines agree on every counter,
// what the processing elements compute is the reference's, every layer on the simulated output of those before it, and
// an evaluation comes to the same result without the machine.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/engine/functional_maps.h"
#include "sim/engine/network_run.h"
#include "sim/evaluation/value_path.h"
#include "sim/reference/comparison.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"
#include "tests/engines/random_case.h"
#include "tests/engines/test_scale.h"
#include "tests/unit/bad_input.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;

/// A map that a later node may read, by the test's own count of its shape.
struct drawn_map {
  std::string name;
  std::uint32_t channels = 1;
  std::uint32_t height = 1;
  std::uint32_t width = 1;
};

/// What came of many graphs.
struct drawn_kinds {
  std::uint64_t joined = 0;
  std::uint64_t added = 0;
  std::uint64_t gated = 0;
  std::uint64_t pooled = 0;
  std::uint64_t on_host = 0;
  std::uint64_t transposed = 0;
  std::uint64_t refused = 0;
};

class graph_drawer {
 public:
  graph_drawer(std::uint64_t seed, drawn_kinds& kinds) : random_(seed), kinds_(kinds) {
    maps_.push_back({"image", random_.between(1, 5), random_.between(1, 9), random_.between(1, 9)});
  }

  json draw() {
    const drawn_map image = maps_.front();
    const auto count = random_.between(1, 8);
    add_convolution(maps_.front());
    for (std::uint32_t i = 0; i < count; ++i) {
      add_one();
    }
    return {{"name", "drawn"},
            {"batch", random_.between(1, 2)},
            {"image", {image.channels, image.height, image.width}},
            {"operands",
             {{"weights", {{"source", "synthetic"}, {"density", 0.7}, {"seed", random_.below(100)}}},
              {"activations", {{"source", "synthetic"}, {"density", 0.6}, {"seed", random_.below(100)}}}}},
            {"layers", layers_}};
  }

 private:
  const drawn_map& any() { return maps_[random_.below(maps_.size())]; }
  std::string next_name(std::string_view kind) { return fmt::format("{}{}", kind, layers_.size()); }

  void add(json entry, std::uint32_t channels, std::uint32_t height, std::uint32_t width) {
    maps_.push_back({entry["name"], channels, height, width});
    layers_.push_back(std::move(entry));
  }

  void add_one() {
    const drawn_map from = any();
    switch (random_.below(7)) {
      case 0:
        return add_pooling(from);
      case 1:
        return add_joined(from);
      case 2:
        return add_host_node(from);
      case 3:
        return add_gated(from);
      case 4:
        return add_transposed(from);
      default:
        return add_convolution(from);
    }
  }

  /// Another map of this size, if there is one.
  std::optional<drawn_map> alike(std::uint32_t channels, std::uint32_t height, std::uint32_t width) {
    std::vector<drawn_map> found;
    for (const drawn_map& map : maps_) {
      if (map.channels == channels && map.height == height && map.width == width) {
        found.push_back(map);
      }
    }
    return found.empty() ? std::nullopt : std::optional(found[random_.below(found.size())]);
  }

  json epilogue_for(std::uint32_t channels, std::uint32_t height, std::uint32_t width) {
    json epilogue = json::array();
    if (random_.chance(0.5)) {
      epilogue.push_back({{"op", "mul-add"}});
    }
    if (const auto other = alike(channels, height, width); other && random_.chance(0.8)) {
      constexpr std::array ops = {"add", "sub", "mul"};
      epilogue.push_back({{"op", ops[random_.below(ops.size())]}, {"operand", "feature_map"}, {"from", other->name}});
      ++kinds_.added;
    }
    if (random_.chance(0.5)) {
      epilogue.push_back(random_.chance(0.5) ? json{{"op", "select"}, {"threshold", 0.01}}
                                             : json{{"op", "clamp"}, {"min", 0}, {"max", 6}});
    }
    return epilogue;
  }

  void add_convolution(const drawn_map& from) {
    const auto kernel = [&](std::uint32_t side) { return random_.between(1, std::min(side, 3U)); };
    const std::uint32_t kernel_h = kernel(from.height);
    const std::uint32_t kernel_w = kernel(from.width);
    const bool same = random_.chance(0.5);  // as large as its input: something to add to
    const std::uint32_t stride = same ? 1 : random_.between(1, 2);
    const std::uint32_t top = same ? kernel_h - 1 : random_.between(0, 1);
    const std::uint32_t left = same ? kernel_w - 1 : random_.between(0, 1);
    const auto side = [&](std::uint32_t input, std::uint32_t padding, std::uint32_t kernel_side) {
      return (input + padding - kernel_side) / stride + 1;
    };
    const bool is_depthwise = random_.chance(0.25);
    const std::uint32_t channels = is_depthwise || random_.chance(0.4) ? from.channels : random_.between(1, 6);
    const std::uint32_t height = side(from.height, top, kernel_h);
    const std::uint32_t width = side(from.width, left, kernel_w);
    json layer = {{"name", next_name("conv")},
                  {"type", "conv2d"},
                  {"input", from.name},
                  {"in_channels", from.channels},
                  {"out_channels", channels},
                  {"input_size", {from.height, from.width}},
                  {"kernel", {kernel_h, kernel_w}},
                  {"stride", {stride, stride}},
                  {"padding", {top, left, 0, 0}},
                  {"groups", is_depthwise ? from.channels : 1},
                  {"weight_format", random_.chance(0.5) ? "ternary" : "full"},
                  {"epilogue", epilogue_for(channels, height, width)}};
    add(std::move(layer), channels, height, width);
  }

  void add_transposed(const drawn_map& from) {
    if (from.height * from.width > 36) {
      return add_convolution(from);
    }
    const std::uint32_t channels = random_.between(1, 3);
    add({{"name", next_name("up")},
         {"type", "transposed_conv2d"},
         {"input", from.name},
         {"in_channels", from.channels},
         {"out_channels", channels},
         {"input_size", {from.height, from.width}},
         {"kernel", {2, 3}},
         {"stride", {2, 2}},
         {"epilogue", epilogue_for(channels, 2 * from.height, 2 * from.width + 1)}},
        channels, 2 * from.height, 2 * from.width + 1);
    ++kinds_.transposed;
  }

  void add_pooling(const drawn_map& from) {
    ++kinds_.pooled;
    if (random_.chance(0.25)) {
      return add({{"name", next_name("mean")}, {"type", "global_avg_pool"}, {"input", from.name}}, from.channels, 1, 1);
    }
    const std::uint32_t h = std::min(from.height, 2U);
    const std::uint32_t w = std::min(from.width, 3U);
    add({{"name", next_name("pool")},
         {"type", random_.chance(0.5) ? "max_pool2d" : "avg_pool2d"},
         {"input", from.name},
         {"kernel", {h, w}},
         {"stride", {2, 1}}},
        from.channels, (from.height - h) / 2 + 1, from.width - w + 1);
  }

  /// Channels one after the other: of itself, and of others of the same size.
  void add_joined(const drawn_map& from) {
    json names = {from.name};
    std::uint32_t channels = from.channels;
    for (const drawn_map& map : maps_) {
      if (map.height == from.height && map.width == from.width && random_.chance(0.5) && channels + map.channels < 16) {
        names.push_back(map.name);
        channels += map.channels;
      }
    }
    kinds_.joined += names.size() > 1 ? 1 : 0;
    add({{"name", next_name("joined")}, {"type", "concat"}, {"input", names}}, channels, from.height, from.width);
  }

  void add_host_node(const drawn_map& from) {
    constexpr std::array types = {"sigmoid", "hard_sigmoid", "hard_swish", "gelu"};
    ++kinds_.on_host;
    add({{"name", next_name("host")}, {"type", types[random_.below(types.size())]}, {"input", from.name}},
        from.channels, from.height, from.width);
  }

  /// Squeeze and excitation: a map times a number for each channel, which hangs on the map.
  void add_gated(const drawn_map& from) {
    ++kinds_.gated;
    const drawn_map source = from;
    add({{"name", next_name("squeeze")}, {"type", "global_avg_pool"}, {"input", source.name}}, source.channels, 1, 1);
    const std::string mean = maps_.back().name;
    json excite = {{"name", next_name("excite")},
                   {"type", "conv2d"},
                   {"input", mean},
                   {"kernel", {1, 1}},
                   {"in_channels", source.channels},
                   {"out_channels", source.channels},
                   {"input_size", {1, 1}}};
    add(std::move(excite), source.channels, 1, 1);
    add({{"name", next_name("gate")}, {"type", "sigmoid"}, {"input", maps_.back().name}}, source.channels, 1, 1);
    const std::string gate = maps_.back().name;
    add({{"name", next_name("gated")},
         {"type", "conv2d"},
         {"input", source.name},
         {"in_channels", source.channels},
         {"out_channels", source.channels},
         {"input_size", {source.height, source.width}},
         {"kernel", {1, 1}},
         {"epilogue", {{{"op", "mul"}, {"operand", "channel"}, {"from", gate}}}}},
        source.channels, source.height, source.width);
  }

  draws random_;
  drawn_kinds& kinds_;
  std::vector<drawn_map> maps_;
  json layers_ = json::array();
};

void check_graph(std::uint64_t seed, drawn_kinds& kinds) {
  const temporary_folder folder;
  const std::string text = graph_drawer(seed, kinds).draw().dump();
  INFO(fmt::format("seed {}: {}", seed, text));
  const accelerator_config config = draw_case(seed).config;
  // Shapes are checked along every edge: one that the test counts otherwise is an error here.
  network net = read_network(folder.file("drawn.json", text));
  make_functional(net, "test");
  std::vector<const layer*> layers;
  for (const layer& l : net.layers) {
    layers.push_back(&l);
  }
  functional_maps maps(net, std::nullopt);
  const operand_provider operands(net, std::nullopt, config.numbers(), &maps);
  try {
    const auto run =
        run_layers(config, net, layers, operands, {.engine = by_both_engines{.values = true}, .functional = &maps});
    for (std::size_t i = 0; i < layers.size(); ++i) {
      CHECK(run.layers[i].checked.values + run.layers[i].unreached_outputs ==
            layers[i]->output_shape(net.batch).elements());
    }
    const std::vector<float> simulated = maps.result();
    // Without the machine.
    functional_maps own_maps(net, std::nullopt);
    const kept_operands kept(net, std::nullopt, config.numbers(), &own_maps);
    value_path path(net, kept);
    zero_count zeros;
    own_maps.compute_by([&](const layer& l) { return path.output(l, zeros); });
    for (int time = 0; time < 2; ++time) {
      own_maps.begin(layers, kept);
      CHECK(own_maps.end().output == run.functional->output);
      const auto mismatch = first_bit_difference(own_maps.result(), simulated);
      CHECK_FALSE(mismatch.has_value());
    }
  } catch (const input_error& error) {  // buffers that are too small for a layer
    INFO(std::string(error.what()));
    ++kinds.refused;
  }
}

}  // namespace

TEST_CASE("random graphs: both engines, every value, and an evaluation, from the image to the result") {
  drawn_kinds kinds;
  const auto cases = scaled(2000);
  for (std::uint64_t seed = 0; seed < cases; ++seed) {
    check_graph(9'000'000 + seed, kinds);
  }
  CHECK(kinds.refused < cases / 4 + 2);
  if (cases >= 100) {
    CHECK(kinds.joined > cases / 20);
    CHECK(kinds.added > cases / 10);
    CHECK(kinds.gated > cases / 10);
    CHECK(kinds.pooled > cases / 10);
    CHECK(kinds.on_host > cases / 10);
    CHECK(kinds.transposed > cases / 20);
  }
}

}  // namespace dlac::test
