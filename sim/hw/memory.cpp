#include "sim/hw/memory.h"

#include "sim/contract/step_cost.h"

namespace dlac::hw {
namespace {

enum channel : int { read_channel, write_channel };

}  // namespace

fixed_latency_memory::fixed_latency_memory(sc_core::sc_module_name name, const sc_core::sc_time& clock_period)
    : sc_module(name), read("read"), write("write"), clock_period_(clock_period) {
  read.register_nb_transport_fw(this, &fixed_latency_memory::nb_transport_fw, read_channel);
  write.register_nb_transport_fw(this, &fixed_latency_memory::nb_transport_fw, write_channel);
}

void fixed_latency_memory::configure(std::uint64_t bytes_per_cycle, std::uint64_t latency_cycles) {
  bytes_per_cycle_ = bytes_per_cycle;
  latency_cycles_ = latency_cycles;
}

// The answer is sent at once, with the time when it is due: nothing in between could change it.
tlm::tlm_sync_enum fixed_latency_memory::nb_transport_fw(int channel, tlm::tlm_generic_payload& payload,
                                                         tlm::tlm_phase& tlm_phase, sc_core::sc_time& delay) {
  if (tlm_phase != tlm::BEGIN_REQ) {
    return tlm::TLM_ACCEPTED;
  }
  const auto transfer = transfer_cycles(payload.get_data_length(), bytes_per_cycle_);
  const auto cycles = [&](std::uint64_t count) { return sc_core::sc_time::from_value(count * clock_period_.value()); };
  auto taken_after = delay + cycles(transfer);
  auto answered_after = delay + cycles(transfer + latency_cycles_);
  auto& socket = channel == read_channel ? read : write;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  tlm::tlm_phase answer = tlm::END_REQ;
  socket->nb_transport_bw(payload, answer, taken_after);
  answer = tlm::BEGIN_RESP;
  socket->nb_transport_bw(payload, answer, answered_after);
  return tlm::TLM_ACCEPTED;
}

}  // namespace dlac::hw
