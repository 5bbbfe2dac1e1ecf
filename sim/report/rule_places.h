#pragma once
// Where the rules behind the figures of a report are written.

#include <string_view>

namespace dlac {

/// A page of docs/ and one of its headings.
struct rule_place {
  std::string_view page;
  std::string_view heading;
};

namespace rule_places {

inline constexpr std::string_view contract = "cycle-contract.md";
inline constexpr rule_place products = {contract, "2. A layer as matrix products"};
inline constexpr rule_place blocks = {contract, "3. Tiles and blocks"};
inline constexpr rule_place steps = {contract, "4. One step in one PE"};
inline constexpr rule_place pointwise = {contract, "6. ptWiseOps, drain, next tile"};
inline constexpr rule_place memory = {contract, "7. Buffers and off-chip memory"};
inline constexpr rule_place values = {contract, "8. Values"};
inline constexpr rule_place accounts = {contract, "9. Where the cycles go"};
inline constexpr rule_place decisions = {contract, "10. Decisions"};
inline constexpr rule_place slices = {"numbers.md", "Groups and parts"};
inline constexpr rule_place requantising = {"numbers.md", "Outputs"};
inline constexpr rule_place held_numbers = {"numbers.md", "In a simulation"};
inline constexpr rule_place area_model = {"area-and-energy.md", "Area"};
inline constexpr rule_place energy_model = {"area-and-energy.md", "Energy"};

}  // namespace rule_places
}  // namespace dlac
