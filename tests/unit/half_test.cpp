// Half precision against exact integer arithmetic. A finite half is a whole number of 2^-24, a product of two of 2^-48,
// and 128 bits hold any sum of them.

#include "sim/numbers/half.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace dlac {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

std::uint32_t bits_of(float x) {
  return std::bit_cast<std::uint32_t>(x);
}

/// Counts failures and keeps the operands of the first: a CHECK for each of millions of cases would take minutes.
struct tally {
  std::uint64_t failures = 0;
  std::array<float, 5> first{};
  void expect_same(float found, float expected, float a, float b = 0, float c = 0) {
    if (bits_of(found) == bits_of(expected)) return;
    if (failures++ == 0) first = {found, expected, a, b, c};
  }
  void check() const {
    INFO("first failure: found ", first[0], ", expected ", first[1], ", operands ", first[2], " ", first[3], " ",
         first[4]);
    CHECK(failures == 0);
  }
};

/// `units` * 2^-48, not zero, rounded to half by comparing the remainder with half a unit.
float exact_half(__int128 units) {
  const bool negative = units < 0;
  const auto magnitude = static_cast<unsigned __int128>(negative ? -units : units);
  const auto high = static_cast<std::uint64_t>(magnitude >> 64U);
  const int width =
      high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(static_cast<std::uint64_t>(magnitude));
  const int unit = std::max(width - 11, 24);  // 11 significant bits, but no bit below 2^-24
  auto kept = static_cast<std::uint64_t>(magnitude >> static_cast<unsigned>(unit));
  const unsigned __int128 rest = magnitude - (static_cast<unsigned __int128>(kept) << static_cast<unsigned>(unit));
  const unsigned __int128 tie = static_cast<unsigned __int128>(1) << static_cast<unsigned>(unit - 1);
  if (rest > tie || (rest == tie && kept % 2 == 1)) ++kept;
  const double value = std::ldexp(static_cast<double>(kept), unit - 48);
  const float result = value > 65504.0 ? infinity : static_cast<float>(value);
  return negative ? -result : result;
}

/// a * b + c of finite halves, exactly, then rounded once.
float exact_fma(float a, float b, float c) {
  const auto units = [](float x) { return static_cast<__int128>(static_cast<std::int64_t>(x * 0x1p24F)); };
  const __int128 sum = units(a) * units(b) + units(c) * (static_cast<__int128>(1) << 24U);
  // The sign of a zero follows from the zeros' signs, which doubles get right where the sum is exact.
  return sum == 0 ? static_cast<float>(static_cast<double>(a) * b + c) : exact_half(sum);
}

/// All non-negative finite halves in increasing order: the order of their bits.
std::vector<float> finite_halves() {
  std::vector<float> values;
  for (std::uint16_t bits = 0; bits < 0x7C00U; ++bits) values.push_back(half_to_float(bits));
  return values;
}

}  // namespace

TEST_CASE("every half has the value of its fields and survives the way to float and back") {
  std::uint64_t wrong_values = 0;
  std::uint64_t wrong_ways_back = 0;
  tally rounding;
  for (std::uint32_t half = 0; half < 0x10000U; ++half) {
    const float value = half_to_float(static_cast<std::uint16_t>(half));
    const int exponent = static_cast<int>(half >> 10U & 0x1FU);
    const int fraction = static_cast<int>(half & 0x3FFU);
    if (exponent == 31 && fraction != 0) {
      const bool quietened = float_to_half(value) == (half | 0x200U);
      if (!std::isnan(value) || !std::isnan(round_to_half(value)) || !quietened) ++wrong_values;
      continue;
    }
    double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    if (exponent == 31) magnitude = infinity;
    if (std::fabs(value) != magnitude || std::signbit(value) != (half >= 0x8000U)) ++wrong_values;
    if (float_to_half(value) != half) ++wrong_ways_back;
    rounding.expect_same(round_to_half(value), value, value);
    rounding.expect_same(round_to_half(static_cast<double>(value)), value, value);
  }
  CHECK(wrong_values == 0);
  CHECK(wrong_ways_back == 0);
  rounding.check();
}

