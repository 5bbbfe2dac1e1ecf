#include "sim/stats/counters.h"

#include <fmt/format.h>

#include "sim/core/error.h"

namespace dlac {

layer_counters& operator+=(layer_counters& sum, const layer_counters& more) {
  sum.cycles += more.cycles;
  sum.parts.mm += more.parts.mm;
  sum.parts.pt += more.parts.pt;
  sum.parts.drain_stall += more.parts.drain_stall;
  sum.parts.drain_tail += more.parts.drain_tail;
  sum.pe_parts.busy += more.pe_parts.busy;
  sum.pe_parts.memory += more.pe_parts.memory;
  sum.pe_parts.neighbour += more.pe_parts.neighbour;
  sum.pe_parts.barrier += more.pe_parts.barrier;
  sum.pe_parts.pt += more.pe_parts.pt;
  sum.pe_parts.drain += more.pe_parts.drain;
  sum.pe_parts.inactive += more.pe_parts.inactive;
  sum.tiles += more.tiles;
  sum.pe_steps += more.pe_steps;
  sum.issued_products += more.issued_products;
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
}

}  // namespace dlac
