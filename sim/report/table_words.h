#pragma once
// The words of the table of a report that no field has for a name: its columns and the lines below it, with the fields
// that they show.

#include <cstddef>
#include <span>
#include <string_view>

namespace dlac {

/// Headings over columns that belong together.
namespace column_groups {
inline constexpr std::string_view speed = "FLOP/cycle";
inline constexpr std::string_view times = "times";
inline constexpr std::string_view nonzeros = "non-zero %";
inline constexpr std::string_view pe_cycles = "PE-cycles %";
}  // namespace column_groups

/// Characters that a table shows of what a file calls itself.
inline constexpr std::size_t longest_name = 60;

struct table_word {
  std::string_view name;          ///< as printed
  std::string_view group;         ///< title above a column, if it has one
  std::string_view field;         ///< what it shows; empty: `text` says it all
  std::string_view formula = {};  ///< where that is scaled
  std::string_view unit = {};     ///< of the scaled field
  std::string_view text = {};     ///< what the field's definition does not say
};

std::span<const table_word> table_columns();
std::span<const table_word> table_lines();

}  // namespace dlac
