#pragma once
// Which rules a result was counted by.

#include <cstdint>

namespace dlac {

/// The newest cycle contract that both engines keep: raised when docs/cycle-contract.md changes cycles. Reports tell
/// it.
inline constexpr std::uint32_t timing_rules_version = 1;

/// Results that are kept (sim/sweep) are taken again only under the same version. Raised with every change that gives
/// the same inputs other results: of the cycle contract, of the choice of blocks and orders, of the synthetic operands,
/// of the formulas of area and energy, of the fields of a report. (The tables of technologies are inputs.)
inline constexpr std::uint32_t results_version = 4;

}  // namespace dlac
