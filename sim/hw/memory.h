#pragma once
// Off-chip memory as the contract has it (section 7): a read and a write channel, each taking `bytes_per_cycle`, and a
// fixed latency until what was read is there. Any other TLM-2.0 target can be bound in its place.

#include <tlm_utils/simple_target_socket.h>
#include <cstdint>
#include <systemc>
#include <tlm>

#include "sim/hw/clock_domain.h"

namespace dlac::hw {

class fixed_latency_memory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket_tagged<fixed_latency_memory> read;
  tlm_utils::simple_target_socket_tagged<fixed_latency_memory> write;

  fixed_latency_memory(sc_core::sc_module_name name, const sc_core::sc_time& clock_period);
  /// Between programs.
  void configure(std::uint64_t bytes_per_cycle, std::uint64_t latency_cycles);

 private:
  tlm::tlm_sync_enum nb_transport_fw(int channel, tlm::tlm_generic_payload& payload, tlm::tlm_phase& tlm_phase,
                                     sc_core::sc_time& delay);

  sc_core::sc_time clock_period_;
  std::uint64_t bytes_per_cycle_ = 1;
  std::uint64_t latency_cycles_ = 0;
};

}  // namespace dlac::hw
