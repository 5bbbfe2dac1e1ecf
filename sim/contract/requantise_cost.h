#pragma once
// The requantising pass (docs/cycle-contract.md): outputs whose format hangs on all of them are read and written again
// when the last one has left the grid.

#include <algorithm>
#include <cstdint>

namespace dlac {

struct requantising {
  std::uint64_t elements = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// Cycles. `lanes` and `drained` are elements per cycle of all PEs and of all rows' drains; `thousandths` is the
/// memory's bandwidth, 0 with ideal memory.
constexpr std::uint64_t requantise_cost(const requantising& pass, std::uint64_t lanes, std::uint64_t drained,
                                        std::uint64_t thousandths) {
  const auto at_rate = [](std::uint64_t amount, std::uint64_t rate) { return (amount + rate - 1) / rate; };
  const std::uint64_t on_chip = std::max(at_rate(pass.elements, lanes), at_rate(pass.elements, drained));
  return thousandths == 0 ? on_chip
                          : std::max({on_chip, at_rate(1000 * pass.bytes_in, thousandths),
                                      at_rate(1000 * pass.bytes_out, thousandths)});
}

}  // namespace dlac
