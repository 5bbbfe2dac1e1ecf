#pragma once
// Off-chip memory as the contract has it (section 7): a read and a write channel, each taking `bytes_per_cycle`, and a
// fixed latency until what was read is there. Any other TLM-2.0 target can be bound in its place.

#include <tlm_utils/simple_target_socket.h>
#include <array>
#include <cstdint>
#include <deque>
#include <systemc>
#include <tlm>

#include "sim/core/types.h"
#include "sim/hw/memory_binding.h"

namespace dlac::hw {

class fixed_latency_memory : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(fixed_latency_memory);
  tlm_utils::simple_target_socket_tagged<fixed_latency_memory> read;
  tlm_utils::simple_target_socket_tagged<fixed_latency_memory> write;

  fixed_latency_memory(sc_core::sc_module_name name, const sc_core::sc_time& clock_period);
  /// Between programs.
  void configure(bandwidth bytes_per_cycle, std::uint64_t latency_cycles);
  [[nodiscard]] static memory_limits limits() { return {.acts_ahead = true}; }

 private:
  struct answer {
    tlm::tlm_generic_payload* to;
    sc_core::sc_time due;
  };
  struct channel {
    // The chunk that is being transferred: a chunk's requests are counted together, however it was cut.
    sc_core::sc_time begin;
    sc_core::sc_time end;
    std::uint64_t bytes = 0;
    std::deque<answer> answers;  ///< in order; the front one may be under way
    bool responding = false;     ///< BEGIN_RESP was sent, END_RESP has not come
  };

  tlm::tlm_sync_enum nb_transport_fw(int index, tlm::tlm_generic_payload& payload, tlm::tlm_phase& tlm_phase,
                                     sc_core::sc_time& delay);
  /// Takes a request that begins at `at`; until when it holds the channel.
  sc_core::sc_time transfer(channel& on, const tlm::tlm_generic_payload& payload, const sc_core::sc_time& at);
  void respond();
  [[nodiscard]] sc_core::sc_time time_of(cycle cycles) const {
    return sc_core::sc_time::from_value(cycles * clock_period_.value());
  }

  sc_core::sc_time clock_period_;
  bandwidth bytes_per_cycle_ = 1;
  std::uint64_t latency_cycles_ = 0;
  std::array<channel, 2> channels_;  ///< for reading, for writing
  sc_core::sc_event respond_event_;
};

}  // namespace dlac::hw
