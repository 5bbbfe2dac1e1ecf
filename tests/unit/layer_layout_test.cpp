// Tensors as a trace lays them out for each layer type, and as the simulator has them; and what is refused.

#include <doctest/doctest.h>

#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "sim/workload/operands.h"
#include "sim/workload/tensor_layout.h"
#include "tests/unit/trace_file.h"

namespace dlac {
namespace {

using test::message_of;
using test::raw;
using test::temporary_folder;
using test::trace_builder;

/// 1, 2, 3, ... but every fifth 0.
std::vector<float> counted(std::size_t count) {
  std::vector<float> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 1.0F);
  for (std::size_t i = 4; i < count; i += 5) {
    numbers[i] = 0;
  }
  return numbers;
}

/// The same bits as a packed mask.
std::string packed(const std::vector<float>& numbers) {
  std::string bytes((numbers.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] != 0) {
      bytes[i / 8] = static_cast<char>(static_cast<unsigned char>(bytes[i / 8]) | (1U << (i % 8)));
    }
  }
  return bytes;
}

network network_of(const layer& l, const std::string& trace, std::uint32_t batch) {
  network net;
  net.name = "test";
  net.file = "test.json";
  net.batch = batch;
  net.trace_path = trace;
  net.layers = {l};
  return net;
}

bool has_bits_of(const tensor_mask& mask, const std::vector<float>& values) {
  bool is_equal = mask.bits.rows() * mask.bits.cols() == values.size();
  for (std::size_t i = 0; is_equal && i < values.size(); ++i) {
    is_equal = mask.bits.test(i / mask.bits.cols(), i % mask.bits.cols()) == (values[i] != 0);
  }
  return is_equal;
}

layer tokens_layer() {
  layer l;
  l.name = "t";
  l.type = layer_type::linear;
  l.in_channels = 3;
  l.out_channels = 2;
  l.input_size = {1, 5};
  l.weights = weight_format::full;
  return l;
}

layer matmul_layer() {
  layer l;
  l.name = "mm";
  l.type = layer_type::matmul;
  l.weights = weight_format::feature_map;
  l.in_channels = 3;
  l.out_channels = 4;
  l.input_size = {1, 5};
  l.products = 2;
  return l;
}

layer transposed_layer() {
  layer l;
  l.name = "up";
  l.type = layer_type::transposed_conv2d;
  l.in_channels = 4;
  l.out_channels = 6;
  l.groups = 2;
  l.input_size = {2, 2};
  l.kernel = {2, 1};
  l.stride = {2, 1};
  l.weights = weight_format::full;
  return l;
}

/// A forward run's check of one layer over a trace.
std::string checking(const layer& l, const trace_builder& trace, std::uint32_t batch = 1) {
  const temporary_folder folder;
  const network net = network_of(l, folder.file("t.safetensors", trace.bytes()), batch);
  return message_of([&] {
    const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
    operands.check_forward({&net.layers[0]}, true);
  });
}

}  // namespace

TEST_CASE("layouts: tokens come before features in a trace, behind them here") {
  const temporary_folder folder;
  const layer l = tokens_layer();
  const auto x = counted(std::size_t{2} * 5 * 3);
  std::vector<float> expected;  // [n, features, 1, tokens]
  for (std::size_t n = 0; n < 2; ++n) {
    for (std::size_t feature = 0; feature < 3; ++feature) {
      for (std::size_t token = 0; token < 5; ++token) {
        expected.push_back(x[(n * 5 + token) * 3 + feature]);
      }
    }
  }
  for (const bool is_mask : {false, true}) {
    trace_builder trace;
    trace.add("t.weights", "F32", "2, 3", raw(counted(6)));
    if (is_mask) {
      trace.add_packed("t.activations.mask", "2, 5, 3", packed(x));
    } else {
      trace.add("t.activations", "F32", "2, 5, 3", raw(x));
    }
    const network net = network_of(l, folder.file("t", trace.bytes()), 2);
    const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
    CHECK(has_bits_of(operands.activation_mask(l), expected));
    if (!is_mask) {
      CHECK(operands.activation_values(l) == expected);
    }
  }
  // As before: [n, c, h, w] is as it stands.
  const network net = network_of(l,
                                 folder.file("t", trace_builder()
                                                      .add("t.activations", "F32", "2, 3, 1, 5", raw(x))
                                                      .add("t.weights", "F32", "2, 3", raw(counted(6)))
                                                      .bytes()),
                                 2);
  CHECK(operand_provider(net, std::nullopt, formats_of(machine_mode::fp32_training)).activation_values(l) == x);
}

