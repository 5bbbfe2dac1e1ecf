// What a layer is said to need against what running it takes.

#include "sim/engine/memory_need.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "sim/engine/network_run.h"
#include "sim/workload/network.h"
#include "tests/bench/peak_memory.h"

namespace dlac::test {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;

struct need_case {
  const char* name;
  layer shape;
  std::uint32_t batch = 1;
  pass_kind pass = pass_kind::forward;
  bool values = false;
  const char* config = "/configs/dlac-fp32-training.json";
  const char* numbers = nullptr;  ///< a set of number formats in place of the config's
};

layer convolution(std::uint32_t in, std::uint32_t out, std::uint32_t side, std::uint32_t kernel,
                  std::uint32_t stride = 1, std::uint32_t groups = 1) {
  layer l;
  l.name = "c";
  l.in_channels = in;
  l.out_channels = out;
  l.input_size = {side, side};
  l.kernel = {kernel, kernel};
  l.stride = {stride, stride};
  l.padding = {kernel / 2, kernel / 2};
  l.groups = groups;
  l.operands = {synthetic_source{0.4, 0.3, 0, 1}, synthetic_source{0.5, 0, 0, 2}, synthetic_source{0.3, 0, 0, 3}};
  return l;
}

#ifndef __SANITIZE_ADDRESS__  // its own memory is measured as well
layer with_clusters(layer l) {
  std::get<synthetic_source>(l.operands.activations).cluster = 0.5;
  return l;
}

layer with_structures(layer l, const zero_structure& of_activations, const zero_structure& of_weights) {
  std::get<synthetic_source>(l.operands.activations) = {.density = 0.5, .structure = of_activations};
  std::get<synthetic_source>(l.operands.weights) = {.density = 0.5, .structure = of_weights};
  return l;
}

/// Bytes that the resident memory rises by.
std::uint64_t measured_peak(const need_case& c, const accelerator_config& config) {
  network net;
  net.name = "n";
  net.batch = c.batch;
  net.layers = {convolution(1, 1, 1, 1), c.shape};  // the first layer has no backward-data pass
  net.layers.front().name = "first";
  const operand_provider operands(net, std::nullopt, config.numbers());
  std::uint64_t peak = 0;
  std::uint64_t before = 0;
  bool is_wanted = false;
  const auto end_of_pass = [&] { peak = is_wanted ? bench::peak_memory() - before : peak; };
  run_options options{.kind = c.pass == pass_kind::forward ? run_kind::forward : run_kind::training,
                      .progress = [&](std::size_t, std::size_t, const std::string& name) {
                        end_of_pass();
                        is_wanted =
                            name == (c.pass == pass_kind::forward ? "c" : "c, " + std::string(to_string(c.pass)));
                        bench::reset_peak_memory();
                        before = bench::peak_memory();
                      }};
  if (c.values) {
    options.engine = by_systemc_engine{.values = true};
  }
  static_cast<void>(run_layers(config, net, {&net.layers[1]}, operands, options));
  end_of_pass();
  return peak;
}
#endif

}  // namespace

#ifndef __SANITIZE_ADDRESS__
TEST_CASE("the clocked core takes about the memory that it is said to need") {
  for (const std::uint32_t buffers : {1U, 1000U}) {
    auto config = read_accelerator_config(std::string(DLAC_SOURCE_DIR) + "/configs/dlac-fp16-inference.json");
    config.grid = {96, buffers == 1 ? 80U : 81U};  // grids of which the process has no core yet
    config.pe.output_buffers = buffers;
    config.mapping.block.reset();
    bench::reset_peak_memory();
    const auto before = bench::peak_memory();
    const auto engine = make_engine(by_systemc_engine{}, config);
    const auto measured = static_cast<double>(bench::peak_memory() - before);
    const auto said = static_cast<double>(clocked_core_need(config));
    CAPTURE(buffers);
    CAPTURE(measured);
    CHECK(said > 0.85 * measured);
    CHECK(said < 1.25 * measured);
  }
}

