#include "sim/stats/counters.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstddef>

#include "sim/core/error.h"

namespace dlac {

layer_counters& operator+=(layer_counters& sum, const layer_counters& more) {
  using numbers = std::array<std::uint64_t, counter_fields.size()>;
  auto sums = std::bit_cast<numbers>(sum);
  const auto others = std::bit_cast<numbers>(more);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i] += others[i];
  }
  return sum = std::bit_cast<layer_counters>(sums);
}

void check_invariants(const layer_counters& counters, std::uint64_t processing_elements) {
  if (counters.parts.total() != counters.cycles) {
    throw simulation_error(fmt::format("invariant violated: the cycle parts sum to {}, the layer took {} cycles",
                                       counters.parts.total(), counters.cycles));
  }
  if (counters.pe_parts.total() != processing_elements * counters.cycles) {
    throw simulation_error(fmt::format("invariant violated: the PE-cycle parts sum to {}, {} PEs x {} cycles are {}",
                                       counters.pe_parts.total(), processing_elements, counters.cycles,
                                       processing_elements * counters.cycles));
  }
  const auto& moved = counters.activity;
  if (moved.row_elements_read > moved.row_elements_queued ||
      moved.column_elements_read > moved.column_elements_queued) {
    throw simulation_error(fmt::format(
        "invariant violated: the buses carried {} row and {} column elements, the queues took {} and {}",
        moved.row_elements_read, moved.column_elements_read, moved.row_elements_queued, moved.column_elements_queued));
  }
}

}  // namespace dlac
