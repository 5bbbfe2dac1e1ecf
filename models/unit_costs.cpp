#include "models/unit_costs.h"

#include <cmath>
#include <cstdint>
#include <variant>

namespace dlac {
namespace {

constexpr std::uint32_t half_significand = 11;
constexpr std::uint32_t float_significand = 24;

/// Of 8, 11 and 24 bits.
struct known_costs {
  double int8;
  double fp16;
  double fp32;
};

/// `product` is that of the two operands' significands, the square of one's.
unit_cost float_cost(const known_costs& known, std::uint64_t product) {
  if (product == std::uint64_t{half_significand} * half_significand) {
    return {.value = known.fp16, .columns = {"fp16"}};
  }
  if (product == std::uint64_t{float_significand} * float_significand) {
    return {.value = known.fp32, .columns = {"fp32"}};
  }
  const double exponent =
      std::log(known.fp32 / known.fp16) / std::log(double{float_significand} / double{half_significand});
  const double bits = std::sqrt(static_cast<double>(product));
  return {.value = known.fp16 * std::pow(bits / half_significand, exponent),
          .columns = {"fp16", "fp32"},
          .is_interpolated = true};
}

unit_cost integer_cost(double int8, double share) {
  return {.value = int8 * share, .columns = {"int8"}, .is_interpolated = share != 1};
}

/// Bits that a multiplier has for an operand: of floats the significand's.
struct multiplier_side {
  std::uint32_t bits = 1;
  bool is_float = false;
};

multiplier_side side_of(const number_format& format) {
  return std::visit(
      overloaded{
          [](ieee_float f) -> multiplier_side {
            return {f == ieee_float::fp32 ? float_significand : f == ieee_float::fp16 ? half_significand : 8, true};
          },
          [](const minifloat& f) -> multiplier_side {
            return {f.mantissa_bits + 1, true};
          },
          [](const truncated_float& f) -> multiplier_side {
            return {f.mantissa_bits + 1, true};
          },
          [](const microscaling& f) -> multiplier_side {
            return {f.element.mantissa_bits + 1, true};
          },
          [](const codebook&) -> multiplier_side {
            return {float_significand, true};
          },  // any numbers
          [](const power_of_two&) -> multiplier_side {
            return {1, false};
          },  // a sign and a shift
          [](const grouped& f) -> multiplier_side {
            return {f.bits, false};
          },  // shifted afterwards
          [&](const auto&) -> multiplier_side {
            return {operand_bits(format), false};
          }},
      format.kind);
}

unit_cost multiplier_cost(const known_costs& known, const number_format& rows, const number_format& columns) {
  const multiplier_side p = side_of(rows);
  const multiplier_side q = side_of(columns);
  const std::uint64_t product = std::uint64_t{p.bits} * q.bits;
  return p.is_float || q.is_float ? float_cost(known, product)
                                  : integer_cost(known.int8, static_cast<double>(product) / 64);
}

/// That part of a unit of the table, in its three formats.
template <class Costs, class Unit>
known_costs known_of(const Costs& costs, quantity Unit::*part) {
  return {(costs.int8.*part).value, (costs.fp16.*part).value, (costs.fp32.*part).value};
}

unit_cost adder_cost(const known_costs& known, const accumulator_format& sum) {
  if (sum.is_integer()) {
    return integer_cost(known.int8, static_cast<double>(bits_of(sum)) / 8);
  }
  const auto* const truncated = std::get_if<truncated_float>(&sum.kind);
  const std::uint64_t bits =
      truncated != nullptr ? truncated->mantissa_bits + 1 : side_of(std::get<ieee_float>(sum.kind)).bits;
  return float_cost(known, bits * bits);
}

}  // namespace

unit_cost operator+(unit_cost one, const unit_cost& other) {
  one.value += other.value;
  one.columns.insert(other.columns.begin(), other.columns.end());
  one.is_interpolated = one.is_interpolated || other.is_interpolated;
  return one;
}

unit_cost multiplier_area(const area_costs& costs, const number_format& rows, const number_format& columns) {
  return multiplier_cost(known_of(costs, &unit_area::multiplier), rows, columns);
}

unit_cost adder_area(const area_costs& costs, const accumulator_format& sum) {
  return adder_cost(known_of(costs, &unit_area::adder), sum);
}

unit_cost multiply_energy(const energy_costs& costs, const number_format& rows, const number_format& columns) {
  return multiplier_cost(known_of(costs, &unit_energy::multiply), rows, columns);
}

unit_cost add_energy(const energy_costs& costs, const accumulator_format& sum) {
  return adder_cost(known_of(costs, &unit_energy::add), sum);
}

}  // namespace dlac
