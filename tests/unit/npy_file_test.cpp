// Arrays of NumPy: every type, order of bytes and of elements, and hostile files.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "sim/import/npy_file.h"
#include "tests/unit/bad_input.h"
#include "tests/unit/npy_bytes.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using floats = std::vector<float>;

floats values_in(const std::string& bytes) {
  const temporary_folder folder;
  return npy_file(folder.file("a.npy", bytes)).values();
}

/// The message of reading it, without its folder.
std::string refusal(const std::string& bytes) {
  const temporary_folder folder;
  const std::string path = folder.file("a.npy", bytes);
  const std::string all = message_of([&] { static_cast<void>(npy_file(path).values()); });
  return all.starts_with(folder.path("")) ? all.substr(folder.path("").size()) : all;
}

template <class Number>
std::string swapped(const std::vector<Number>& numbers) {
  std::string bytes = raw(numbers);
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(Number)) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + sizeof(Number)));
  }
  return bytes;
}

template <class Number>
void check_type(const std::string& letters, const std::vector<Number>& numbers, const floats& expected) {
  CAPTURE(letters);
  CHECK(values_in(npy_bytes("<" + letters, "3", raw(numbers))) == expected);
  CHECK(values_in(npy_bytes(">" + letters, "3,", swapped(numbers))) == expected);
  CHECK(values_in(npy_bytes("=" + letters, "3,", raw(numbers), true)) == expected);
}

TEST_CASE("import: every type of a NumPy array, in both orders of bytes") {
  check_type<float>("f4", {1.5F, -0.25F, 0}, {1.5F, -0.25F, 0});
  check_type<double>("f8", {1.5, -1.0 / 3, 0}, {1.5F, static_cast<float>(-1.0 / 3), 0});
  check_type<std::uint16_t>("f2", {0x3E00, 0xB400, 0}, {1.5F, -0.25F, 0});
  check_type<std::int8_t>("i1", {1, -128, 0}, {1, -128, 0});
  check_type<std::int16_t>("i2", {258, -32768, 0}, {258, -32768, 0});
  check_type<std::int32_t>("i4", {65538, -16777216, 0}, {65538, -16777216, 0});
  check_type<std::int64_t>("i8", {1LL << 40, -5, 0}, {0x1p40F, -5, 0});
  check_type<std::uint8_t>("u1", {1, 255, 0}, {1, 255, 0});
  check_type<std::uint16_t>("u2", {258, 65535, 0}, {258, 65535, 0});
  check_type<std::uint32_t>("u4", {65538, 4294967295U, 0}, {65538, 0x1p32F, 0});
  check_type<std::uint64_t>("u8", {1ULL << 63U, 5, 0}, {0x1p63F, 5, 0});
  CHECK(values_in(npy_bytes("|b1", "2", std::string("\1\0", 2))) == floats{1, 0});
  CHECK(values_in(npy_bytes("|i1", "1", "\xFF")) == floats{-1});
}

TEST_CASE("import: C order and Fortran order, versions, a single number") {
  const floats numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};
  CHECK(values_in(npy_bytes("<f4", "2, 3, 4", raw(numbers))) == numbers);
  // Element [i, j, k] lies at i + 2 j + 6 k.
  floats expected;
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 4; ++k) {
        expected.push_back(static_cast<float>(i + 2 * j + 6 * k));
      }
    }
  }
  CHECK(values_in(npy_bytes("<f4", "2, 3, 4", raw(numbers), true)) == expected);
  for (const char version : {'\2', '\3'}) {
    CHECK(values_in(npy_bytes("<f4", "24,", raw(numbers), false, version)) == numbers);
  }
  CHECK(values_in(npy_bytes("<f4", "", raw(floats{7}))) == floats{7});
  CHECK(values_in(npy_with_header("{\"shape\":(2L,),\"descr\":\"<f4\",\"fortran_order\":False}", raw(floats{7, 8}))) ==
        floats{7, 8});
}

TEST_CASE("import: hostile NumPy files are refused in one line") {
  const std::string one = raw(floats{1});
  const std::string good = npy_bytes("<f4", "1,", one);
  CHECK(refusal("NUMPY").starts_with("a.npy: found other bytes at the beginning"));
  CHECK(refusal(good.substr(0, 7)).starts_with("a.npy: header: found 0 bytes of it in a file of 7"));
  CHECK(refusal(good.substr(0, 40)).starts_with("a.npy: header: found "));
  CHECK(refusal(good.substr(0, good.size() - 1)) == "a.npy: found 3 bytes of data, expected 4, as the shape has");
  CHECK(refusal(good + "x").starts_with("a.npy: found 5 bytes of data"));
  CHECK(refusal(npy_bytes("<f4", "1,", one, false, '\4')).starts_with("a.npy: found version 4.0, expected 1.0"));
  const auto header = [&](const std::string& text) { return refusal(npy_with_header(text, one)); };
  CHECK(header("").starts_with("a.npy: header: found its end, expected '{'"));
  CHECK(header("{'descr': '<f4', 'fortran_order': False}").starts_with("a.npy: header: found 2 keys"));
  CHECK(header("{'descr': '<f4', 'descr': '<f4'}").starts_with("a.npy: header: found a second \"descr\""));
  CHECK(header("{'color': 1}").starts_with("a.npy: header: found \"color\""));
  CHECK(header("{'fortran_order': 0}").starts_with("a.npy: header: found \"0}\", expected True or False"));
  CHECK(header("{'descr': [('a', '<f4')]}").starts_with("a.npy: header: found \"[('a', '<f4')]}\", expected a text"));
  CHECK(header("{'shape': (-1,)}").starts_with("a.npy: header: found \"-1,)}\", expected a shape"));
  CHECK(header("{'shape': (99999999999999999999,)}").starts_with("a.npy: header: found \"99999999999999999999"));
  CHECK(header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x")
            .starts_with("a.npy: header: found text behind"));
  std::string axes = "1";
  for (int i = 0; i < 40; ++i) {
    axes += ", 1";
  }
  CHECK(refusal(npy_bytes("<f4", axes, one)).starts_with("a.npy: header: found more than 32 axes"));
  CHECK(refusal(npy_bytes("<f4", "0,", "")).starts_with("a.npy: header, shape: found no elements"));
  CHECK(refusal(npy_bytes("<f4", "4294967296, 4294967296, 4294967296", one))
            .starts_with("a.npy: header, shape: found an axis"));
  for (const char* const type : {"<c8", "O", "<U4", "|f4", "<f16", "<i3", "<f1", "", "<M8[s]"}) {
    CAPTURE(type);
    CHECK(refusal(npy_bytes(type, "1,", one)).starts_with("a.npy: header, descr: found "));
  }
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(refusal(npy_bytes("<f4", "3,", raw(floats{0, 1, infinity}))) ==
        "a.npy: element 2: found inf, expected a finite float");
  CHECK(refusal(npy_bytes("<f8", "1,", raw(std::vector<double>{1e300}))).starts_with("a.npy: element 0: found 1e+300"));
}

}  // namespace
}  // namespace dlac::test
