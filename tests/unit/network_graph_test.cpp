// Workloads that are graphs: what reads what, the shapes along the edges, and every mistake told at its place.

#include "sim/workload/network_graph.h"

#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/engine/network_run.h"
#include "sim/workload/network.h"
#include "tests/unit/bad_input.h"

namespace dlac {
namespace {

using nlohmann::json;
using test::message_of;

using extents = std::vector<std::uint64_t>;

json conv(const std::string& name, int cin, int cout, int size) {
  return {{"name", name},         {"type", "conv2d"},           {"in_channels", cin},
          {"out_channels", cout}, {"input_size", {size, size}}, {"kernel", {3, 3}},
          {"padding", {1, 1}}};
}

json node(const std::string& name, const std::string& type, json more = json::object()) {
  more["name"] = name;
  more["type"] = type;
  return more;
}

json with(json layer, const std::string& key, json value) {
  layer[key] = std::move(value);
  return layer;
}

json add_from(const std::string& from) {
  return json::array({{{"op", "add"}, {"operand", "feature_map"}, {"from", from}}});
}

/// A residual block behind a pooling, two branches one after the other, and a classifier.
json block() {
  return {conv("stem", 3, 8, 8),
          node("pool", "max_pool2d", {{"kernel", {2, 2}}}),
          conv("a", 8, 8, 4),
          with(conv("b", 8, 8, 4), "epilogue", add_from("pool")),
          with(conv("side", 8, 4, 4), "input", "pool"),
          with(conv("joined", 12, 6, 4), "input", {"b", "side"}),
          node("mean", "global_avg_pool"),
          {{"name", "fc"}, {"type", "linear"}, {"in_features", 6}, {"out_features", 5}},
          node("classes", "softmax")};
}

class graph_file {
 public:
  explicit graph_file(const json& layers, json more = json::object()) {
    more["name"] = "graph";
    more["layers"] = layers;
    path_ = folder_.file("net.json", more.dump());
  }
  [[nodiscard]] network read() const { return read_network(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The message of reading it, without the file.
  [[nodiscard]] std::string message() const {
    std::string text = message_of([&] { read_network(path_); });
    return text.starts_with(path_) ? text.substr(path_.size() + 2) : text;
  }

 private:
  test::temporary_folder folder_;
  std::string path_;
};

std::string message_of_layers(const json& layers) {
  return graph_file(layers).message();
}

std::map<std::string, graph_node> nodes_of(const network& net) {
  std::map<std::string, graph_node> result;
  for (const graph_node& n : net.graph->nodes) {
    result[n.name] = n;
  }
  return result;
}

TEST_CASE("graph: a file without edges stays a list") {
  const network net = graph_file(json::array({conv("a", 8, 16, 8), conv("b", 99, 8, 5)})).read();
  CHECK_FALSE(net.graph);
  CHECK(net.layers[0].inputs.empty());
  CHECK_FALSE(net.has_backward_data(net.layers[0]));
  CHECK(net.has_backward_data(net.layers[1]));
  CHECK_FALSE(to_json(net)["layers"][0].contains("input"));
}

TEST_CASE("graph: names become edges, the layer before is read where nothing is said") {
  const network net = graph_file(block()).read();
  REQUIRE(net.graph);
  CHECK(net.layers.size() == 6);
  const auto nodes = nodes_of(net);
  const auto& names = net.graph->nodes;
  CHECK(names[nodes.at("stem").inputs[0]].name == "image");
  CHECK(names[0].shape.extents == extents{3, 8, 8});
  CHECK(names[nodes.at("pool").inputs[0]].name == "stem");
  CHECK(names[nodes.at("a").inputs[0]].name == "pool");
  CHECK(names[*nodes.at("b").epilogue[0]].name == "pool");
  CHECK(names[nodes.at("joined").inputs[0]].name == "b");
  CHECK(names[nodes.at("joined").inputs[1]].name == "side");
  CHECK(nodes.at("pool").shape.extents == extents{8, 4, 4});
  CHECK(nodes.at("mean").shape.extents == extents{6, 1, 1});
  CHECK(nodes.at("classes").shape.extents == extents{5});
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    CHECK(names[net.graph->node_of_layer[i]].name == net.layers[i].name);
    CHECK(*names[net.graph->node_of_layer[i]].layer == i);
  }
  CHECK(net.layers[2].epilogue[0].tensor == "pool.output");
  CHECK(net.layers[2].place == 3);
  // Only the stem has no layer before it.
  for (const layer& l : net.layers) {
    CHECK(net.has_backward_data(l) == (l.name != "stem"));
  }
}

TEST_CASE("graph: written and read again it is the same") {
  const graph_file first(block(), {{"image", {3, 8, 8}}});
  const json written = json::parse(to_json(first.read()).dump());
  CHECK(written["image"] == json({3, 8, 8}));
  CHECK(written["layers"][1]["input"] == "stem");
  CHECK(written["layers"][5]["input"] == json({"b", "side"}));
  test::temporary_folder folder;
  const network again = read_network(folder.file("again.json", written.dump()));
  CHECK(json::parse(to_json(again).dump()) == written);
}

TEST_CASE("graph: layers run when all that they read is there, else in the file's order") {
  json layers = block();
  const json stem = layers[0];
  layers.erase(0);
  layers[0]["input"] = "stem";
  layers.push_back(with(stem, "input", "image"));
  const network net = graph_file(layers).read();
  std::vector<std::string> order;
  for (const graph_node& n : net.graph->nodes) {
    order.push_back(n.name);
  }
  CHECK(order ==
        std::vector<std::string>{"image", "stem", "pool", "a", "b", "side", "joined", "mean", "fc", "classes"});
  CHECK(net.layers[0].place == 8);
  CHECK_FALSE(net.has_backward_data(net.layers[0]));
  CHECK(net.has_backward_data(net.layers[1]));
}

TEST_CASE("graph: bad edges are one line") {
  // The chain whose layers do not fit, once it says that it is one.
  CHECK(message_of_layers({conv("a", 8, 16, 8), with(conv("b", 99, 8, 5), "input", "a")}) ==
        "/layers/1/input: found \"a\" of [16, 8, 8], expected [99, 5, 5], the layer's input");
  const auto changed = [](std::size_t layer, const std::string& key, const json& value) {
    json layers = block();
    layers[layer][key] = value;
    return message_of_layers(layers);
  };
  CHECK(changed(4, "input", "poool") ==
        "/layers/4/input: found \"poool\", expected the name of a layer, or \"image\"; did you mean \"pool\"?");
  CHECK(changed(5, "input", {"b", "sidee"}).starts_with("/layers/5/input/1: found \"sidee\", expected the name"));
  CHECK(changed(5, "input", {"b", "stem"}) ==
        "/layers/5/input/1: found a map of [8, 8, 8], expected one that differs from [8, 4, 4] in axis 1 at most");
  CHECK(changed(5, "input", {"b", "b"}) ==
        "/layers/5/input: found 2 maps together of [16, 4, 4], expected [12, 4, 4], the layer's input");
  CHECK(changed(3, "epilogue", add_from("stem")) ==
        "/layers/3/epilogue/0/from: found \"stem\" of [8, 8, 8], expected [8, 4, 4], the layer's output");
  CHECK(changed(3, "epilogue", add_from("nobody")).starts_with("/layers/3/epilogue/0/from: found \"nobody\""));
  CHECK(changed(1, "kernel", {9, 9}) == "/layers/1/kernel: found [9, 9], expected at most [8, 8], the padded map");
  CHECK(changed(0, "name", "image") ==
        "/layers/0/name: found \"image\", expected another name: this is the network's input");
  CHECK(changed(1, "name", "a").starts_with("/layers/2/name: found \"a\", expected a name of its own: /layers/1"));
  CHECK(changed(2, "input", json::array()).starts_with("/layers/2/input: "));
  CHECK(changed(2, "input", 7).starts_with("/layers/2/input: found 7, expected"));
  CHECK(changed(1, "kernle", {2, 2}).find("did you mean \"kernel\"") != std::string::npos);
  CHECK(changed(1, "type", "max_pool").find("did you mean \"max_pool2d\"") != std::string::npos);
}

TEST_CASE("graph: a cycle is told by its names") {
  json layers = block();
  layers[2]["input"] = "b";
  CHECK(message_of_layers(layers) ==
        "/layers/2/input: found a cycle: \"a\", which reads \"b\", which reads \"a\", expected layers that read "
        "others, but not themselves");
  layers = block();
  layers[0]["input"] = "stem";
  CHECK(message_of_layers(layers).starts_with(
      "/layers/0/input: found a cycle: \"stem\", which reads \"stem\", expected"));
  layers = block();
  layers[2]["epilogue"] = add_from("joined");
  CHECK(message_of_layers(layers).find("a cycle: ") != std::string::npos);
}

TEST_CASE("graph: the image has the shape that the file says, or the first layer that reads it") {
  const json pooled = {node("first", "avg_pool2d", {{"kernel", {2, 2}}}), conv("a", 3, 4, 4)};
  CHECK(message_of_layers(pooled) ==
        "/layers/0/input: found \"image\", of which no layer says the size, expected \"image\": [channels, height, "
        "width] in the file");
  const network net = graph_file(pooled, {{"image", {3, 8, 8}}}).read();
  CHECK(net.graph->nodes[1].shape.extents == extents{3, 4, 4});
  CHECK_FALSE(net.has_backward_data(net.layers[0]));  // no layer stands before it, only a pooling
  CHECK(graph_file(block(), {{"image", {4, 8, 8}}}).message() ==
        "/layers/0/input: found \"image\" of [4, 8, 8], expected [3, 8, 8], the layer's input");
  CHECK(message_of_layers(json::array({node("only", "flatten")})).starts_with("/layers: found nothing but nodes"));
  CHECK(graph_file(json::array({node("only", "flatten")}), {{"image", {3}}}).message() ==
        "/layers: found nothing but nodes, expected a layer: a convolution, a product");
}

TEST_CASE("graph: tokens, heads and products of maps") {
  const auto linear = [](const std::string& name, const std::string& input) {
    return json{{"name", name},      {"type", "linear"}, {"in_features", 8},
                {"out_features", 8}, {"tokens", 4},      {"input", input}};
  };
  const auto heads = [](const std::string& name, const std::string& input) {
    return node(name, "reshape", {{"shape", {4, 2, 4}}, {"input", input}});
  };
  json layers = {linear("q", "image"),
                 linear("k", "image"),
                 heads("q.heads", "q"),
                 node("q.turned", "transpose", {{"axes", {2, 1, 3}}}),
                 heads("k.heads", "k"),
                 node("k.turned", "transpose", {{"axes", {2, 3, 1}}}),
                 {{"name", "scores"},
                  {"type", "matmul"},
                  {"batch", 2},
                  {"m", 4},
                  {"k", 4},
                  {"n", 4},
                  {"input", "q.turned"},
                  {"columns_from", "k.turned"}}};
  const network net = graph_file(layers).read();
  CHECK(net.graph->nodes.front().shape.extents == extents{4, 8});
  CHECK(nodes_of(net).at("scores").shape.extents == extents{2, 4, 4});
  CHECK(nodes_of(net).at("scores").columns);
  layers[6]["columns_from"] = "k.heads";
  CHECK(message_of_layers(layers) ==
        "/layers/6/columns_from: found \"k.heads\" of [4, 2, 4], expected [2, 4, 4], the layer's columns");
}

TEST_CASE("graph: a value of each channel multiplies") {
  json layers = {conv("a", 3, 8, 4),
                 node("mean", "global_avg_pool"),
                 {{"name", "excite"}, {"type", "linear"}, {"in_features", 8}, {"out_features", 8}},
                 node("gate", "sigmoid"),
                 with(conv("b", 8, 8, 4), "input", "a")};
  layers[4]["epilogue"] = {{{"op", "mul"}, {"operand", "channel"}, {"from", "gate"}}};
  CHECK(graph_file(layers).read().graph->nodes.size() == 6);
  layers[4]["epilogue"][0]["from"] = "a";
  CHECK(message_of_layers(layers) ==
        "/layers/4/epilogue/0/from: found \"a\" of [8, 4, 4], expected [8], a value of each of the layer's output "
        "channels");
  layers[4]["epilogue"][0].erase("from");
  CHECK(message_of_layers(layers) ==
        "/layers/4/epilogue/0/tensor: found no key \"tensor\", expected a tensor of the trace, or \"from\", a layer of "
        "a graph");
}

TEST_CASE("graph: a batch that makes a node's output too large") {
  const json grown = {conv("a", 3, 4, 4), node("large", "pad", {{"channels_after", 2000000000}}),
                      with(conv("b", 4, 4, 4), "input", "a")};
  network net = graph_file(grown).read();
  CHECK(
      message_of([&] { set_batch(net, 100, "--batch 100"); }) ==
      "--batch 100: the output of \"large\": found more elements, expected at most 1099511627776 elements in a tensor");
  CHECK(graph_file(grown, {{"batch", 100}})
            .message()
            .starts_with("/layers: found more elements in the output of \"large\""));
}

TEST_CASE("graph: a functional network reads what its layers compute") {
  network list = graph_file(json::array({conv("a", 8, 16, 8)})).read();
  CHECK(message_of([&] { make_functional(list, "--functional"); }).starts_with("--functional: found "));
  network net = graph_file(block()).read();
  make_functional(net, "--functional");
  CHECK(std::holds_alternative<computed_source>(net.layers[0].operands.activations));
  CHECK(std::holds_alternative<dense_source>(net.layers[0].operands.weights));
  CHECK(net.image->layer == 0);
  CHECK_FALSE(to_json(net)["layers"][0]["operands"].contains("activations"));
  // A recorded map of a layer is no parameter; another tensor is.
  json layers = block();
  layers[3]["epilogue"] = {{{"op", "add"}, {"operand", "feature_map"}, {"tensor", "a.activations"}}};
  network recorded = graph_file(layers).read();
  CHECK(message_of([&] {
          make_functional(recorded, "--functional");
        }).find("/layers/3/epilogue/0: found tensor \"a.activations\", which a functional run computes") !=
        std::string::npos);
  layers[3]["epilogue"][0]["tensor"] = "position";
  network constant = graph_file(layers).read();
  make_functional(constant, "--functional");
}

}  // namespace
}  // namespace dlac
