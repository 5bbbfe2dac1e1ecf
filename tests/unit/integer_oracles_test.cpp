// Integer formats against others' software: sums of products against gemmlowp, codes and values against the data that
// ONNX tests its QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear with.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <gemmlowp/public/gemmlowp.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "sim/hw/mm_op_unit.h"
#include "sim/numbers/tensor_conversion.h"

namespace dlac {
namespace {

TEST_CASE("sums of codes are those of gemmlowp, for every zero point") {
  std::mt19937 random(5);
  for (const int k : {1, 7, 300}) {
    constexpr int m = 5;
    constexpr int n = 6;
    const auto draw = [&](int count) {
      std::vector<std::uint8_t> codes(static_cast<std::size_t>(count));
      for (auto& code : codes) code = static_cast<std::uint8_t>(random());
      return codes;
    };
    const auto rows = draw(m * k);
    const auto columns = draw(k * n);
    const int row_zero = static_cast<int>(random() % 256);
    const int column_zero = static_cast<int>(random() % 256);
    std::vector<std::int32_t> expected(m * n);
    const gemmlowp::MatrixMap<const std::uint8_t, gemmlowp::MapOrder::RowMajor> lhs(rows.data(), m, k);
    const gemmlowp::MatrixMap<const std::uint8_t, gemmlowp::MapOrder::RowMajor> rhs(columns.data(), k, n);
    gemmlowp::MatrixMap<std::int32_t, gemmlowp::MapOrder::RowMajor> result(expected.data(), m, n);
    gemmlowp::GemmContext context;
    gemmlowp::GemmWithOutputPipeline<std::uint8_t, std::int32_t, gemmlowp::DefaultL8R8BitDepthParams>(
        &context, lhs, rhs, &result, -row_zero, -column_zero, std::make_tuple());

    pass_formats formats;
    formats.rows = affine();
    formats.columns = affine();
    formats.accumulator = integer_sum();
    const auto accumulate = hw::accumulator_for(formats);
    auto state = hw::state_for(formats.accumulator);
    std::vector<float> sums(m * n, 0.0F);
    const std::vector<std::uint32_t> all = {0, 1, 2, 3, 4, 5};
    for (int step = 0; step < k; ++step) {
      std::vector<float> row_values(m);
      std::vector<float> column_values(n);
      for (int i = 0; i < m; ++i) row_values[i] = static_cast<float>(int{rows[i * k + step]} - row_zero);
      for (int j = 0; j < n; ++j) column_values[j] = static_cast<float>(int{columns[step * n + j]} - column_zero);
      accumulate({row_values.data(), column_values.data(), std::span(all).first(m), std::span(all).first(n)}, n,
                 sums.data(), state);
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
      CHECK(std::bit_cast<std::int32_t>(sums[i]) == expected[i]);
    }
    CHECK(state.saturated == 0);
  }
}

/// The part of a TensorProto that these files use: dims, data_type, raw_data.
struct onnx_tensor {
  std::vector<std::uint64_t> dims;
  std::uint64_t type = 0;
  std::string raw;

  template <class Number>
  [[nodiscard]] std::vector<Number> numbers() const {
    std::vector<Number> result(raw.size() / sizeof(Number));
    std::memcpy(result.data(), raw.data(), raw.size());
    return result;
  }
};

onnx_tensor read_tensor(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  onnx_tensor tensor;
  std::size_t at = 0;
  const auto varint = [&] {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes.at(at++));
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) {
        return value;
      }
    }
  };
  while (at < bytes.size()) {
    const std::uint64_t key = varint();
    if (key % 8 == 0) {
      const std::uint64_t value = varint();
      if (key / 8 == 1) tensor.dims.push_back(value);
      if (key / 8 == 2) tensor.type = value;
    } else {
      REQUIRE(key % 8 == 2);
      const std::uint64_t length = varint();
      if (key / 8 == 9) tensor.raw = bytes.substr(at, length);
      at += length;
    }
  }
  return tensor;
}

std::filesystem::path data_of(const std::string& test) {
  return "/usr/share/libonnx-testdata/data/node/test_" + test + "/test_data_set_0";
}

held_tensor converted(const std::vector<float>& values, std::optional<value_range> range) {
  number_format format = affine{.bits = 8, .rule = affine_rule::gemmlowp};
  format.range = range;
  return convert(format, {.name = "x", .shape = {1, 1, 1, values.size()}, .values = values});
}

void check_codes(const held_tensor& held, const std::vector<std::uint8_t>& expected) {
  REQUIRE(held.codes.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(held.codes[i] == expected[i]);
  }
}

TEST_CASE("affine codes are those of ONNX's DynamicQuantizeLinear") {
  for (const char* const test :
       {"dynamicquantizelinear", "dynamicquantizelinear_max_adjusted", "dynamicquantizelinear_min_adjusted"}) {
    INFO(std::string(test));
    const auto folder = data_of(test);
    const auto held = converted(read_tensor(folder / "input_0.pb").numbers<float>(), std::nullopt);
    check_codes(held, read_tensor(folder / "output_0.pb").numbers<std::uint8_t>());
    CHECK(held.scales == read_tensor(folder / "output_1.pb").numbers<float>());
    CHECK(held.zero_point == read_tensor(folder / "output_2.pb").numbers<std::uint8_t>().front());
  }
}

/// The range in which a scale and a zero point are what follows.
value_range range_with(float scale, int zero_point) {
  return {-scale * static_cast<float>(zero_point), scale * static_cast<float>(255 - zero_point)};
}

TEST_CASE("affine codes and values are those of ONNX's QuantizeLinear and DequantizeLinear, by tensor and by axis") {
  for (const char* const test : {"quantizelinear", "quantizelinear_axis"}) {
    INFO(std::string(test));
    const auto folder = data_of(test);
    const auto input = read_tensor(folder / "input_0.pb");
    const auto values = input.numbers<float>();
    const auto scales = read_tensor(folder / "input_1.pb").numbers<float>();
    const auto zeros = read_tensor(folder / "input_2.pb").numbers<std::uint8_t>();
    const auto expected = read_tensor(folder / "output_0.pb").numbers<std::uint8_t>();
    // The axis, where there is one, is that of channels of a single image.
    const std::size_t count = values.size() / scales.size();
    CHECK((scales.size() == 1 || (input.dims.at(0) == 1 && input.dims.at(1) == scales.size())));
    for (std::size_t part = 0; part < scales.size(); ++part) {
      const auto first = static_cast<std::ptrdiff_t>(part * count);
      const auto last = first + static_cast<std::ptrdiff_t>(count);
      const std::vector<float> of_part(values.begin() + first, values.begin() + last);
      const auto held = converted(of_part, range_with(scales[part], zeros[part]));
      CHECK(held.scales.front() == scales[part]);
      CHECK(held.zero_point == zeros[part]);
      check_codes(held, {expected.begin() + first, expected.begin() + last});
    }
  }
  const auto folder = data_of("dequantizelinear");
  const auto codes = read_tensor(folder / "input_0.pb").numbers<std::uint8_t>();
  const float scale = read_tensor(folder / "input_1.pb").numbers<float>().front();
  const int zero = read_tensor(folder / "input_2.pb").numbers<std::uint8_t>().front();
  const auto expected = read_tensor(folder / "output_0.pb").numbers<float>();
  const auto held = converted(expected, range_with(scale, zero));
  check_codes(held, codes);
  CHECK(held.values == expected);
}

}  // namespace
}  // namespace dlac
