#pragma once
// What a multiplier and an adder of any number format take: those that the technology table has, and for others what
// follows from them (docs/area-and-energy.md). Floats: v16 (w / 11)^e with e = ln(v32 / v16) / ln(24 / 11), w being the
// significand's bits with the hidden one; of two unlike operands w is the geometric mean. Integers: a multiplier of
// p x q bits is p q / 64 of the table's int8, an adder of b bits b / 8.

#include <set>
#include <string_view>

#include "models/technology.h"
#include "sim/numbers/operand_formats.h"

namespace dlac {

/// A cost, and how it came about.
struct unit_cost {
  double value = 0;
  std::set<std::string_view> columns = {};  ///< of the table: "fp16"
  bool is_interpolated = false;             ///< none of the table's own numbers
};

/// Two units side by side.
unit_cost operator+(unit_cost one, const unit_cost& other);

// Unit: um2.
unit_cost multiplier_area(const area_costs& costs, const number_format& rows, const number_format& columns);
unit_cost adder_area(const area_costs& costs, const accumulator_format& sum);

// Unit: pJ.
unit_cost multiply_energy(const energy_costs& costs, const number_format& rows, const number_format& columns);
unit_cost add_energy(const energy_costs& costs, const accumulator_format& sum);

}  // namespace dlac