TEST_CASE("between two neighbouring halves the nearest is taken, the even one in the middle") {
  std::vector<float> halves = finite_halves();
  halves.push_back(65536.0F);  // stands for infinity
  tally in_float;
  tally in_double;
  const auto expect = [&](double x, float expected) {
    for (const double sign : {1.0, -1.0}) {
      const float result = static_cast<float>(sign) * (expected == 65536.0F ? infinity : expected);
      in_double.expect_same(round_to_half(sign * x), result, static_cast<float>(x));
      const auto narrow = static_cast<float>(sign * x);
      if (narrow == sign * x) in_float.expect_same(round_to_half(narrow), result, narrow);
    }
  };
  for (std::size_t i = 0; i + 1 < halves.size(); ++i) {
    const float below = halves[i];
    const float above = halves[i + 1];
    const float middle = (below + above) / 2;
    expect(middle, i % 2 == 0 ? below : above);
    for (const float towards : {below, above}) {
      expect(std::nextafter(middle, towards), towards);
      expect(std::nextafter(static_cast<double>(middle), static_cast<double>(towards)), towards);
      expect((static_cast<double>(middle) + towards) / 2, towards);
      expect(std::nextafter(towards, middle), towards);
    }
  }
  in_float.check();
  in_double.check();
}

TEST_CASE("out of range") {
  CHECK(round_to_half(65519.996F) == 65504.0F);
  CHECK(round_to_half(65520.0F) == infinity);
  CHECK(round_to_half(-3.4e38F) == -infinity);
  CHECK(round_to_half(-1e300) == -infinity);
  CHECK(round_to_half(infinity) == infinity);
  CHECK(std::isnan(round_to_half(nan)));
  CHECK(std::isnan(round_to_half(std::numeric_limits<double>::quiet_NaN())));
  CHECK(bits_of(round_to_half(-0x1p-25F)) == bits_of(-0.0F));
  CHECK(bits_of(round_to_half(-0x1.000002p-25F)) == bits_of(-0x1p-24F));
  CHECK(bits_of(round_to_half(std::numeric_limits<float>::denorm_min())) == bits_of(0.0F));
  CHECK(float_to_half(1e-30F) == 0x0000U);
  CHECK(float_to_half(-1e30F) == 0xFC00U);
  std::vector<float> values{2049.0F, -2051.0F, 1e6F};
  round_to_half(values);
  CHECK(values == std::vector<float>{2048.0F, -2052.0F, infinity});
}

TEST_CASE("a double is not rounded twice") {
  // Just above the middle between 1 and 1 + 2^-10, but a float rounds it to the middle.
  CHECK(round_to_half(1 + 0x1p-11 + 0x1p-40) == 1 + 0x1p-10F);
  CHECK(round_to_half(static_cast<float>(1 + 0x1p-11 + 0x1p-40)) == 1.0F);
}

TEST_CASE("fused multiply-add rounds once") {
  // 3/2 * 683/1024 = 1 + 2^-11 is the middle between two halves; the smallest addend decides. A float loses it.
  CHECK(fma_half(1.5F, 683.0F / 1024, 0x1p-24F) == 1 + 0x1p-10F);
  CHECK(fma_half(1.5F, 683.0F / 1024, 0) == 1.0F);
  CHECK(fma_half(1.5F, 683.0F / 1024, -0x1p-24F) == 1.0F);
  CHECK(round_to_half(std::fma(1.5F, 683.0F / 1024, 0x1p-24F)) == 1.0F);
  // Products far below the addend's unit, exactly and not exactly in the middle: 2^-11 times 1 +- 2^-10.
  CHECK(fma_half(0x1p-11F, 1.0F, 1.0F) == 1.0F);
  CHECK(fma_half(0x1p-11F, 1 + 0x1p-10F, 1.0F) == 1 + 0x1p-10F);
  CHECK(bits_of(fma_half(-0x1p-24F, 0x1p-24F, 0.0F)) == bits_of(-0.0F));
  CHECK(bits_of(fma_half(1.0F, 1.0F, -1.0F)) == bits_of(0.0F));
  CHECK(bits_of(fma_half(-0.0F, 1.0F, -0.0F)) == bits_of(-0.0F));
}

