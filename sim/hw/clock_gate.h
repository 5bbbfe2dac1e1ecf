#pragma once
// A gated clock for modules that stand in a line: the PEs of a grid row, the feeders of a buffer. In each cycle only
// those are clocked that asked for it, and the line's process does not run at all when none did.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <systemc>
#include <utility>
#include <vector>

#include "sim/core/bits.h"
#include "sim/hw/clock_domain.h"

namespace dlac::hw {

class clock_gate {
 public:
  /// Members are clocked in phase `when`.
  clock_gate(clock_domain& clock, phase when, std::uint32_t members)
      : clock_(clock), phase_(when), words_(words_for_bits(members)), requests_(horizon * words_) {}

  /// Clocks `member` in cycle `at`, or earlier when that is farther away than the gate can see: it then asks again.
  void wake(std::uint32_t member, cycle at) {
    const auto seen = std::min(at, clock_.now() + horizon - 1);
    auto& requests = requests_[(seen % horizon) * words_ + member / bits_per_word];
    if (requests == 0) {
      clock_.wake(phase_, seen, edge_);
    }
    requests |= std::uint64_t{1} << (member % bits_per_word);
  }

  /// Calls `clock_member(index)` for every member that asked for this cycle. For the process that is sensitive to
  /// edge().
  template <typename ClockMember>
  void fire(ClockMember clock_member) {
    const auto slot = (clock_.now() % horizon) * words_;
    for (std::uint64_t word = 0; word < words_; ++word) {
      auto pending = std::exchange(requests_[slot + word], 0);
      for (; pending != 0; pending &= pending - 1) {
        clock_member(word * bits_per_word + static_cast<std::uint64_t>(std::countr_zero(pending)));
      }
    }
  }

  [[nodiscard]] cycle now() const { return clock_.now(); }
  [[nodiscard]] clock_domain& clock() { return clock_; }
  [[nodiscard]] sc_core::sc_event& edge() { return edge_; }

 private:
  static constexpr std::size_t horizon = 64;

  clock_domain& clock_;
  phase phase_;
  std::uint64_t words_;
  std::vector<std::uint64_t> requests_;  ///< a bit per member, for each of the next `horizon` cycles
  sc_core::sc_event edge_;
};

}  // namespace dlac::hw
