#pragma once
// What an engine counts over one layer and pass (contract section 9). All integers, all exact; the parts sum to the
// whole, and every run checks that they do.

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/core/types.h"

namespace dlac {

/// The layer's cycles by what the grid was doing. Unit: cycles.
struct cycle_parts {
  cycle mm = 0;           ///< tiles streaming: mm_end - start
  cycle pt = 0;           ///< pointwise operations
  cycle drain_stall = 0;  ///< next tile waiting for a free output bank
  cycle drain_tail = 0;   ///< last drain after the last pointwise operation
  cycle requantise = 0;   ///< outputs read and written again, in a format that their whole tensor decides
  [[nodiscard]] cycle total() const { return mm + pt + drain_stall + drain_tail + requantise; }
  friend bool operator==(const cycle_parts&, const cycle_parts&) = default;
};

/// The layer's PE-cycles (R * C * cycles) by what the PEs were doing. Unit: PE-cycles.
struct pe_cycle_parts {
  std::uint64_t busy = 0;        ///< multiplying, or passing a step without work
  std::uint64_t memory = 0;      ///< waiting for operands from off-chip memory
  std::uint64_t neighbour = 0;   ///< waiting for operands held back by another PE's full queue
  std::uint64_t barrier = 0;     ///< done with the tile, others are not
  std::uint64_t pt = 0;          ///< active during pointwise operations
  std::uint64_t drain = 0;       ///< waiting for the drain
  std::uint64_t inactive = 0;    ///< without valid outputs in this tile
  std::uint64_t requantise = 0;  ///< during the requantising pass
  [[nodiscard]] std::uint64_t total() const {
    return busy + memory + neighbour + barrier + pt + drain + inactive + requantise;
  }
  friend bool operator==(const pe_cycle_parts&, const pe_cycle_parts&) = default;
};

/// What moved and what was computed besides products: together with these, what energy is spent on.
struct activity_counters {
  std::uint64_t row_elements_read = 0;       ///< from the feature-map buffer, put on row buses
  std::uint64_t column_elements_read = 0;    ///< from the weight buffer, put on column buses
  std::uint64_t row_elements_queued = 0;     ///< the same, in every active PE of the bus: written once, read once
  std::uint64_t column_elements_queued = 0;  ///< likewise
  std::uint64_t pt_mul_adds = 0;             ///< outputs that a pointwise mul-add went over, each time it did
  std::uint64_t pt_adds = 0;                 ///< the same of add, sub and select
  std::uint64_t pt_elements_streamed = 0;    ///< from the feature-map buffer, for pointwise operations
  std::uint64_t outputs_drained = 0;         ///< elements
  std::uint64_t slice_mul_adds = 0;          ///< that took sums of slices into accumulators
  std::uint64_t slice_adds = 0;              ///< likewise, where no multiplication was needed
  friend bool operator==(const activity_counters&, const activity_counters&) = default;
};

struct layer_counters {
  cycle cycles = 0;
  cycle_parts parts;
  pe_cycle_parts pe_parts;
  std::uint64_t tiles = 0;
  std::uint64_t pe_steps = 0;         ///< steps executed, over all PEs
  std::uint64_t issued_products = 0;  ///< products handed to the lanes (na * nw, summed)
  activity_counters activity = {};
  friend bool operator==(const layer_counters&, const layer_counters&) = default;
};

/// A counter: what diagnoses call it, what a report calls it, and where it is.
struct counter_field {
  std::string_view name;
  std::string_view key;
  std::uint64_t& (*in)(layer_counters& counters);
  [[nodiscard]] std::uint64_t of(layer_counters counters) const { return in(counters); }
};

namespace detail {
template <auto member>
constexpr std::uint64_t& counter(layer_counters& counters) {
  return counters.*member;
}
template <auto member, auto part>
constexpr std::uint64_t& counter_part(layer_counters& counters) {
  return counters.*member.*part;
}
}  // namespace detail

/// Every counter, once: they are added up, compared between engines, and reported (sim/report/counter_words.h) by this
/// list.
inline constexpr std::array counter_fields = {
    counter_field{"cycles", "cycles", detail::counter<&layer_counters::cycles>},
    counter_field{"mm", "cycle_parts.mm", detail::counter_part<&layer_counters::parts, &cycle_parts::mm>},
    counter_field{"pt", "cycle_parts.pt", detail::counter_part<&layer_counters::parts, &cycle_parts::pt>},
    counter_field{"drain_stall", "cycle_parts.drain_stall",
                  detail::counter_part<&layer_counters::parts, &cycle_parts::drain_stall>},
    counter_field{"drain_tail", "cycle_parts.drain_tail",
                  detail::counter_part<&layer_counters::parts, &cycle_parts::drain_tail>},
    counter_field{"requantise", "cycle_parts.requantise",
                  detail::counter_part<&layer_counters::parts, &cycle_parts::requantise>},
    counter_field{"PE busy", "pe_cycle_parts.busy",
                  detail::counter_part<&layer_counters::pe_parts, &pe_cycle_parts::busy>},
    counter_field{"PE memory", "pe_cycle_parts.memory",
                  detail::counter_part<&layer_counters::pe_parts, &pe_cycle_parts::memory>},
    counter_field{"PE neighbour", "pe_cycle_parts.neighbour",
                  detail::counter_part<&layer_counters::pe_parts, &pe_cycle_parts::neighbour>},
    counter_field{"PE barrier", "pe_cycle_parts.barrier",
                  detail::counter_part<&layer_counters::pe_parts, &pe_cycle_parts::barrier>},
    counter_field{"PE pt", "pe_cycle_parts.pt", detail::counter_part<&layer_counters::pe_parts, &pe_cycle_parts::pt>},
    counter_field{"PE drain", "pe_cycle_parts.drain",
                  detail::counter_part<&layer_counters::pe_parts, &pe_cycle_parts::drain>},
    counter_field{"PE inactive", "pe_cycle_parts.inactive",
                  detail::counter_part<&layer_counters::pe_parts, &pe_cycle_parts::inactive>},
    counter_field{"PE requantise", "pe_cycle_parts.requantise",
                  detail::counter_part<&layer_counters::pe_parts, &pe_cycle_parts::requantise>},
    counter_field{"tiles", "tiles", detail::counter<&layer_counters::tiles>},
    counter_field{"PE steps", "pe_steps", detail::counter<&layer_counters::pe_steps>},
    counter_field{"issued products", "issued_products", detail::counter<&layer_counters::issued_products>},
    counter_field{"row elements read", "activity.row_elements_read",
                  detail::counter_part<&layer_counters::activity, &activity_counters::row_elements_read>},
    counter_field{"column elements read", "activity.column_elements_read",
                  detail::counter_part<&layer_counters::activity, &activity_counters::column_elements_read>},
    counter_field{"row elements queued", "activity.row_elements_queued",
                  detail::counter_part<&layer_counters::activity, &activity_counters::row_elements_queued>},
    counter_field{"column elements queued", "activity.column_elements_queued",
                  detail::counter_part<&layer_counters::activity, &activity_counters::column_elements_queued>},
    counter_field{"pointwise mul-adds", "activity.pt_mul_adds",
                  detail::counter_part<&layer_counters::activity, &activity_counters::pt_mul_adds>},
    counter_field{"pointwise adds", "activity.pt_adds",
                  detail::counter_part<&layer_counters::activity, &activity_counters::pt_adds>},
    counter_field{"pointwise elements streamed", "activity.pt_elements_streamed",
                  detail::counter_part<&layer_counters::activity, &activity_counters::pt_elements_streamed>},
    counter_field{"outputs drained", "activity.outputs_drained",
                  detail::counter_part<&layer_counters::activity, &activity_counters::outputs_drained>},
    counter_field{"slice mul-adds", "activity.slice_mul_adds",
                  detail::counter_part<&layer_counters::activity, &activity_counters::slice_mul_adds>},
    counter_field{"slice adds", "activity.slice_adds",
                  detail::counter_part<&layer_counters::activity, &activity_counters::slice_adds>},
};
static_assert(sizeof(layer_counters) == counter_fields.size() * sizeof(std::uint64_t), "a counter lacks its line");

/// mmOps follow each other: their counts add up.
layer_counters& operator+=(layer_counters& sum, const layer_counters& more);

/// Throws simulation_error when the parts do not sum to the whole, or more is read than reaches a PE.
void check_invariants(const layer_counters& counters, std::uint64_t processing_elements);

}  // namespace dlac
