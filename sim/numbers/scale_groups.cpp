#include "sim/numbers/scale_groups.h"

#include <stdexcept>
#include <variant>

namespace dlac {
namespace {

constexpr std::uint64_t fp32_bits = 32;

/// Bits of a group's scale: a float, an exponent, or an exponent and a choice of two mantissas.
std::uint32_t bits_of(group_scale scale) {
  switch (scale) {
    case group_scale::real:
      return fp32_bits;
    case group_scale::power:
    case group_scale::same_mantissa:
      return 8;
    case group_scale::simple_mantissa:
      return 9;
  }
  throw std::logic_error("no such group_scale");
}

scale_groups groups_of_codes(const grouped& format, std::uint64_t plane_elements) {
  if (format.group == group_kind::tensor) {
    return {};
  }
  return {.sharing = plane_elements > 1 ? scale_sharing::plane : scale_sharing::filter, .bits = bits_of(format.scale)};
}

scale_groups groups_of_codes(const affine& format, std::uint64_t /*plane_elements*/) {
  return {.sharing = format.per_filter ? scale_sharing::filter : scale_sharing::tensor};
}

scale_groups groups_of_codes(const fixed_point& /*format*/, std::uint64_t /*plane_elements*/) {
  return {};
}

std::uint64_t groups_in(const scale_groups& groups, const shape_4d& shape) {
  switch (groups.sharing) {
    case scale_sharing::tensor:
      return 1;
    case scale_sharing::filter:
      return shape.n;
    case scale_sharing::plane:
      return shape.n * shape.c;
    case scale_sharing::channel_block:
      return shape.n * touched_blocks(0, shape.c, groups.block) * shape.h * shape.w;
  }
  throw std::logic_error("no such scale_sharing");
}

}  // namespace

scale_groups groups_of(const number_format& format, std::uint64_t plane_elements) {
  const auto of_codes = [&](const auto& f) { return groups_of_codes(f, plane_elements); };
  return std::visit(
      overloaded{[&](const grouped& f) { return of_codes(f); }, [&](const affine& f) { return of_codes(f); },
                 [&](const integer_parts& f) { return std::visit(of_codes, f.whole); },
                 [](const microscaling& f) {
                   return scale_groups{.sharing = scale_sharing::channel_block, .block = f.block, .bits = 8};
                 },
                 [](const auto& /*format*/) { return scale_groups{}; }},
      format.kind);
}

std::uint64_t scale_bits(const number_format& format, const shape_4d& shape) {
  const auto of_filters = [&](bool per_filter) { return fp32_bits * (per_filter ? shape.n : 1); };
  const auto of_groups = [&](const grouped& f) -> std::uint64_t {
    const std::uint64_t of_tensor = f.scale == group_scale::same_mantissa ? fp32_bits : 0;
    return groups_in(groups_of_codes(f, shape.h * shape.w), shape) * bits_of(f.scale) + of_tensor;
  };
  const auto of_affine = [&](const affine& f) {
    return f.rule == affine_rule::absmax ? of_filters(f.per_filter) : 2 * fp32_bits;
  };
  const auto of_fixed = [](const fixed_point& /*format*/) -> std::uint64_t { return 8; };  // the place of the point
  const overloaded of_whole{of_fixed, of_affine, of_groups};
  return std::visit(
      overloaded{of_fixed, of_affine, of_groups, [&](const integer_parts& f) { return std::visit(of_whole, f.whole); },
                 [&](const microscaling& /*format*/) { return groups_in(groups_of(format, 1), shape) * 8; },
                 [&](const ternary_rule& f) { return f.scales_by_mean ? of_filters(f.per_filter) : 0; },
                 [&](const binary_signs& f) { return f.scales_by_mean ? of_filters(true) : 0; },
                 [](const codebook& f) { return f.scales_by_largest ? fp32_bits : 0; },
                 [](const dorefa&) { return fp32_bits; }, [](const pact&) { return fp32_bits; },
                 [](const auto&) -> std::uint64_t { return 0; }},
      format.kind);
}

}  // namespace dlac
