#include "sim/numbers/number_format.h"

#include <limits>
#include <stdexcept>

#include "sim/numbers/half.h"

namespace dlac {
namespace {

template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;

constexpr std::uint32_t ternary_bits = 2;

}  // namespace

std::string_view to_string(ieee_float format) {
  switch (format) {
    case ieee_float::fp32:
      return "fp32";
    case ieee_float::fp16:
      return "fp16";
  }
  throw std::logic_error("no such ieee_float");
}

std::string_view name_of(const number_format& format) {
  return std::visit(overloaded{[](ieee_float f) { return to_string(f); },
                               [](const ternary_codes&) { return std::string_view("ternary"); }},
                    format);
}

std::uint32_t bits_of(ieee_float format) {
  switch (format) {
    case ieee_float::fp32:
      return 32;
    case ieee_float::fp16:
      return 16;
  }
  throw std::logic_error("no such ieee_float");
}

std::uint32_t bits_of(const number_format& format) {
  return std::visit(
      overloaded{[](ieee_float f) { return bits_of(f); }, [](const ternary_codes&) { return ternary_bits; }}, format);
}

bool is_ternary(const number_format& format) {
  return std::holds_alternative<ternary_codes>(format);
}

bool needs_multiplier(const number_format& format) {
  return std::visit(overloaded{[](ieee_float) { return true; }, [](const ternary_codes&) { return false; }}, format);
}

bool is_in_range(float magnitude, const number_format& format) {
  // No comparison with a NaN holds.
  const bool is_half = format == number_format(ieee_float::fp16);
  return is_half ? magnitude < smallest_infinite_half : magnitude <= std::numeric_limits<float>::max();
}

void quantise(const number_format& format, std::span<float> values) {
  if (format == number_format(ieee_float::fp16)) {
    round_to_half(values);
  }
}

float rounded(ieee_float format, double x) {
  switch (format) {
    case ieee_float::fp32:
      return static_cast<float>(x);
    case ieee_float::fp16:
      return round_to_half(x);
  }
  throw std::logic_error("no such ieee_float");
}

}  // namespace dlac