TEST_CASE("fused multiply-add with infinities and NaNs") {
  CHECK(fma_half(infinity, 2.0F, -1.0F) == infinity);
  CHECK(fma_half(1.0F, -2.0F, -infinity) == -infinity);
  CHECK(fma_half(65504.0F, 65504.0F, -65504.0F) == infinity);
  CHECK(fma_half(-65504.0F, 2.0F, 65504.0F) == -65504.0F);
  CHECK(std::isnan(fma_half(infinity, 0.0F, 1.0F)));
  CHECK(std::isnan(fma_half(infinity, 1.0F, -infinity)));
  CHECK(std::isnan(fma_half(nan, 1.0F, 1.0F)));
  CHECK(std::isnan(fma_half(1.0F, 1.0F, nan)));
}

TEST_CASE("fused multiply-add of random halves is exact before its rounding") {
  std::mt19937_64 random(20);
  tally results;
  for (int i = 0; i < 2'000'000; ++i) {
    const std::uint64_t draw = random();
    const auto half_at = [draw](unsigned place) {
      const auto bits = static_cast<std::uint16_t>(draw >> place);
      return half_to_float((bits & 0x7C00U) == 0x7C00U ? bits & 0xBFFFU : bits);  // no infinities and NaNs
    };
    const float a = half_at(0);
    const float b = half_at(16);
    const float c = half_at(32);
    results.expect_same(fma_half(a, b, c), exact_fma(a, b, c), a, b, c);
  }
  results.check();
}

TEST_CASE("fused multiply-add near midpoints and cancellations") {
  const std::vector<float> halves = finite_halves();
  std::mt19937_64 random(21);
  tally results;
  const auto expect = [&results](float a, float b, float c) {
    if (std::fabs(c) > largest_half) return;
    results.expect_same(fma_half(a, b, c), exact_fma(a, b, c), a, b, c);
  };
  for (int i = 0; i < 300'000; ++i) {
    const auto draw = [&] { return halves[random() % halves.size()]; };
    const float a = draw();
    const float b = random() % 2 == 0 ? draw() : -draw();
    const double product = static_cast<double>(a) * b;
    // An addend that leaves the sum as close as a half can to a midpoint, and its neighbours.
    const std::size_t place = random() % (halves.size() - 1);
    const double middle = (static_cast<double>(halves[place]) + halves[place + 1]) / 2;
    const float addend = round_to_half(middle - product);
    for (const float c : {addend, addend + std::ldexp(1.0F, -24), -round_to_half(product), draw()}) {
      expect(a, b, round_to_half(c));
    }
  }
  // Products that are midpoints (odd, 12 bits) at every scale, with the addends that can and cannot tip them.
  for (int left = 3; left < 2048; left += 2) {
    for (int right = (2049 + left - 1) / left | 1; right < 2048 && left * right < 4096; right += 2) {
      for (int scale = -35; scale <= 4; ++scale) {
        const float a = std::ldexp(static_cast<float>(left), scale / 2);
        const float b = std::ldexp(static_cast<float>(right), scale - scale / 2);
        for (const float c : {0.0F, 0x1p-24F, 0x1p-23F, 0x1p-14F, 1.0F}) {
          expect(a, b, c);
          expect(a, b, -c);
        }
      }
    }
  }
  results.check();
}

}  // namespace dlac
