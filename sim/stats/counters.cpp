#include "sim/stats/counters.h"

#include <fmt/format.h>

#include <array>

#include "sim/core/error.h"

namespace dlac {

namespace {

template <auto member>
std::uint64_t& whole(layer_counters& counters) {
  return counters.*member;
}
template <auto member, auto part>
std::uint64_t& part_of(layer_counters& counters) {
  return counters.*member.*part;
}

constexpr auto parts = &layer_counters::parts;
constexpr auto pe_parts = &layer_counters::pe_parts;
constexpr auto activity = &layer_counters::activity;

constexpr std::array fields = {
    counter_field{"cycles", whole<&layer_counters::cycles>},
    counter_field{"mm", part_of<parts, &cycle_parts::mm>},
    counter_field{"pt", part_of<parts, &cycle_parts::pt>},
    counter_field{"drain_stall", part_of<parts, &cycle_parts::drain_stall>},
    counter_field{"drain_tail", part_of<parts, &cycle_parts::drain_tail>},
    counter_field{"PE busy", part_of<pe_parts, &pe_cycle_parts::busy>},
    counter_field{"PE memory", part_of<pe_parts, &pe_cycle_parts::memory>},
    counter_field{"PE neighbour", part_of<pe_parts, &pe_cycle_parts::neighbour>},
    counter_field{"PE barrier", part_of<pe_parts, &pe_cycle_parts::barrier>},
    counter_field{"PE pt", part_of<pe_parts, &pe_cycle_parts::pt>},
    counter_field{"PE drain", part_of<pe_parts, &pe_cycle_parts::drain>},
    counter_field{"PE inactive", part_of<pe_parts, &pe_cycle_parts::inactive>},
    counter_field{"tiles", whole<&layer_counters::tiles>},
    counter_field{"PE steps", whole<&layer_counters::pe_steps>},
    counter_field{"issued products", whole<&layer_counters::issued_products>},
    counter_field{"row elements read", part_of<activity, &activity_counters::row_elements_read>},
    counter_field{"column elements read", part_of<activity, &activity_counters::column_elements_read>},
    counter_field{"row elements queued", part_of<activity, &activity_counters::row_elements_queued>},
    counter_field{"column elements queued", part_of<activity, &activity_counters::column_elements_queued>},
    counter_field{"pointwise mul-adds", part_of<activity, &activity_counters::pt_mul_adds>},
    counter_field{"pointwise adds", part_of<activity, &activity_counters::pt_adds>},
    counter_field{"pointwise elements streamed", part_of<activity, &activity_counters::pt_elements_streamed>},
    counter_field{"outputs drained", part_of<activity, &activity_counters::outputs_drained>},
};
// A counter without its line here would not be added up, nor compared.
static_assert(sizeof(layer_counters) == fields.size() * sizeof(std::uint64_t));

}  // namespace

std::span<const counter_field> counter_fields() {
  return fields;
}

layer_counters& operator+=(layer_counters& sum, const layer_counters& more) {
  for (const auto& field : fields) {
    field.in(sum) += field.of(more);
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