TEST_CASE("a layer takes about the memory that it is said to need") {
  const char* const training = "/configs/dlac-fp32-training.json";
  const std::vector<need_case> cases = {
      {"a tiny layer", convolution(3, 3, 5, 3)},
      {"a large map", convolution(32, 16, 512, 3)},
      {"a large map of clusters", with_clusters(convolution(2, 2, 4096, 1))},
      {"runs across channels", with_structures(convolution(64, 2, 512, 1), n_of_m{32, 64}, n_of_m{2, 4})},
      {"runs of clusters", with_clusters(with_structures(convolution(4, 2, 2048, 1), n_of_m{2, 4}, n_of_m{2, 4}))},
      {"runs of many weights", with_structures(convolution(4096, 4096, 2, 1), zero_channels{}, n_of_m{2, 4})},
      {"blocks", with_structures(convolution(4096, 4096, 2, 1), zero_channels{}, zero_blocks{4, 4})},
      {"a large kernel", convolution(4, 4, 200, 63)},
      {"many weights", convolution(4096, 4096, 2, 1)},
      {"tiny images", convolution(4096, 64, 1, 1), 4096},
      {"groups", convolution(1024, 1024, 64, 3, 1, 1024)},
      {"strides", convolution(64, 64, 224, 5, 3)},
      {"ideal memory", convolution(64, 64, 256, 3), 1, pass_kind::forward, false, "/configs/paper-fp32-training.json"},
      {"backward data", convolution(64, 64, 224, 3), 1, pass_kind::backward_data},
      {"backward data of strides", convolution(64, 64, 224, 3, 2), 2, pass_kind::backward_data},
      {"backward weight", convolution(64, 64, 224, 3), 1, pass_kind::backward_weight},
      {"values", convolution(16, 8, 128, 3), 4, pass_kind::forward, true},
      {"values of a backward pass", convolution(16, 8, 64, 3), 8, pass_kind::backward_weight, true},
      {"drawn integers", convolution(32, 16, 512, 3), 1, pass_kind::forward, false, training, "int8-absmax"},
      {"drawn numbers without a zero", convolution(32, 16, 512, 3), 1, pass_kind::forward, false, training, "affine-8"},
      {"values of integers", convolution(16, 8, 128, 3), 4, pass_kind::forward, true, training, "int8-absmax"},
      {"drawn groups", convolution(32, 16, 512, 3), 1, pass_kind::forward, false, training, "mls-6-same-shift"},
      {"values of groups", convolution(16, 8, 64, 3), 8, pass_kind::backward_weight, true, training, "mls-8-simple"},
      {"drawn parts", convolution(32, 16, 512, 3), 1, pass_kind::forward, false, training, "double-4"},
      {"drawn parts of activations", convolution(64, 64, 224, 3), 1, pass_kind::backward_weight, false, training,
       "double-4-a"},
      {"values of parts", convolution(16, 8, 128, 3), 4, pass_kind::forward, true, training, "double-4"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    const auto numbers = c.numbers == nullptr
                             ? std::nullopt
                             : std::optional(fmt::format("{}/configs/numbers/{}.json", DLAC_SOURCE_DIR, c.numbers));
    const auto config = read_accelerator_config(std::string(DLAC_SOURCE_DIR) + c.config, {}, numbers);
    const auto need = memory_need_of(config, c.shape, c.pass, c.batch, c.values);
    const auto peak = measured_peak(c, config);
    MESSAGE(std::string(c.name) << ": " << peak / mebibyte << " MiB measured, " << need.least / mebibyte << " to "
                                << need.most / mebibyte << " MiB said");
    CHECK(peak + 16 * mebibyte >= need.least / 4 * 3);
    CHECK(peak <= need.most + 16 * mebibyte);
  }
}
#endif

TEST_CASE("what no machine has is refused before anything runs, in a line with layer and amount") {
  network net;
  net.name = "n";
  net.layers = {convolution(1, 1, 1, 1), convolution(65536, 65536, 1024, 1)};
  net.layers.front().name = "small";
  const auto config = read_accelerator_config(DLAC_SOURCE_DIR "/configs/dlac-fp16-inference.json");
  const operand_provider operands(net, std::nullopt, config.numbers());
  std::string message;
  std::size_t begun = 0;
  try {
    static_cast<void>(run_layers(config, net, {&net.layers[0], &net.layers[1]}, operands,
                                 {.progress = [&](std::size_t, std::size_t, const std::string&) { ++begun; }}));
  } catch (const input_error& error) {
    message = error.what();
  }
  CHECK(begun == 0);
  CHECK(message.find("layer \"c\" (forward): needs about ") == 0);
  CHECK(message.find(" GB of memory, expected at most ") != std::string::npos);
}

}  // namespace dlac::test
