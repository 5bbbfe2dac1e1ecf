// Operation counts of small networks, every number derived by hand.

#include "sim/workload/operation_counts.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/bad_input.h"

namespace dlac {
namespace {

using enum operation_type;

pt_wise_op op_of(pt_wise_kind kind) {
  return {.kind = kind, .streams_feature_map = false, .tensor = "", .threshold = 0};
}

pt_wise_op add_of(const std::string& tensor) {
  return {.kind = pt_wise_kind::add, .streams_feature_map = true, .tensor = tensor, .threshold = 0};
}

/// 3x3 with padding 1: the size of the image stays but for the stride.
layer convolution_of(const std::string& name, std::uint32_t cin, std::uint32_t cout, std::uint32_t size,
                     std::uint32_t stride) {
  layer l;
  l.name = name;
  l.in_channels = cin;
  l.out_channels = cout;
  l.input_size = {size, size};
  l.kernel = {3, 3};
  l.stride = {stride, stride};
  l.padding = {1, 1};
  return l;
}

layer linear_of(const std::string& name, std::uint32_t fin, std::uint32_t fout) {
  layer l;
  l.name = name;
  l.type = layer_type::linear;
  l.in_channels = fin;
  l.out_channels = fout;
  return l;
}

network network_of(std::vector<layer> layers, std::uint32_t batch = 1) {
  network net;
  net.name = "net";
  net.file = "net.json";
  net.batch = batch;
  net.layers = std::move(layers);
  return net;
}

void check_counts(const direction_counts& found, std::uint64_t forward, std::uint64_t backward) {
  CHECK(found.forward == forward);
  CHECK(found.backward == backward);
}

TEST_CASE("operation counts: a convolution with batch normalisation and ReLU, two images") {
  layer l = convolution_of("conv", 4, 6, 8, 2);  // 2 images of 6 x 4 x 4 outputs, each of 2 x 9 MACs
  l.groups = 2;
  l.epilogue = {op_of(pt_wise_kind::mul_add), op_of(pt_wise_kind::select)};
  const network_operations all = count_operations(network_of({l}, 2));
  REQUIRE(all.layers.size() == 1);
  const operation_counts& counts = all.layers[0].counts;
  check_counts(counts[convolution], 192 * 18, 2 * 192 * 18);
  check_counts(counts[linear], 0, 0);
  check_counts(counts[batch_norm], 192, 192);
  check_counts(counts[select], 192, 192);
  check_counts(counts[element_wise_add], 0, 0);
  check_counts(counts[bias_add], 0, 0);
  check_counts(counts[convolution_update], 0, 6 * 2 * 9);  // once, whatever the batch
  check_counts(counts[scale_bias_update], 0, 2 * 6);
  CHECK(all.weights == 108);
  CHECK(all.scales_and_biases == 12);
  CHECK(all.first_layer_backward_data == 192 * 18);
}

TEST_CASE("operation counts: a linear layer with a bias") {
  layer l = linear_of("fc", 10, 3);
  l.epilogue = {op_of(pt_wise_kind::add)};
  const operation_counts counts = count_operations(network_of({l}, 5)).totals;
  check_counts(counts[linear], 150, 300);
  check_counts(counts[convolution], 0, 0);
  check_counts(counts[bias_add], 15, 15);
  check_counts(counts[linear_update], 0, 30);
  check_counts(counts[scale_bias_update], 0, 3);
}

TEST_CASE("operation counts: a shortcut is added where a block ends, its gradient where the block begins") {
  // The projected block reads 4 x 8 x 8 and writes 8 x 4 x 4; the identity block reads and writes 8 x 4 x 4.
  std::vector<layer> layers = {convolution_of("a.conv1", 4, 8, 8, 2), convolution_of("a.downsample", 4, 8, 8, 2),
                               convolution_of("a.conv2", 8, 8, 4, 1), convolution_of("b.conv1", 8, 8, 4, 1),
                               convolution_of("b.conv2", 8, 8, 4, 1)};
  SUBCASE("projection") {
    layers[2].epilogue = {add_of("a.downsample.output")};
    check_counts(count_operations(network_of(layers)).totals[element_wise_add], 8 * 4 * 4, 4 * 8 * 8);
  }
  SUBCASE("identity") {
    layers[4].epilogue = {add_of("b.conv1.activations")};
    check_counts(count_operations(network_of(layers)).totals[element_wise_add], 128, 128);
  }
  SUBCASE("a difference is a sum") {
    layers[4].epilogue = {add_of("b.conv1.activations")};
    layers[4].epilogue[0].kind = pt_wise_kind::sub;
    check_counts(count_operations(network_of(layers)).totals[element_wise_add], 128, 128);
  }
  SUBCASE("a tensor that is no layer's") {
    for (const std::string tensor : {"a.padded", "c.output", "b.conv1.weights", ".output", "output"}) {
      layers[4].epilogue = {add_of(tensor)};
      const operation_counts counts = count_operations(network_of(layers)).totals;
      check_counts(counts[element_wise_add], 0, 0);
      check_counts(counts[other_add], 128, 0);
    }
  }
}

TEST_CASE("operation counts: the size of a model") {
  std::vector<layer> layers = {convolution_of("first", 1, 2, 4, 1), convolution_of("middle", 2, 3, 4, 1),
                               linear_of("last", 5, 7)};  // 18, 54 and 35 weights
  layers[1].epilogue = {op_of(pt_wise_kind::mul_add)};    // 6 of scale and bias
  const model_bytes bytes = count_operations(network_of(layers)).bytes;
  CHECK(bytes.fp32 == 4 * (107 + 6));
  CHECK(bytes.fp16 == 2 * (107 + 6));
  CHECK(bytes.int8 == 107 + 4 * 6);
  CHECK(bytes.ternary_fp32 == 14 + 4 * (18 + 35 + 6));  // 54 x 2 bits are 13.5 bytes
  CHECK(bytes.ternary_fp16 == 14 + 2 * (18 + 35 + 6));
  SUBCASE("one layer is the first and the last") {
    CHECK(count_operations(network_of({layers[0]})).bytes.ternary_fp16 == 2 * 18);
  }
}

TEST_CASE("operation counts: totals are the sum of the layers") {
  std::vector<layer> layers = {convolution_of("a", 3, 5, 7, 2), convolution_of("b", 5, 5, 4, 1), linear_of("c", 5, 2)};
  layers[1].epilogue = {op_of(pt_wise_kind::mul_add), add_of("b.activations"), op_of(pt_wise_kind::select)};
  const network_operations all = count_operations(network_of(layers, 3));
  for (std::size_t i = 0; i < operation_type_count; ++i) {
    direction_counts sum;
    for (const layer_operations& counted : all.layers) {
      sum.forward += counted.counts.of[i].forward;
      sum.backward += counted.counts.of[i].backward;
    }
    check_counts(all.totals.of[i], sum.forward, sum.backward);
  }
}

TEST_CASE("operation counts: more than 64 bits are an error") {
  // 2^48 MACs a layer, the most that a workload may have: 2^15 layers have 2^64 backward.
  layer l = linear_of("fc", 65536, 65536);
  const network fits = network_of(std::vector<layer>((1U << 15U) - 1, l), 65536);
  CHECK(count_operations(fits).totals[linear].backward == 0xFFFE000000000000U);
  const network overflows = network_of(std::vector<layer>(1U << 15U, l), 65536);
  CHECK(test::message_of([&] { count_operations(overflows); }) ==
        "net.json: /layers: found more than 2^64 operations of one kind, expected fewer or smaller layers");
}

}  // namespace
}  // namespace dlac
