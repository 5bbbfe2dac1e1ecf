#pragma once
// The gated clock of one grid row: in each cycle only those PEs are clocked that asked for it, and the row's process
// does not run at all when none did.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <systemc>
#include <utility>
#include <vector>

#include "sim/core/bits.h"
#include "sim/hw/clock_domain.h"

namespace dlac::hw {

class row_clock_gate {
 public:
  row_clock_gate(clock_domain& clock, std::uint32_t pes)
      : clock_(clock), words_(words_for_bits(pes)), requests_(horizon * words_), requested_(horizon, false) {}

  /// Clocks PE `pe` in the compute phase of cycle `at`, or earlier when that is farther away than the gate can see: the
  /// PE then asks again.
  void wake(std::uint32_t pe, cycle at) {
    const auto seen = std::min(at, clock_.now() + horizon - 1);
    const auto slot = seen % horizon;
    requests_[slot * words_ + pe / bits_per_word] |= std::uint64_t{1} << (pe % bits_per_word);
    if (!requested_[slot]) {
      requested_[slot] = true;
      clock_.wake(phase::compute, seen, edge_);
    }
  }

  /// Calls `clock_pe(index)` for every PE that asked for this cycle.
  template <typename ClockPe>
  void fire(ClockPe clock_pe) {
    const auto slot = clock_.now() % horizon;
    requested_[slot] = false;
    for (std::uint64_t word = 0; word < words_; ++word) {
      auto pending = std::exchange(requests_[slot * words_ + word], 0);
      for (; pending != 0; pending &= pending - 1) {
        clock_pe(word * bits_per_word + static_cast<std::uint64_t>(std::countr_zero(pending)));
      }
    }
  }

  [[nodiscard]] cycle now() const { return clock_.now(); }
  [[nodiscard]] clock_domain& clock() { return clock_; }
  [[nodiscard]] sc_core::sc_event& edge() { return edge_; }

 private:
  static constexpr std::size_t horizon = 64;

  clock_domain& clock_;
  std::uint64_t words_;
  std::vector<std::uint64_t> requests_;  ///< a bit per PE, for each of the next `horizon` cycles
  std::vector<char> requested_;          ///< whether any bit of that cycle is set
  sc_core::sc_event edge_;
};

}  // namespace dlac::hw
