#pragma once
// Which rules a result was counted by. Results that are kept (sim/sweep) are taken again only under the same version.

#include <cstdint>

namespace dlac {

/// Raised with every change that gives the same inputs other numbers: of the cycle contract, of the choice of blocks
/// and orders, of the synthetic operands, of the formulas of area and energy. (Their tables are inputs.)
inline constexpr std::uint32_t timing_rules_version = 1;

}  // namespace dlac