TEST_CASE("layouts: a matmul's maps, flat or for each image") {
  const temporary_folder folder;
  const layer l = matmul_layer();
  const auto x = counted(std::size_t{4} * 5 * 3);
  const auto y = counted(std::size_t{4} * 3 * 4);
  std::vector<float> expected;
  for (std::size_t b = 0; b < 4; ++b) {
    for (std::size_t k = 0; k < 3; ++k) {
      for (std::size_t m = 0; m < 5; ++m) {
        expected.push_back(x[(b * 5 + m) * 3 + k]);
      }
    }
  }
  for (const auto& [rows, columns] : {std::pair("4, 5, 3", "4, 3, 4"), std::pair("2, 2, 5, 3", "2, 2, 3, 4")}) {
    const auto trace =
        trace_builder().add("mm.activations", "F32", rows, raw(x)).add("mm.columns", "F32", columns, raw(y)).bytes();
    const network net = network_of(l, folder.file("t", trace), 2);
    const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
    CHECK_NOTHROW(operands.check_forward({&net.layers[0]}, true));
    CHECK(operands.activation_values(l) == expected);
    CHECK(operands.weight_values(l) == y);
    CHECK(has_bits_of(operands.weight_mask(l), y));
  }
  CHECK(checking(
            l,
            trace_builder().add("mm.activations", "F32", "4, 3, 5", raw(x)).add("mm.columns", "F32", "4, 3, 4", raw(y)),
            2)
            .ends_with("mm.activations: found shape [4, 3, 5], expected [4, 5, 3]"));
  CHECK(checking(l, trace_builder().add("mm.activations", "F32", "4, 5, 3", raw(x)), 2)
            .find("mm.columns: found no tensor of this name, expected the columns [4, 3, 4] of layer \"mm\": "
                  "mm.columns of F32") != std::string::npos);
  CHECK(checking(l,
                 trace_builder()
                     .add("mm.activations", "F32", "4, 5, 3", raw(x))
                     .add_packed("mm.columns.mask", "4, 3, 4", packed(y)),
                 2)
            .find("mm.columns.mask: found a mask, which tells zeros but no values") != std::string::npos);
}

TEST_CASE("layouts: weights of a transposed convolution are [cin, cout / groups, kh, kw] in a trace") {
  const temporary_folder folder;
  const layer l = transposed_layer();
  const auto w = counted(std::size_t{4} * 3 * 2);
  std::vector<float> expected;  // [cout, cin / groups, kh, kw]
  for (std::size_t cout = 0; cout < 6; ++cout) {
    for (std::size_t cin = 0; cin < 2; ++cin) {
      for (std::size_t ky = 0; ky < 2; ++ky) {
        expected.push_back(w[((cout / 3 * 2 + cin) * 3 + cout % 3) * 2 + ky]);
      }
    }
  }
  trace_builder trace;
  trace.add("up.activations", "F32", "1, 4, 2, 2", raw(counted(16)));
  trace.add("up.weights", "F32", "4, 3, 2, 1", raw(w));
  trace.add("up.velocity", "F32", "4, 3, 2, 1", raw(w));
  const network net = network_of(l, folder.file("t", trace.bytes()), 1);
  const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
  CHECK(operands.weight_values(l) == expected);
  CHECK(has_bits_of(operands.weight_mask(l), expected));
  CHECK(operands.velocity(l) == expected);
  CHECK(operands.master_weights(l) == expected);
  CHECK(checking(l, trace_builder()
                        .add("up.activations", "F32", "1, 4, 2, 2", raw(counted(16)))
                        .add("up.weights", "F32", "6, 2, 2, 1", raw(w)))
            .ends_with("up.weights: found shape [6, 2, 2, 1], expected [4, 3, 2, 1]"));
}

TEST_CASE("layouts: a conv1d's tensors have one side less, or a height of 1") {
  layer l;
  l.name = "c";
  l.type = layer_type::conv1d;
  l.in_channels = 2;
  l.out_channels = 3;
  l.input_size = {1, 5};
  l.kernel = {1, 2};
  l.weights = weight_format::full;
  for (const auto& [maps, weights] : {std::pair("1, 2, 5", "3, 2, 2"), std::pair("1, 2, 1, 5", "3, 2, 1, 2")}) {
    CHECK(checking(l, trace_builder()
                          .add("c.activations", "F32", maps, raw(counted(10)))
                          .add("c.weights", "F32", weights, raw(counted(12)))) == "");
  }
  CHECK(checking(l, trace_builder()
                        .add("c.activations", "F32", "1, 5, 2", raw(counted(10)))
                        .add("c.weights", "F32", "3, 2, 2", raw(counted(12))))
            .ends_with("c.activations: found shape [1, 5, 2], expected [1, 2, 5]"));
}

TEST_CASE("layouts: as a trace has it and back again") {
  const layer tokens = tokens_layer();
  const shape_4d map = tokens.activation_shape(2);
  const auto x = counted(map.elements());
  const auto traced = map_as_traced(tokens, map, x);
  // Token 1, feature 2 of image 1.
  CHECK(traced[(1 * 5 + 1) * 3 + 2] == x[(1 * 3 + 2) * 5 + 1]);
  CHECK(map_in_order(tokens, map, map_layouts(tokens, map).front(), traced) == x);
  const layer up = transposed_layer();
  const auto w = counted(up.weight_shape().elements());
  const auto columns = columns_as_traced(up, w);
  // Of the second group: input 1 of it, output 2 of it, the lower kernel position.
  CHECK(columns[((2 + 1) * 3 + 2) * 2 + 1] == w[((3 + 2) * 2 + 1) * 2 + 1]);
  CHECK(columns_in_order(up, columns) == w);
}

}  // namespace dlac
