// Layer shapes of Timeloop: both ways to write them, their coefficients and densities, and what is wrong in one.

#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "sim/import/source_files.h"
#include "sim/import/timeloop.h"
#include "tests/unit/bad_input.h"

namespace dlac::test {
namespace {

const std::string flat =
    "problem:\n  C: 3\n  Hdilation: 1\n  Hstride: 4\n  K: 64\n  N: 1\n  P: 55\n  Q: 27\n  R: 11\n  S: 7\n"
    "  Wdilation: 1\n  Wstride: 2\n  shape: cnn-layer\n";

class shapes {
 public:
  shapes& add(const std::string& name, const std::string& text) {
    path_ = folder_.file(name, text);
    return *this;
  }
  [[nodiscard]] imported_network folder() const { return read_timeloop_shapes(folder_.path(""), {}); }
  [[nodiscard]] imported_network file() const { return read_timeloop_shapes(path_, {}); }
  [[nodiscard]] layer only() const {
    const auto layers = write_workload(file(), folder_.path("net.json")).net.layers;
    REQUIRE(layers.size() == 1);
    return layers.front();
  }
  [[nodiscard]] std::string message() const {
    return message_in(folder_, [&] { static_cast<void>(file()); });
  }

 private:
  temporary_folder folder_;
  std::string path_;
};

layer layer_of(const std::string& text) {
  return shapes().add("l.yaml", text).only();
}

std::string with_shape(const std::string& dimensions, const std::string& instance,
                       const std::string& outputs = "[[[N]], [[K]]]") {
  return "problem:\n  version: 0.4\n  shape:\n    name: mine\n    dimensions: " + dimensions +
         "\n    data_spaces:\n      - {name: Outputs, projection: " + outputs +
         ", read_write: True}\n  instance: " + instance + "\n";
}

TEST_CASE("import: bounds beside the shape; R and P are along the width") {
  const layer l = layer_of(flat);
  CHECK(l.name == "l");
  CHECK(l.in_channels == 3);
  CHECK(l.out_channels == 64);
  CHECK(l.kernel == size_2d{7, 11});
  CHECK(l.stride == size_2d{4, 2});
  CHECK(l.input_size == size_2d{26 * 4 + 7, 54 * 2 + 11});
  CHECK(l.output_size() == size_2d{27, 55});
  CHECK(l.padding == padding_2d{});
  CHECK(l.dense_macs(1) == 55ULL * 27 * 11 * 7 * 3 * 64);
}

TEST_CASE("import: an instance with M, coefficients of either spelling, defaults of the shape") {
  const layer l = layer_of(
      "problem:\n  shape:\n    name: CNN-Layer\n    dimensions: [C, M, R, S, N, P, Q]\n    coefficients:\n"
      "    - {name: Wstride, default: 1}\n    - {name: Hstride, default: 3}\n    - {name: Wdilation, default: 1}\n"
      "    - {name: Hdilation, default: 1}\n  instance:\n    C: 4\n    M: 6\n    R: 3\n    S: 3\n    N: 1\n    P: 8\n"
      "    Q: 5\n    WStride: 2\n    HDilation: 2\n");
  CHECK(l.stride == size_2d{3, 2});
  CHECK(l.dilation == size_2d{2, 1});
  CHECK(l.output_size() == size_2d{5, 8});
  CHECK(l.input_size == size_2d{4 * 3 + 2 * 2 + 1, 7 * 2 + 3});
  CHECK(l.out_channels == 6);
}

TEST_CASE("import: groups, depthwise convolutions, loops of fewer dimensions, matrix products") {
  const layer grouped =
      layer_of(with_shape("[G, C, M, R, S, N, P, Q]", "{G: 4, C: 2, M: 3, R: 3, S: 3, N: 1, P: 5, Q: 5}"));
  CHECK(grouped.groups == 4);
  CHECK(grouped.in_channels == 8);
  CHECK(grouped.out_channels == 12);
  const layer depthwise = layer_of(
      with_shape("[C, R, S, N, P, Q]", "{C: 16, R: 3, S: 3, N: 1, P: 5, Q: 5}", "[[[N]], [[C]], [[Q]], [[P]]]"));
  CHECK(depthwise.groups == 16);
  CHECK(depthwise.out_channels == 16);
  CHECK(depthwise.dense_macs(1) == 25U * 9 * 16);
  const layer summed =
      layer_of(with_shape("[C, R, S, N, P, Q]", "{C: 16, R: 3, S: 3, N: 1, P: 5, Q: 5}", "[[[N]], [[Q]], [[P]]]"));
  CHECK(summed.groups == 1);
  CHECK(summed.out_channels == 1);
  const layer line = layer_of(with_shape("[R, P]", "{R: 3, P: 16}"));
  CHECK(line.input_size == size_2d{1, 18});
  CHECK(line.dense_macs(1) == 48);
  const layer product = layer_of(with_shape(
      "[M, N, K]", "{M: 512, N: 256, K: 1024, densities: {A: {density: 0.5, distribution: hypergeometric}, B: 1}}"));
  CHECK(product.type == layer_type::linear);
  CHECK(product.dense_macs(1) == 512ULL * 256 * 1024);
  CHECK(product.input_size == size_2d{1, 512});
  CHECK(product.in_channels == 1024);
  CHECK(std::get<synthetic_source>(product.operands.activations).density == 0.5);
  CHECK(std::holds_alternative<dense_source>(product.operands.weights));
}

TEST_CASE("import: densities are synthetic operands") {
  shapes sparse;
  sparse.add("l.yaml", flat +
                           "  densities:\n    Inputs: 0.25\n    Weights: {density: 0.5, distribution: "
                           "fixed-structured}\n    Outputs: 0.3\n");
  const layer l = sparse.only();
  CHECK(std::get<synthetic_source>(l.operands.activations).density == 0.25);
  CHECK(std::get<synthetic_source>(l.operands.weights).density == 0.5);
  CHECK(sparse.file().warnings.back() ==
        "Zeros are drawn independently, not as these distributions say: fixed-structured");
}

TEST_CASE("import: anchors and merge keys") {
  const layer l = layer_of("base: &b {C: 2, K: 3, R: 1, S: 1, P: 4, Q: 4}\nproblem:\n  <<: *b\n  C: 5\n");
  CHECK(l.in_channels == 5);
  CHECK(l.out_channels == 3);
}

TEST_CASE("import: a folder is the network of its files, numbers in names by their value") {
  shapes many;
  many.add("layer10.yaml", flat).add("layer2.yml", flat).add("notes.txt", "no YAML: {").add("Layer1.yaml", flat);
  const imported_network net = many.folder();
  REQUIRE(net.file.layers.size() == 3);
  CHECK(net.file.layers[0].name == "Layer1");
  CHECK(net.file.layers[1].name == "layer2");
  CHECK(net.file.layers[2].name == "layer10");
  CHECK(comes_before("a2", "a010"));
  CHECK(comes_before("a9", "a10"));
  CHECK(comes_before("a", "a1"));
  CHECK_FALSE(comes_before("b1", "a2"));
  CHECK_FALSE(comes_before("a", "a"));
  many.add("layer3.yaml", "problem: {C: 1, K: 1, P: 1, Q: 1, R: 1, S: 1, N: 2}\n");
  CHECK(message_of([&] {
          static_cast<void>(many.folder());
        }).ends_with("layer3.yaml: problem: found 2 images, expected 1, as in the files before"));
}

TEST_CASE("import: what is wrong in a layer shape is told with its key") {
  const auto message = [](const std::string& text) { return shapes().add("l.yaml", text).message(); };
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = flat;
    text.replace(text.find(from), from.size(), to);
    return message(text);
  };
  CHECK(message("").starts_with("l.yaml: found "));
  CHECK(message("[1, 2]").starts_with("l.yaml: found a list, expected a map with \"problem\""));
  CHECK(message("architecture: {}\n") == "l.yaml: found no \"problem\", expected the shape of a layer");
  CHECK(message("problem: {").starts_with("l.yaml: line 1, column "));
  CHECK(message("{{include_text('a.yaml')}}\nproblem: {}\n").starts_with("l.yaml: found \"{{\", as of a template"));
  CHECK(message("problem: {}\n---\nproblem: {}\n") ==
        "l.yaml: found more behind the first document, expected one document");
  CHECK(replaced("C: 3", "C: 0") == "l.yaml: problem.C: found \"0\", expected a whole number from 1 to 2147483647");
  CHECK(replaced("C: 3", "C: [3]").starts_with("l.yaml: problem.C: found a list, expected a whole number"));
  CHECK(replaced("  C: 3\n", "").starts_with("l.yaml: problem: found no \"C\""));
  CHECK(replaced("  K: 64\n", "").starts_with("l.yaml: problem: found no \"M\""));
  CHECK(replaced("K: 64", "K: 64\n  M: 64").starts_with("l.yaml: problem: found \"K\" and \"M\""));
  CHECK(replaced("K: 64", "K: 64\n  K: 3").starts_with("l.yaml: problem.K: found a second \"K\""));
  CHECK(replaced("Hstride: 4", "Hstride: 4\n  HStride: 4")
            .starts_with("l.yaml: problem.HStride: found a second \"hstride\""));
  CHECK(replaced("Hstride: 4", "Hsride: 4").find("did you mean \"Hstride\"") != std::string::npos);
  CHECK(replaced("cnn-layer", "cnn").starts_with("l.yaml: problem.shape: found \"cnn\""));
  CHECK(replaced("R: 11", "R: 65537").starts_with("l.yaml: problem.R: found \"65537\""));
  CHECK(replaced("P: 55", "P: 2147483647").starts_with("l.yaml: problem: found a feature map of 4294967303 pixels"));
  CHECK(message(flat + "  densities: {Inputs: 1.5}\n").starts_with("l.yaml: problem.densities.Inputs: found \"1.5\""));
  CHECK(message(flat + "  densities: {Inputs: nan}\n").starts_with("l.yaml: problem.densities.Inputs: found \"nan\""));
  CHECK(message(flat + "  densities: {Input: 1, Inputs: 1}\n").find("a second density") != std::string::npos);
  CHECK(message(flat + "  densities: {Psums: 1}\n").find("unknown tensor") != std::string::npos);
  CHECK(message(with_shape("[C, X]", "{C: 1}")).starts_with("l.yaml: problem.shape.dimensions[1]: found \"X\""));
  CHECK(message(with_shape("[R, P]", "{R: 1, P: 1, C: 2}")).find("a bound of no dimension") != std::string::npos);
  CHECK(message(with_shape("[R, P]", "{R: 1}")).starts_with("l.yaml: problem.instance: found no \"P\""));
  CHECK(message("a: &a {b: 1}\nproblem: &p\n  <<: *p\n").find("more than 64 merged maps") != std::string::npos);
  CHECK(message(",").starts_with("l.yaml: found "));
  CHECK(message("problem: {}\n---\n").starts_with("l.yaml: found more behind"));
  CHECK(message(std::string(1000, '[')).find("lists and maps in each other, expected fewer") != std::string::npos);
  CHECK(message("problem:\n" + std::string(300 << 10, ' ')).find("more than 262144 bytes") != std::string::npos);
  CHECK(message(with_shape("[C, R]", "{C: 1, R: 1}", "[[[[[C]]]]]")).find("a longer or deeper list") !=
        std::string::npos);
  std::string keys = "problem:\n";
  for (int i = 0; i <= 1024; ++i) {
    keys += "  k" + std::to_string(i) + ": 1\n";
  }
  CHECK(message(keys).starts_with("l.yaml: problem: found 1025 keys, expected fewer"));
  CHECK(message_of([] {
          static_cast<void>(read_timeloop_shapes("x.yaml", {.same_padding = true}));
        }).starts_with("--padding: found timeloop"));
}

TEST_CASE("import: keys that Timeloop does not read are passed over, and told") {
  shapes padded;
  padded.add("l.yaml", flat + "  Padding: 1\n");
  CHECK(padded.file().warnings.back() == "Keys that Timeloop does not read were passed over: Padding");
}

}  // namespace
}  // namespace dlac::test
