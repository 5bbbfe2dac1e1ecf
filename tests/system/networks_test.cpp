// Every shipped workload: it can be read and run, and has the size that the literature gives its network.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "sim/workload/network.h"
#include "sim/workload/operation_counts.h"
#include "tests/engines/test_scale.h"
#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

struct network_size {
  std::size_t layers = 0;
  std::uint64_t macs = 0;
  std::uint64_t parameters = 0;  ///< with the scale and bias of folded batch normalisations
};

/// Parameters are those that torchvision (ResNets, MobileNetV2, AlexNet's and VGG-16's weights), Caffe (AlexNet,
/// GoogLeNet) and the papers count; MACs are the usual ones to all digits. A ternary variant of a network without batch
/// normalisation has a scale for every output channel but the classifier's.
const std::map<std::string, network_size> sizes = {
    {"resnet18", {21, 1814073344, 11689512}},
    {"resnet18-full", {21, 1814073344, 11689512}},
    {"resnet34-synthetic", {37, 3663761408, 21797672}},
    {"paper-resnet34", {37, 3663761408, 21797672}},
    {"resnet34", {37, 3663255552, 21290816}},  // 12 classes, no bias: 988 x 512 weights and 1000 biases fewer
    {"resnet34-training", {37, 3663255552, 21290816}},
    {"resnet50", {54, 4089184256, 25557032}},
    {"resnet152", {156, 11513626624, 60192808}},
    {"resnet18-cifar-stem", {21, 27215974400, 11681832}},
    {"resnet18-cifar-stem-full", {21, 27215974400, 11681832}},
    {"resnet20", {20, 40551040, 269722}},
    {"resnet20-full", {20, 40551040, 269722}},
    {"vgg-cifar10", {15, 313463808, 14987210}},
    {"vgg-cifar10-full", {15, 313463808, 14987210}},
    {"vgg16", {16, 15470264320, 138357544 + 12416}},
    {"vgg16-full", {16, 15470264320, 138357544}},
    {"vgg16-pruned", {16, 15470264320, 138357544}},
    {"alexnet", {8, 724406816, 60965224 + 9568}},
    {"alexnet-full", {8, 724406816, 60965224}},
    {"alexnet-pruned", {8, 724406816, 60965224}},
    {"googlenet", {58, 1582671872, 6998552 + 7280}},
    {"googlenet-full", {58, 1582671872, 6998552}},
    {"googlenet-pruned", {58, 1582671872, 6998552}},
    {"mobilenetv2", {53, 300774272, 3504872}},
    {"mobilenetv2-full", {53, 300774272, 3504872}},
    {"lenet", {5, 416520, 61706 + 226}},
    {"lenet-full", {5, 416520, 61706}},
};

std::string path_of(const std::string& name) {
  return source_folder + "/workloads/" + name + ".json";
}

TEST_CASE("networks: every shipped workload has a known size") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder + "/workloads")) {
    if (entry.path().extension() != ".json") {
      continue;
    }
    ++files;
    const std::string name = entry.path().stem();
    INFO(name);
    REQUIRE(sizes.contains(name));
    const network net = read_network(entry.path());
    const network_operations all = count_operations(net);
    CHECK(net.batch == 1);
    CHECK(net.layers.size() == sizes.at(name).layers);
    CHECK(all.totals[operation_type::convolution].forward + all.totals[operation_type::linear].forward ==
          sizes.at(name).macs);
    CHECK(all.weights + all.scales_and_biases == sizes.at(name).parameters);
  }
  CHECK(files == sizes.size());
}

TEST_CASE("networks: the ternary variants keep the first layer and the classifier in full precision") {
  for (const auto& [name, size] : sizes) {
    INFO(name);
    const network net = read_network(path_of(name));
    const bool is_full = name.ends_with("-full") || name.ends_with("-pruned");
    for (const layer& l : net.layers) {
      const bool is_edge = &l == &net.layers.front() || &l == &net.layers.back();
      CHECK((l.weights == weight_format::full) == (is_full || is_edge));
    }
  }
}

TEST_CASE("networks: the inputs that epilogues add have the shape of the output") {
  constexpr std::string_view suffix = ".activations";
  for (const auto& [name, size] : sizes) {
    const network net = read_network(path_of(name));
    for (const layer& l : net.layers) {
      for (const pt_wise_op& op : l.epilogue) {
        if (!op.streams_feature_map || !op.tensor.ends_with(suffix)) {
          continue;
        }
        INFO(fmt::format("{}: {} adds {}", name, l.name, op.tensor));
        const std::string added = op.tensor.substr(0, op.tensor.size() - suffix.size());
        const auto owner =
            std::find_if(net.layers.begin(), net.layers.end(), [&](const layer& other) { return other.name == added; });
        REQUIRE(owner != net.layers.end());
        CHECK(owner->activation_shape(1) == l.output_shape(1));
      }
    }
  }
}

TEST_CASE("networks: the published densities of pruned networks") {
  const auto density = [](const operand_source& source) { return std::get<synthetic_source>(source).density; };
  const network alexnet = read_network(path_of("alexnet-pruned"));
  CHECK(density(alexnet.layers[4].operands.weights) == 0.37);
  CHECK(density(alexnet.layers[4].operands.activations) == 0.43);
  const network vgg = read_network(path_of("vgg16-pruned"));
  CHECK(density(vgg.layers[1].operands.weights) == 0.22);
  CHECK(density(vgg.layers[12].operands.activations) == 0.31);
  // The means over the inception convolutions are published, too: weights .39, inputs .56.
  const network googlenet = read_network(path_of("googlenet-pruned"));
  double weights = 0;
  double inputs = 0;
  for (std::size_t i = 3; i < 57; ++i) {
    weights += density(googlenet.layers[i].operands.weights) / 54;
    inputs += density(googlenet.layers[i].operands.activations) / 54;
  }
  CHECK(weights == doctest::Approx(0.39).epsilon(0.01));
  CHECK(inputs == doctest::Approx(0.56).epsilon(0.01));
}

TEST_CASE("networks: every shipped workload runs on the fast engine in both modes") {
  const double most_macs = 3e10 * test_scale();  // all of them, but with sanitizers
  for (const auto& [name, size] : sizes) {
    if (static_cast<double>(size.macs) > most_macs) {
      continue;
    }
    for (const std::string config : {"dlac-fp16-inference", "dlac-fp32-training"}) {  // finite memory: K-groups fit
      INFO(fmt::format("{}, {}", name, config));
      const finished_program finished = run_program(
          {"run", path_of(name), "--engine", "fast", "--config", "configs/" + config + ".json", "--format", "json"});
      REQUIRE(finished.exit_code == 0);
      const auto report = nlohmann::json::parse(finished.out);
      CHECK(report["layers"].size() == size.layers);
      CHECK(report["totals"]["dense_macs"] == size.macs);
    }
  }
}

TEST_CASE("networks: the calibrated profile has the operations on non-zero operands that it is meant to have") {
  const finished_program finished =
      run_program({"run", path_of("paper-resnet34"), "--engine", "fast", "--layers", "layer*", "--format", "json"});
  REQUIRE(finished.exit_code == 0);
  const auto totals = nlohmann::json::parse(finished.out)["totals"];
  const double nonzero = totals["effectual_macs"].get<double>() / totals["dense_macs"].get<double>();
  CHECK(nonzero > 0.16);
  CHECK(nonzero < 0.176);
}

}  // namespace
}  // namespace dlac::test
