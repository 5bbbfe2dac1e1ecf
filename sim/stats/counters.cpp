#include "sim/stats/counters.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "sim/core/error.h"

namespace dlac {

layer_counters& operator+=(layer_counters& sum, const layer_counters& more) {
  static_assert(sizeof(layer_counters) == counter_fields.size() * sizeof(std::uint64_t));
  for (std::size_t place = 0; place < sizeof(layer_counters); place += sizeof(std::uint64_t)) {
    std::uint64_t number = 0;
    std::uint64_t other = 0;
    std::memcpy(&number, reinterpret_cast<const std::byte*>(&sum) + place, sizeof(number));
    std::memcpy(&other, reinterpret_cast<const std::byte*>(&more) + place, sizeof(other));
    number += other;
    std::memcpy(reinterpret_cast<std::byte*>(&sum) + place, &number, sizeof(number));
  }
  return sum;
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
